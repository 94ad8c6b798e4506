/* SPDX-License-Identifier: MIT */
/* For suites of YAML: documents of text, and errors by their words.  Every function fails the
 * test. */
#ifndef TESTS_DOCUMENT_H
#define TESTS_DOCUMENT_H

#include "model/yaml.h"
#include "tests/suite.h"

extern const char example[]; /* a document with one of everything */

/* The document "m.yaml" of a text; the caller frees it. */
struct document parse(const char *text);
/* The node at a path of keys with dots; list indices are not needed here. */
const struct yaml *at(const struct document *doc, const char *path);

/* The call fails with FIG_FORMAT and this message. */
#define EXPECT_ERROR(call_, message_)                                                              \
    do {                                                                                           \
        message[0] = '\0';                                                                         \
        ck_assert_int_eq(call_, FIG_FORMAT);                                                       \
        ck_assert_str_eq(message, message_);                                                       \
    } while (0)

#endif
