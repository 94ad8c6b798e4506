/* SPDX-License-Identifier: MIT */
/* A library built without CLBlast: our own kernels multiply. */
#include "device/opencl/opencl.h"

bool clblast_present(void)
{
    return false;
}

void clblast_identify(struct text *text)
{
    text_add(text, "without CLBlast");
}

enum fig_status clblast_prepare(struct opencl *cl, const struct product *product)
{
    (void)product;
    return fail(FIG_DEVICE, "%s: this library was built without CLBlast", cl->base.info.name);
}

enum fig_status clblast_run(struct opencl *cl, const struct product *product,
                            const cl_mem operands[3])
{
    (void)operands;
    return clblast_prepare(cl, product);
}

enum fig_status clblast_override(struct opencl *cl)
{
    return clblast_prepare(cl, NULL);
}

void clblast_finish(struct opencl *cl)
{
    (void)cl;
}
