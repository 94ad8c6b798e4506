/* SPDX-License-Identifier: MIT */
#ifndef FIG_DATA_H
#define FIG_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include <figment/api.h>
#include <figment/status.h>

FIG_BEGIN

/* A set of samples: whole in memory, or drawn as they are used. */
struct fig_dataset;

/* FIG_WHOLE is all of data that have no halves of their own, such as a table or a folder without
 * train/: in their order, or that of their paths; of other data it is the test half. */
enum fig_split { FIG_TRAIN, FIG_TEST, FIG_WHOLE };

/* A sample is height * width * channels values, channels last. */
struct fig_dataset_info {
    int count;                   /* samples, at least 1 */
    int height, width, channels; /* each at least 1 */
    int classes;                 /* highest label + 1; 0 if there are no labels */
    bool bytes;                  /* values are bytes 0..255 that stand for 0..1; else floats */
    bool table;                  /* columns of numbers, no pictures: height and width are 1 */
    bool drawn;                  /* too many for the memory: each is made when it is asked for */
    bool whole;                  /* all of the data, not a half of them */
};

/* Open one half of what `spec` names, or all of it:
 *   synthetic[:COUNT]  drawn digits, 28x28 bytes, labels 0..9 in turn; sample i depends on (seed,
 *                      split, i) only; 10000 to train with and 2000 others to test, or COUNT
 *                      of each, but no more than 10000 to test.  Those that would take more than
 *                      256 MiB are drawn as they are used.  Option
 *                        size=SIDE     SIDE x SIDE bytes, 28 to 1024: with a black border around
 *   uniform[:COUNT]    28x28 floats u^4, u uniform in [0, 1), no labels; 1024, or COUNT; the same
 *                      for both halves
 *   ring[:COUNT]       points in the plane, a table of two columns: 8 Gaussians of deviation 0.01
 *                      around a circle of radius 1; 20000 to train with and 2500 others to test,
 *                      or COUNT; point i is of Gaussian i modulo 8, its label
 *   grid[:COUNT]       likewise 25 Gaussians of deviation 0.05, at -4, -2, 0, 2, 4 each way
 *   FOLDER             with MNIST's four IDX files: train-images-idx3-ubyte, ..., each may end in
 *                      .gz and may be spelt train-images.idx3-ubyte
 *   FILE               one IDX file of images, also gzip'd: both halves are that file, no labels
 *   FOLDER             with any of CIFAR-10's data_batch_1.bin to data_batch_5.bin, test_batch.bin,
 *                      and the names of the classes in batches.meta.txt
 *   FILE.bin           one such batch: both halves are that file
 *   FOLDER             with PNG or JPEG files in it or in folders below.  The folders just below
 *                      are the classes, in the order of their names.  train/ and test/ (or val/),
 *                      if there, are the halves and have the classes below; else each tenth file
 *                      of a class, sorted by path, tests, and where no class has ten all do both.
 *                      What cannot be read is skipped, and links: a warning says what and why.
 *                      Pictures are made to fit (fig_image_fit): if all have one size of at most
 *                      64x64 they keep it, else they become 32x32; grey if all are.  Options
 *                        size=SIDE     SIDE x SIDE pixels, from 1 to 1024
 *                        channels=1|3  grey or RGB
 *   FILE.png, .jpg     one picture, as a folder that has no other
 *   FILE.csv, .tsv     a table of numbers, a sample each line.  Tabs, else semicolons, else commas
 *                      separate columns; quotes '' and "" are taken off; a first line with words
 *                      in it names the columns.  Each fifth line tests, the others train; of fewer
 *                      than five all do both.  Values are standardised: fig_dataset_scaling.
 *                      Option
 *                        label=COLUMN  by its name or number, 1 the first and -1 the last: classes
 *                                      in the order of their names, or of their numbers if all
 *                                      are; without it there must be numbers only
 *   FILE.npy           pictures [n, height, width, channels] or [n, height, width], uint8 or floats
 *                      in [0, 1], or a table [n, columns], its numbers as they are.  Labels, if
 *                      any, are the integers of FILE.labels.npy.  Halves as of CSV
 * A file whose name is one of the words above is reached as ./synthetic.  Nothing larger than
 * 1 GiB is opened.
 *
 * Options follow a colon, with commas between them: "digits:only=7".  A path that exists as it is
 * written has no options.  All formats know
 *   only=CLASS         keep the samples of one class in the training half, all in the test half:
 *                      what was not seen in training can be detected then; not of samples that are
 *                      drawn as they are used
 *
 * FIG_INVALID for a wrong COUNT or option or if there is no such path, FIG_FORMAT if no format
 * recognises it, a file is missing in the folder, or one is damaged. */
FIG_API enum fig_status fig_dataset_open(struct fig_dataset **out, const char *spec,
                                         enum fig_split split, uint64_t seed);
FIG_API void fig_dataset_close(struct fig_dataset **dataset);

FIG_API const struct fig_dataset_info *fig_dataset_info(const struct fig_dataset *dataset);

/* All samples, [count][height][width][channels]: one of the two is NULL, both if samples are drawn
 * as they are used. */
FIG_API const uint8_t *fig_dataset_bytes(const struct fig_dataset *dataset);
FIG_API const float *fig_dataset_values(const struct fig_dataset *dataset);

/* Of pictures their paths below the folder, "cats/1.png", a zero behind each of `count`; NULL if
 * samples have no names. */
FIG_API const char *fig_dataset_names(const struct fig_dataset *dataset);

/* [count], each below `classes`; NULL if there are no labels. */
FIG_API const uint8_t *fig_dataset_labels(const struct fig_dataset *dataset);

/* The name of a label below `classes`, as the files have it, else its number; NULL for others. */
FIG_API const char *fig_dataset_class_name(const struct fig_dataset *dataset, int label);
/* The label of the class of this name, or -1. */
FIG_API int fig_dataset_class(const struct fig_dataset *dataset, const char *name);

/* How the columns of a table became its values: (number - mean) / deviation, both of the training
 * half, also for the test half. */
struct fig_scaling {
    int columns;
    double *mean, *deviation; /* [columns]; a constant column has the deviation 1 */
};

/* Of the dataset, until it is closed or rescaled; NULL if values are as they are in the file. */
FIG_API const struct fig_scaling *fig_dataset_scaling(const struct fig_dataset *dataset);

/* Standardise a table by these numbers instead of its own; NULL: have it as it is in the file.
 * What a model learnt of one table it can tell of another only if both are standardised alike, so
 * a model keeps the scaling of its training; fig_run_dataset opens a table with it at once, while
 * here digits are lost to the float that was already made of a number.  FIG_SHAPE for another
 * number of columns, and for a scaling of what is no table; FIG_FORMAT for a number that is beyond
 * floats then. */
FIG_API enum fig_status fig_dataset_rescale(struct fig_dataset *dataset,
                                            const struct fig_scaling *scaling);

/* Rows [rows][columns] in the units of the file again, in place. */
FIG_API void fig_scaling_undo(const struct fig_scaling *scaling, float *values, int rows);

/* The Gaussians in the plane, all of one deviation, that points were drawn from in equal parts. */
enum { FIG_MODES = 25 };
struct fig_modes {
    int count;
    double centres[FIG_MODES][2];
    double deviation; /* along each axis */
};

/* Lives as long as the dataset; NULL if it was not made so. */
FIG_API const struct fig_modes *fig_dataset_modes(const struct fig_dataset *dataset);

/* Samples order[0], order[1] ... as the dataset has them, bytes or floats:
 * [count][height][width][channels].  Without an order the first ones. */
FIG_API enum fig_status fig_dataset_rows(const struct fig_dataset *dataset, const uint32_t *order,
                                         int count, void *out);

/* A dataset of samples that are drawn as they are used becomes its first `count`, in memory. */
FIG_API enum fig_status fig_dataset_collect(struct fig_dataset *dataset, int count);

/* Copy sample `index` as height * width * channels floats: byte / 255, or the value.  They are in
 * [0, 1] but for tables. */
FIG_API enum fig_status fig_dataset_sample(const struct fig_dataset *dataset, int index,
                                           float *out);

FIG_END

#endif
