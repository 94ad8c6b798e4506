/* SPDX-License-Identifier: MIT */
#include "tests/document.h"

#include <stdio.h>
#include <string.h>

const char example[] = "# a model\n"
                       "model: ae-deep\n"
                       "optimizer:\n"
                       "  name: adam\n"
                       "  rate: 1e-7\n"
                       "  betas: [0.9, 0.999]\n"
                       "encoder:\n"
                       "  - dense 128 relu\n"
                       "  - {kind: dense, size: 32}\n"
                       "  - 'quoted: text'\n"
                       "epochs: 20\n"
                       "seed: 18446744073709551615\n"
                       "shuffle: true\n"
                       "empty:\n"
                       "blank: \"\"\n";

struct document parse(const char *text)
{
    struct document doc;
    ck_assert_msg(!document_parse(&doc, "m.yaml", text, strlen(text)), "%s", message);
    return doc;
}

const struct yaml *at(const struct document *doc, const char *path)
{
    char parts[256];
    const struct yaml *node = doc->root;
    snprintf(parts, sizeof(parts), "%s", path);
    for (char *part = strtok(parts, "."); part; part = strtok(NULL, ".")) {
        node = yaml_find(node, part);
        ck_assert_msg(node != NULL, "no %s", path);
    }
    return node;
}
