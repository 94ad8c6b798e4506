/* SPDX-License-Identifier: MIT */
#include "cli/sampler.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_GAUSSIANS = 10 };

/* "prior" is no mixture: 0 Gaussians. */
static enum fig_status find_gaussians(const char *sampler, int *gaussians)
{
    char rest;
    *gaussians = 0;
    if (!sampler || strcmp(sampler, "prior") == 0)
        return FIG_OK;
    *gaussians = DEFAULT_GAUSSIANS;
    if (strcmp(sampler, "gmm") == 0 ||
        (strspn(sampler, "gm:0123456789") == strlen(sampler) &&
         sscanf(sampler, "gmm:%4d%c", gaussians, &rest) == 1 && *gaussians > 0))
        return FIG_OK;
    return complain(FIG_INVALID, "--sampler %s: it is `prior`, `gmm` or `gmm:K`", sampler);
}

enum fig_status sampler_check(const struct request *request)
{
    int gaussians;
    const enum fig_status status = find_gaussians(request->sampler, &gaussians);
    if (!status && gaussians && (request->temperature > 0 || request->truncation > 0))
        return complain(FIG_INVALID, "--temperature and --truncation are of the model's own noise; "
                        "--sampler %s has none", request->sampler);
    return status;
}

enum fig_status sampler_open(const struct task *task, struct fig_mixture **out)
{
    int gaussians;
    *out = NULL;
    const enum fig_status status = find_gaussians(task->request->sampler, &gaussians);
    if (status || !gaussians)
        return status;
    return fig_mixture_open(out, task->run, task->request->arguments[0], gaussians);
}
