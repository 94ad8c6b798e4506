/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>

#include <figment/train.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/task.h"

static const double seconds = 3; /* of timing for each model */

/* One model's result, in both forms. */
struct result {
    const char *model, *device;
    int batch;
    struct fig_rates rates; /* of the device, if --floors */
    struct fig_bench bench;
};

/* What a step would take if the device did only this, as fast as it can. */
static double arithmetic_ms(const struct result *result)
{
    return 1e3 * result->bench.flops / result->rates.flops;
}

static double memory_ms(const struct result *result)
{
    return 1e3 * result->bench.bytes / result->rates.bytes;
}

static void add_rates(cJSON *object, const struct fig_rates *rates)
{
    cJSON *products = cJSON_AddObjectToObject(object, "products_gflops");
    json_add_number(object, "product_gflops", rates->flops * 1e-9);
    json_add_number(object, "copy_gbytes", rates->bytes * 1e-9);
    json_add_number(object, "launch_us", rates->launch * 1e6);
    json_add_number(object, "wait_us", rates->wait * 1e6);
    for (int i = 0; i < FIG_SIDES && rates->products[i] > 0; i++) {
        char side[16];
        snprintf(side, sizeof(side), "%d", FIG_SIDE_FIRST << i);
        json_add_number(products, side, rates->products[i] * 1e-9);
    }
}

static enum fig_status print_json(const struct result *result)
{
    const struct fig_bench *bench = &result->bench;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "model", result->model);
    cJSON_AddStringToObject(object, "device", result->device);
    cJSON_AddNumberToObject(object, "batch", result->batch);
    json_add_number(object, "step_ms", bench->step_ms);
    json_add_number(object, "images_per_s", bench->images_per_s);
    cJSON_AddNumberToObject(object, "steps", bench->steps);
    json_add_number(object, "gflops", bench->gflops);
    cJSON_AddNumberToObject(object, "works", bench->works);
    cJSON_AddNumberToObject(object, "arena", (double)bench->arena);
    if (result->rates.flops > 0) {
        add_rates(object, &result->rates);
        json_add_number(object, "arithmetic_ms", arithmetic_ms(result));
        json_add_number(object, "memory_ms", memory_ms(result));
    }
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

static void print_rates(const struct fig_rates *rates)
{
    printf("at best %.1f GFLOP/s of products and %.1f GB/s of copies; %.2f us a work, %.1f us if "
           "it is waited for\nproducts of side", rates->flops * 1e-9, rates->bytes * 1e-9,
           rates->launch * 1e6, rates->wait * 1e6);
    for (int i = 0; i < FIG_SIDES && rates->products[i] > 0; i++)
        printf("%s %d: %.1f", i ? "," : "", FIG_SIDE_FIRST << i, rates->products[i] * 1e-9);
    printf("\n");
}

static void print_header(const struct fig_rates *rates)
{
    if (rates->flops > 0)
        print_rates(rates);
    printf("%-16s %-10s %6s %10s %12s %8s %8s %6s %10s%s\n", "model", "device", "batch", "step_ms",
           "images_per_s", "steps", "gflops", "works", "arena_MiB",
           rates->flops > 0 ? "  arithmetic_ms  memory_ms" : "");
}

static void print_row(const struct result *result)
{
    const struct fig_bench *bench = &result->bench;
    printf("%-16s %-10s %6d %10.4f %12.0f %8d %8.1f %6d %10.1f", result->model, result->device,
           result->batch, bench->step_ms, bench->images_per_s, bench->steps, bench->gflops,
           bench->works, (double)bench->arena / (1 << 20));
    if (result->rates.flops > 0)
        printf(" %14.4f %10.4f", arithmetic_ms(result), memory_ms(result));
    printf("\n");
}

/* --- Where a step goes */

struct profile {
    const struct result *result;
    const char *phase; /* of the row before */
    cJSON *works;      /* or NULL: print rows */
    double ms;         /* of all works so far */
};

static void add_work(cJSON *works, const struct fig_bench_work *row)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "phase", row->phase);
    cJSON_AddStringToObject(object, "name", row->work->name);
    cJSON_AddStringToObject(object, "what", row->work->what);
    cJSON_AddNumberToObject(object, "m", row->work->m);
    cJSON_AddNumberToObject(object, "n", row->work->n);
    cJSON_AddNumberToObject(object, "k", row->work->k);
    json_add_number(object, "ms", row->ms);
    json_add_number(object, "flops", row->work->flops);
    cJSON_AddNumberToObject(object, "bytes", (double)row->work->bytes);
    cJSON_AddItemToArray(works, object);
}

static void show_work(void *data, const struct fig_bench_work *row)
{
    struct profile *profile = data;
    const struct fig_plan_work *work = row->work;
    profile->ms += row->ms;
    if (profile->works) {
        add_work(profile->works, row);
        return;
    }
    char size[48] = "";
    if (row->phase != profile->phase)
        printf("%s, %s, batch %d, phase %s\n  %-16s %-22s %-22s %10s %8s %8s\n",
               profile->result->model, profile->result->device, profile->result->batch, row->phase,
               "node", "work", "size", "ms", "GFLOP/s", "GB/s");
    profile->phase = row->phase;
    if (work->m)
        snprintf(size, sizeof(size), "[%d,%d] x [%d,%d]", work->m, work->k, work->k, work->n);
    printf("  %-16.16s %-22s %-22s %10.4f %8.1f %8.2f\n", work->name, work->what, size, row->ms,
           work->flops / row->ms * 1e-6, (double)work->bytes / row->ms * 1e-6);
}

static enum fig_status print_profile(const struct result *result, cJSON *works)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "model", result->model);
    cJSON_AddStringToObject(object, "device", result->device);
    cJSON_AddNumberToObject(object, "batch", result->batch);
    cJSON_AddItemToObject(object, "works", works);
    const enum fig_status status = json_print(object);
    cJSON_Delete(object);
    return status;
}

static enum fig_status profile_model(const struct request *request, struct fig_device *device,
                                     const struct fig_config *config, struct result *result)
{
    struct profile profile = { result, NULL, request->json ? cJSON_CreateArray() : NULL, 0 };
    const enum fig_status status =
        fig_bench_profile(config, device, request->batch, seconds, show_work, &profile);
    if (status)
        cJSON_Delete(profile.works);
    else if (profile.works)
        return print_profile(result, profile.works);
    else
        printf("  %-62s %10.4f\n", "all, each waited for", profile.ms);
    return status;
}

static enum fig_status time_model(const struct request *request, struct fig_device *device,
                                  const struct fig_config *config, struct result *result)
{
    const enum fig_status status =
        fig_bench_run(&result->bench, config, device, request->batch, seconds);
    if (!status && request->json)
        return print_json(result);
    if (!status)
        print_row(result);
    return status;
}

static enum fig_status bench_model(struct request *request, struct fig_device *device,
                                   const struct fig_rates *rates, const char *model)
{
    struct fig_config *config = NULL;
    char label[32];
    enum fig_status status = task_config(request, model, &config);
    if (status)
        return status;
    device_label(fig_device_info(device), label);
    const struct fig_settings *settings = fig_config_settings(config);
    struct result result = {
        .model = settings->name,
        .device = label,
        .batch = request->batch ? request->batch : settings->batch,
        .rates = *rates,
    };
    status = (request->profile ? profile_model : time_model)(request, device, config, &result);
    fflush(stdout); /* the next model takes a while */
    fig_config_close(&config);
    return status;
}

/* The i-th model to time, NULL past the last: what the user named, or else all of ours. */
static const char *pick_model(const struct request *request, int i)
{
    if (request->argument_count == 0)
        return fig_model_name(i);
    return i < request->argument_count ? request->arguments[i] : NULL;
}

/* A wrong name at the end shall not cost the time of the models before it. */
static enum fig_status check_models(const struct request *request)
{
    enum fig_status status = FIG_OK;
    const char *model;
    for (int i = 0; !status && (model = pick_model(request, i)); i++) {
        struct fig_config *config = NULL;
        status = task_config(request, model, &config);
        fig_config_close(&config);
    }
    return status;
}

static enum fig_status bench_run(struct request *request)
{
    struct fig_device *device = NULL;
    struct fig_rates rates = { 0 };
    const char *model;
    if (request->profile && request->floors)
        return complain(FIG_INVALID, "bench: --floors is of whole steps, --profile of their parts; "
                        "give one of them");
    enum fig_status status = check_models(request);
    if (!status)
        status = fig_device_open(&device, request->device);
    if (!status && request->floors)
        status = fig_bench_rates(&rates, device);
    if (!status && !request->json && !request->profile)
        print_header(&rates);
    for (int i = 0; !status && (model = pick_model(request, i)); i++)
        status = bench_model(request, device, &rates, model);
    fig_device_close(&device);
    return status;
}

static const struct option options[] = {
    OPTION_DEVICE,
    { "--batch", "N", OPTION_COUNT, false, "samples per step (default: the model's own)",
      offsetof(struct request, batch), NULL },
    { "--profile", NULL, OPTION_FLAG, false, "what each kernel and product of a step takes",
      offsetof(struct request, profile), NULL },
    { "--floors", NULL, OPTION_FLAG, false, "the device's best rates, and a step's time at them",
      offsetof(struct request, floors), NULL },
    OPTION_JSON("print one object per model"),
    OPTION_END,
};

const struct command command_bench = {
    .name = "bench",
    .arguments = "[MODEL...]",
    .most = INT_MAX,
    .summary = "Time training steps, of all reference models if none is named.",
    .options = options,
    .run = bench_run,
};
