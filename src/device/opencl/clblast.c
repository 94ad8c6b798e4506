/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* dladdr */
#include <clblast_c.h>
#include <dlfcn.h>

#include "base/size.h"
#include "device/opencl/error.h"
#include "device/opencl/opencl.h"

bool clblast_present(void)
{
    return true;
}

void clblast_identify(struct text *text)
{
    Dl_info info;
    text_add(text, "with CLBlast\n");
    if (dladdr((void *)(uintptr_t)CLBlastClearCache, &info) && info.dli_fname)
        cache_stamp(text, info.dli_fname);
}

/* OpenCL's codes come through; CLBlast adds its own below -1000. */
static enum fig_status clblast_failed(CLBlastStatusCode code, const struct opencl *cl,
                                      const char *function)
{
    if (code > -1000)
        return opencl_failed((cl_int)code, function, cl->base.info.name);
    return fail(FIG_DEVICE, "%s: %s failed with CLBlast's code %d; FIGMENT_PRODUCTS=own avoids "
                "CLBlast", cl->base.info.name, function, (int)code);
}

static CLBlastTranspose transpose(bool yes)
{
    return yes ? CLBlastTransposeYes : CLBlastTransposeNo;
}

/* Length of a stored row. */
static size_t stride_a(const struct product *p)
{
    return (size_t)(p->trans_a ? p->m : p->k);
}

static size_t stride_b(const struct product *p)
{
    return (size_t)(p->trans_b ? p->k : p->n);
}

enum fig_status clblast_run(struct opencl *cl, const struct product *p, const cl_mem operands[3])
{
    const CLBlastStatusCode code = CLBlastSgemmWithTempBuffer(
        CLBlastLayoutRowMajor, transpose(p->trans_a), transpose(p->trans_b), (size_t)p->m,
        (size_t)p->n, (size_t)p->k, 1, operands[0], 0, stride_a(p), operands[1], 0, stride_b(p), 0,
        operands[2], 0, (size_t)p->n, &cl->queue, NULL, cl->scratch);
    return code ? clblast_failed(code, cl, "CLBlastSgemm") : FIG_OK;
}

static enum fig_status grow_scratch(struct opencl *cl, size_t size)
{
    cl_int error = CL_SUCCESS;
    if (size <= cl->scratch_size)
        return FIG_OK;
    if (cl->scratch)
        clReleaseMemObject(cl->scratch); /* the driver keeps it until queued work is done */
    cl->scratch_size = 0;
    cl->scratch = clCreateBuffer(cl->context, CL_MEM_READ_WRITE, size, NULL, &error);
    if (error)
        return opencl_failed(error, "clCreateBuffer", cl->base.info.name);
    cl->scratch_size = size;
    return FIG_OK;
}

/* CLBlast compiles at the first call of a kind: make that call now, on buffers of no meaning. */
static enum fig_status warm_up(struct opencl *cl, const struct product *p)
{
    const size_t sizes[3] = { (size_t)p->m * (size_t)p->k, (size_t)p->k * (size_t)p->n,
                              (size_t)p->m * (size_t)p->n };
    cl_mem memory[3] = { NULL };
    cl_int error = CL_SUCCESS;
    for (int i = 0; !error && i < 3; i++)
        memory[i] = clCreateBuffer(cl->context, CL_MEM_READ_WRITE, sizes[i] * sizeof(float), NULL,
                                   &error);
    enum fig_status status =
        error ? opencl_failed(error, "clCreateBuffer", cl->base.info.name) : FIG_OK;
    if (!status)
        status = clblast_run(cl, p, memory);
    for (int i = 0; i < 3; i++) {
        if (memory[i])
            clReleaseMemObject(memory[i]);
    }
    return status;
}

enum fig_status clblast_prepare(struct opencl *cl, const struct product *p)
{
    size_t size = 0;
    cl->clblast_used = true;
    const CLBlastStatusCode code = CLBlastSGemmTempBufferSize(
        CLBlastLayoutRowMajor, transpose(p->trans_a), transpose(p->trans_b), (size_t)p->m,
        (size_t)p->n, (size_t)p->k, 0, stride_a(p), 0, stride_b(p), 0, (size_t)p->n, &cl->queue,
        &size);
    if (code)
        return clblast_failed(code, cl, "CLBlastSGemmTempBufferSize");
    TRY(grow_scratch(cl, size));
    return warm_up(cl, p);
}

/* CLBlast before 1.6.3 is wrong with the parameters tuned for some devices; never with these. */
enum fig_status clblast_override(struct opencl *cl)
{
    static const char *names[] = { "GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB",
                                   "NDIMC", "NWG", "SA", "SB", "STRM", "STRN", "VWM", "VWN" };
    static const size_t values[] = { 0, 1, 32, 2, 8, 8, 32, 8, 8, 32, 1, 1, 0, 0, 4, 4 };
    const CLBlastStatusCode code = CLBlastOverrideParameters(
        cl->id, "Xgemm", CLBlastPrecisionSingle, LENGTH(values), names, values);
    return code ? clblast_failed(code, cl, "CLBlastOverrideParameters") : FIG_OK;
}

/* Its own cache must go before the context does, or some drivers crash at the end. */
void clblast_finish(struct opencl *cl)
{
    if (cl->clblast_used)
        CLBlastClearCache();
    if (cl->scratch)
        clReleaseMemObject(cl->scratch);
    cl->scratch = NULL;
    cl->scratch_size = 0;
}
