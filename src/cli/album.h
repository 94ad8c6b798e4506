/* SPDX-License-Identifier: MIT */
/* Pictures by their names: those of a folder or file, or else the test half of a data set. */
#ifndef CLI_ALBUM_H
#define CLI_ALBUM_H

#include "base/text.h"
#include "cli/task.h"

struct album {
    struct images images; /* of the run's size */
    bool named;           /* else `names` is empty */
    struct text names;    /* "DIGITS/3.png", below the folder; a zero behind each */
    int fitted;           /* pictures whose size had to change */
    int height, width;    /* of the largest of them */
    int damaged;          /* pictures that were decoded with warnings */
};

/* The first `limit` pictures of --data, or all if limit is 0.  Files, in the order of their names,
 * are PNG and JPEG.  Pictures of other sizes are made to fit
 * (fig_image_fit); but where training shrinks images, and these are as small, their pixels are
 * repeated instead, which is what training shows.  A file that cannot be read is skipped: a
 * warning says what and why.  Release with album_close, after errors too. */
enum fig_status album_open(struct album *album, const struct task *task, int limit);
void album_close(struct album *album);

#endif
