/* SPDX-License-Identifier: MIT */
/* One file each, and one row in main.c. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/options.h"

extern const struct command command_train, command_sample, command_reconstruct, command_restore,
    command_interpolate, command_arithmetic, command_encode, command_decode, command_compress,
    command_decompress, command_score, command_classify, command_eval, command_bench,
    command_devices;

#endif
