/* SPDX-License-Identifier: MIT */
/* Whose a run folder is: no training takes the place of another, or writes beside it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "train/trainer.h"

/* The folder's own descriptor is what is locked: this leaves no file behind, and ends with the
 * process, however that ends. */
static enum fig_status lock(struct trainer *trainer)
{
    const char *folder = trainer->params->folder;
    if (trainer->lock < 0)
        trainer->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (trainer->lock < 0 || flock(trainer->lock, LOCK_EX | LOCK_NB) == 0)
        return FIG_OK; /* a folder that we may write but not read has no lock */
    if (errno == EWOULDBLOCK)
        return fail(FIG_INVALID, "%s: another training is writing into this folder; wait for its "
                    "end, or train into another one (--out)", folder);
    log_debug("%s: cannot be locked: %s", folder, strerror(errno));
    return FIG_OK;
}

static const char *told(const struct safetensors *file, const char *key)
{
    const char *text = safetensors_metadata(file, key);
    return text ? text : "?";
}

static enum fig_status refuse_trained(const char *folder, const char *checkpoint)
{
    struct safetensors file;
    if (!path_exists(checkpoint))
        return fail(FIG_INVALID, "%s: it holds a trained model, and no checkpoint to go on from; "
                    "train into another folder (--out)", folder);
    TRY(safetensors_open(&file, checkpoint));
    const enum fig_status status =
        fail(FIG_INVALID, "%s: it holds a training of %s, %s steps long; go on with it (--resume) "
             "or train into another folder (--out)", folder, told(&file, "model"),
             told(&file, "step"));
    safetensors_close(&file);
    return status;
}

enum fig_status folder_claim(struct trainer *trainer)
{
    const char *folder = trainer->params->folder;
    char checkpoint[PATH_LIMIT], model[PATH_LIMIT];
    TRY(path_join(checkpoint, folder, "checkpoint.safetensors"));
    TRY(path_join(model, folder, "model.safetensors"));
    TRY(lock(trainer));
    if (trainer->params->resume)
        return path_exists(checkpoint) ? FIG_OK
                                       : fail(FIG_INVALID, "%s: there is nothing to go on from; "
                                              "train without --resume", checkpoint);
    return path_exists(checkpoint) || path_exists(model) ? refuse_trained(folder, checkpoint)
                                                         : FIG_OK;
}

void folder_release(struct trainer *trainer)
{
    if (trainer->lock >= 0)
        close(trainer->lock);
    trainer->lock = -1;
}
