/* SPDX-License-Identifier: MIT */
/* What a user writes to name a dataset: a word or a path, a count, options. */
#include "data/dataset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

bool spec_names(const char *spec, const char *name)
{
    const size_t length = strlen(name);
    return strncmp(spec, name, length) == 0 && (spec[length] == '\0' || spec[length] == ':');
}

enum fig_status spec_count(const char *spec, size_t sample_size, int fallback, int *count)
{
    const char *colon = strchr(spec, ':');
    *count = fallback;
    if (!colon)
        return FIG_OK;
    const long limit = (long)(DATASET_LIMIT / sample_size);
    char *end = NULL;
    errno = 0;
    const long value = strtol(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || errno || value < 1 || value > limit)
        return fail(FIG_INVALID, "%s: what follows ':' must be a count of samples from 1 to %ld",
                    spec, limit);
    *count = (int)value;
    return FIG_OK;
}

/* The last ':' with "name=" behind it, or NULL. */
static char *find_options(char *spec)
{
    for (char *colon = strrchr(spec, ':'); colon; colon = strrchr(spec, ':')) {
        const size_t name = strspn(colon + 1, letters);
        if (name && colon[1 + name] == '=')
            return colon;
        *colon = '\0';
    }
    return NULL;
}

static enum fig_status parse_option(struct source *source, const char *spec, char *option)
{
    char *value = option + strspn(option, letters);
    if (value == option || value[0] != '=' || !value[1])
        return fail(FIG_INVALID, "%s: options are NAME=VALUE with commas between them, not `%s`",
                    spec, option);
    *value++ = '\0';
    if (source_option(source, option))
        return fail(FIG_INVALID, "%s: option `%s` is given twice", spec, option);
    if (source->option_count == OPTION_LIMIT)
        return fail(FIG_INVALID, "%s: more than %d options", spec, OPTION_LIMIT);
    source->options[source->option_count++] = (struct spec_option){ option, value };
    return FIG_OK;
}

enum fig_status source_parse(struct source *source, const char *spec)
{
    const size_t size = strlen(spec) + 1;
    if (size > PATH_LIMIT)
        return fail(FIG_INVALID, "%s: longer than %d bytes", spec, PATH_LIMIT - 1);
    source->option_count = 0;
    memcpy(source->spec, spec, size);
    memcpy(source->text, spec, size);
    char *options = path_exists(spec) ? NULL : find_options(source->text);
    if (!options)
        return FIG_OK;
    memcpy(source->text, spec, size);
    source->spec[options - source->text] = '\0';
    for (char *next = options; next;) {
        char *option = next + 1;
        next = strchr(option, ',');
        if (next)
            *next = '\0';
        TRY(parse_option(source, spec, option));
    }
    return FIG_OK;
}

const char *source_option(const struct source *source, const char *name)
{
    for (int i = 0; i < source->option_count; i++) {
        if (strcmp(source->options[i].name, name) == 0)
            return source->options[i].value;
    }
    return NULL;
}

enum fig_status source_number(const struct source *source, const char *name,
                              const int range[2], int fallback, int *number)
{
    const char *value = source_option(source, name);
    char *end = NULL;
    *number = fallback;
    if (!value)
        return FIG_OK;
    const long given = strtol(value, &end, 10); /* saturates */
    if (*end || given < range[0] || given > range[1])
        return fail(FIG_INVALID, "%s: %s=%s: a whole number from %d to %d is expected",
                    source->spec, name, value, range[0], range[1]);
    *number = (int)given;
    return FIG_OK;
}
