/* SPDX-License-Identifier: MIT */
/* What every public header starts with. */
#ifndef FIG_API_H
#define FIG_API_H

/* Everything else in the library is hidden. */
#define FIG_API __attribute__((visibility("default")))

#ifdef __cplusplus
#define FIG_BEGIN extern "C" {
#define FIG_END }
#else
#define FIG_BEGIN
#define FIG_END
#endif

#endif
