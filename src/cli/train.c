/* SPDX-License-Identifier: MIT */
#include <figment/train.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/size.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/task.h"

enum { EXIT_INTERRUPTED = 130 };

static volatile sig_atomic_t stop; /* set by a signal: the one way a handler can speak */

/* The first signal asks for a checkpoint; the second does not wait for it. */
static void on_signal(int number)
{
    (void)number;
    if (stop)
        _exit(EXIT_INTERRUPTED);
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* What ends within its first epoch has no metrics, and a table has no samples. */
static void print_paths(struct console *console, const char *folder, const char *trace)
{
    static const char *const names[] = { "config.yaml", "model.safetensors",
                                         "checkpoint.safetensors", "metrics.jsonl", "samples/" };
    char path[PATH_LIMIT];
    if (console->quiet)
        return;
    printf("wrote %s:", folder);
    for (size_t i = 0; i < LENGTH(names); i++) {
        if (!path_join(path, folder, names[i]) && path_exists(path))
            printf(" %s", names[i]);
    }
    putchar('\n');
    if (trace)
        printf("wrote %s\n", trace);
}

static enum fig_status train(struct request *request, const struct fig_config *config,
                             struct fig_device *device)
{
    struct progress_view view = { .console = &request->console };
    char folder[PATH_LIMIT];
    const int length = snprintf(folder, sizeof(folder), "%s%s", request->out ? "" : "runs/",
                                request->out ? request->out : fig_config_settings(config)->name);
    if (length < 0 || (size_t)length >= sizeof(folder))
        return complain(FIG_INVALID, "--out: longer than %zu bytes", sizeof(folder) - 1);
    catch_signals();
    const enum fig_status status = fig_train(config, device, &(struct fig_train_params){
        .folder = folder,
        .resume = request->resume,
        .trace = request->trace,
        .progress = progress_show,
        .data = &view,
        .stop = &stop,
    });
    console_clear(&request->console);
    if (status == FIG_CANCELLED)
        console_note(&request->console, "interrupted; the same command with --resume goes on");
    if (!status && (view.trained || !request->resume)) /* else all had been done already */
        print_paths(&request->console, folder, request->trace);
    return status;
}

static enum fig_status train_run(struct request *request)
{
    struct fig_config *config = NULL;
    struct fig_device *device = NULL;
    enum fig_status status = request->trace ? output_check(request->trace, NULL) : FIG_OK;
    if (!status)
        status = task_config(request, request->arguments[0], &config);
    if (!status)
        status = fig_device_open(&device, request->device);
    if (!status)
        status = train(request, config, device);
    fig_device_close(&device);
    fig_config_close(&config);
    return status;
}

#define SETTING(name_, value_, kind_, help_, setting_)                                             \
    { name_, value_, kind_, false, help_, 0, setting_ }
static const struct option options[] = {
    SETTING("--data", "DATA", OPTION_TEXT,
            "synthetic, uniform, ring, grid or a path (else the model's)", "data="),
    OPTION_DEVICE,
    { "--out", "RUN", OPTION_TEXT, false,
      "the folder to fill, without a run yet (default: runs/NAME)",
      offsetof(struct request, out), NULL },
    SETTING("--epochs", "N", OPTION_COUNT,
            "train so many epochs in all (a cosine schedule spans them)", "epochs="),
    SETTING("--steps", "N", OPTION_COUNT, "stop after so many steps in all", "steps="),
    SETTING("--batch", "N", OPTION_COUNT, "samples per step", "batch="),
    SETTING("--seed", "N", OPTION_SEED, "of the weights, the order, the noise and drawn data",
            "seed="),
    SETTING("--set", "KEY=VALUE", OPTION_PAIR,
            "a key of the configuration, as optimizer.rate=0.002", ""),
    SETTING("--no-shuffle", NULL, OPTION_FLAG, "take the samples in their order",
            "shuffle=false"),
    { "--resume", NULL, OPTION_FLAG, false, "go on with the run that the folder holds",
      offsetof(struct request, resume), NULL },
    { "--trace", "FILE", OPTION_TEXT, false, "write the losses of every step as JSON lines",
      offsetof(struct request, trace), NULL },
    { "--quiet", NULL, OPTION_FLAG, false, "print errors only", offsetof(struct request, quiet),
      NULL },
    OPTION_END,
};
#undef SETTING

const struct command command_train = {
    .name = "train",
    .arguments = "MODEL",
    .least = 1,
    .most = 1,
    .summary = "Train a model and fill a run folder.",
    .options = options,
    .run = train_run,
};
