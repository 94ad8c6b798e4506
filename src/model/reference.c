/* SPDX-License-Identifier: MIT */
/* Reference models: the YAML files of samples/, built in. */
#include <string.h>

#include "base/embedded.h"
#include "model/config.h"

static const struct embedded *entry(int index)
{
    for (int i = 0; index >= 0 && embedded_models[i].name; i++) {
        if (i == index)
            return &embedded_models[i];
    }
    return NULL;
}

const char *fig_model_name(int index)
{
    return entry(index) ? entry(index)->name : NULL;
}

const char *fig_model_summary(int index)
{
    return entry(index) ? entry(index)->summary : NULL;
}

const char *reference_text(const char *name)
{
    for (const struct embedded *file = embedded_models; file->name; file++) {
        if (strcmp(file->name, name) == 0)
            return file->text;
    }
    return NULL;
}
