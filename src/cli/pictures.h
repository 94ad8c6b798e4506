/* SPDX-License-Identifier: MIT */
/* Where images go, as the name of the output says: FILE.png, a grid, of points in the plane a
 * scatter; FILE.npy, [n, height, width, channels]; a folder that exists, or a name without a
 * suffix: 0000.png, 0001.png ...  Rows of a table go to FILE.csv or FILE.npy, [n, columns], in the
 * units of the data. */
#ifndef CLI_PICTURES_H
#define CLI_PICTURES_H

#include <stdbool.h>

#include "base/text.h"
#include "cli/task.h"

#define PICTURES_OUTPUT "FILE.png|.npy|.csv|FOLDER"
#define PICTURES_HELP "a FOLDER: 0000.png ...; .csv: rows of a table"
#define PICTURES_FILE_HELP "the file to write; .csv: rows of a table"

/* Images of the run's size, and what the PNGs say about them. */
struct pictures {
    struct images images;
    int rows, columns; /* of a grid; 0 rows: as many as are needed, 0 columns: a square */
    int channels;      /* of these images; 0: the run's */
    uint64_t seed;     /* that they were drawn with, or the run's */
    const char *data;  /* that they were made of; NULL if of none */
    const struct text *names; /* of the files in a folder, a zero behind each, with '/' for those in
                                 folders below; .png is added to others; NULL: 0000.png ... */
};

/* Image 0 of each list, image 1 of each ... in a room of its own, and `columns` for about a square
 * in which those of a number stay beside each other. */
enum fig_status pictures_beside(const struct task *task, const struct images *const *lists,
                                int count, struct pictures *out);

/* Whether `path` names an output, and it can be written: asked before any long work. */
enum fig_status pictures_check(const char *path);
/* The same where it must be a file. */
enum fig_status pictures_check_file(const char *path);
/* FIG_INVALID if what would be written, so many images of these names (or NULL), is one of the
 * task's data. */
enum fig_status pictures_spare(const struct task *task, const struct text *names, int count);
bool pictures_are_grid(const char *path);

/* To the request's output; a missing folder is made. */
enum fig_status pictures_write(const struct task *task, const struct pictures *pictures);
/* As a grid, to any FILE.png. */
enum fig_status pictures_write_grid(const char *path, const struct task *task,
                                    const struct pictures *pictures);
/* FIG_INVALID unless the run's samples can be seen: pictures of 1 or 3 channels. */
enum fig_status pictures_visible(const char *path, const struct task *task);

#endif
