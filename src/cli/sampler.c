/* SPDX-License-Identifier: MIT */
#include "cli/sampler.h"

static enum fig_status find_gaussians(const char *sampler, int *gaussians)
{
    if (fig_sampler_parse(sampler, gaussians))
        return FIG_OK;
    return complain(FIG_INVALID, "--sampler %s: it is `prior`, `gmm` or `gmm:K`", sampler);
}

/* What is asked of noise cannot be asked of a mixture. */
static enum fig_status check_noise(const struct request *request, int gaussians)
{
    if (!gaussians || !(request->temperature > 0 || request->truncation > 0))
        return FIG_OK;
    return complain(FIG_INVALID, "--temperature and --truncation are of the model's own noise; "
                    "--sampler gmm has none");
}

enum fig_status sampler_check(const struct request *request)
{
    int gaussians;
    if (!request->sampler)
        return FIG_OK;
    const enum fig_status status = find_gaussians(request->sampler, &gaussians);
    return status ? status : check_noise(request, gaussians);
}

enum fig_status sampler_open(const struct task *task, struct fig_mixture **out)
{
    int gaussians = task->settings->gaussians;
    enum fig_status status = FIG_OK;
    *out = NULL;
    if (task->request->sampler)
        status = find_gaussians(task->request->sampler, &gaussians);
    if (!status)
        status = check_noise(task->request, gaussians);
    if (!status)
        status = task_condition(task, gaussians > 0);
    if (!status && gaussians)
        status = fig_mixture_open(out, task->run, task->request->arguments[0], gaussians);
    return status;
}
