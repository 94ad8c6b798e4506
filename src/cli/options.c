/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The words that are still to be read; arguments are moved to the front. */
struct cursor {
    const struct command *command;
    char **words;
    int count, next;
};

static bool whole_number(const char *text, unsigned long long low, unsigned long long high,
                         unsigned long long *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno && *number >= low && *number <= high;
}

static bool is_flag(const struct option *option, const char *value)
{
    (void)option, (void)value;
    return true;
}

static bool is_text(const struct option *option, const char *value)
{
    (void)option;
    return *value;
}

static bool is_choice(const struct option *option, const char *value)
{
    const size_t length = strlen(value);
    for (const char *word = option->value; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (length && strcspn(word, "|") == length && strncmp(word, value, length) == 0)
            return true;
    }
    return false;
}

static bool is_count(const struct option *option, const char *value)
{
    unsigned long long number;
    (void)option;
    return whole_number(value, 1, INT_MAX, &number);
}

/* Decimal, and nothing else. */
static bool decimal_number(const char *text, double *number)
{
    char *end = NULL;
    *number = strtod(text, &end);
    return strspn(text, "0123456789.e-") == strlen(text) && end != text && !*end;
}

static bool is_share(const struct option *option, const char *value)
{
    double number;
    (void)option;
    return decimal_number(value, &number) && number > 0 && number < 1;
}

static bool is_seed(const struct option *option, const char *value)
{
    unsigned long long number;
    (void)option;
    return whole_number(value, 0, ULLONG_MAX, &number);
}

static bool is_number(const struct option *option, const char *value)
{
    double number;
    (void)option;
    return decimal_number(value, &number) && number >= 0.01 && number <= 100;
}

static bool read_grid(const char *value, struct grid_size *grid)
{
    char rest;
    return strspn(value, "0123456789x") == strlen(value) &&
           sscanf(value, "%5dx%5d%c", &grid->rows, &grid->columns, &rest) == 2 &&
           grid->rows >= 1 && grid->rows <= 10000 && grid->columns >= 1 && grid->columns <= 10000;
}

static bool is_grid(const struct option *option, const char *value)
{
    struct grid_size grid;
    (void)option;
    return read_grid(value, &grid);
}

static bool is_pair(const struct option *option, const char *value)
{
    (void)option;
    return *value != '=' && strchr(value, '=');
}

static const struct {
    bool (*fits)(const struct option *option, const char *value);
    const char *rule;
} kinds[] = {
    [OPTION_FLAG] = { is_flag, "" },
    [OPTION_TEXT] = { is_text, "must not be empty" },
    [OPTION_CHOICE] = { is_choice, "is not one of these words" },
    [OPTION_COUNT] = { is_count, "must be a whole number from 1 to 2147483647" },
    [OPTION_SHARE] = { is_share, "must be a number above 0 and below 1" },
    [OPTION_NUMBER] = { is_number, "must be a number from 0.01 to 100" },
    [OPTION_SEED] = { is_seed, "must be a whole number from 0 to 18446744073709551615" },
    [OPTION_GRID] = { is_grid, "must look like 8x10, each from 1 to 10000" },
    [OPTION_PAIR] = { is_pair, "must look like optimizer.rate=0.002" },
};

static const struct option *find_option(const struct command *command, const char *word,
                                        size_t length)
{
    for (const struct option *option = command->options; option->name; option++) {
        if (strlen(option->name) == length && strncmp(option->name, word, length) == 0)
            return option;
    }
    return NULL;
}

static enum fig_status add_override(struct request *request, const char *setting,
                                    const char *value)
{
    const size_t size = strlen(setting) + strlen(value) + 1;
    const size_t room = (size_t)request->override_count + 1;
    char **list = realloc(request->overrides, room * sizeof(*list));
    if (list)
        request->overrides = list;
    char *pair = list ? malloc(size) : NULL;
    if (!pair)
        return complain(FIG_NOMEM, "no memory for the options");
    snprintf(pair, size, "%s%s", setting, value);
    list[request->override_count++] = pair;
    return FIG_OK;
}

/* The value has been found to fit. */
static enum fig_status store(struct request *request, const struct option *option,
                             const char *value)
{
    void *target = (char *)request + option->target;
    if (option->setting)
        return add_override(request, option->setting, value);
    if (option->kind == OPTION_FLAG)
        *(bool *)target = true;
    else if (option->kind == OPTION_COUNT)
        *(int *)target = (int)strtol(value, NULL, 10);
    else if (option->kind == OPTION_SHARE || option->kind == OPTION_NUMBER)
        *(double *)target = strtod(value, NULL);
    else if (option->kind == OPTION_SEED)
        *(uint64_t *)target = strtoull(value, NULL, 10);
    else if (option->kind == OPTION_GRID)
        read_grid(value, target);
    else
        *(const char **)target = value;
    return FIG_OK;
}

/* Behind '=', or the next word; NULL if there is none. */
static const char *take_value(struct cursor *cursor, const char *equals)
{
    if (equals)
        return equals + 1;
    if (cursor->next == cursor->count || strncmp(cursor->words[cursor->next], "--", 2) == 0)
        return NULL;
    return cursor->words[cursor->next++];
}

static enum fig_status parse_option(struct request *request, struct cursor *cursor,
                                    const char *word)
{
    const char *name = cursor->command->name;
    const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    const size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const struct option *option = find_option(cursor->command, word, length);
    if (!option)
        return complain(FIG_INVALID, "%s: there is no option %.*s; see `figment help %s`", name,
                        (int)length, word, name);
    if (!option->value && equals)
        return complain(FIG_INVALID, "%s: %s takes no value", name, option->name);
    const char *value = option->value ? take_value(cursor, equals) : "";
    if (!value)
        return complain(FIG_INVALID, "%s: %s needs a value: %s", name, option->name,
                        option->value);
    if (!kinds[option->kind].fits(option, value))
        return complain(FIG_INVALID, "%s: %s %s: `%s` %s", name, option->name, option->value,
                        value, kinds[option->kind].rule);
    return store(request, option, value);
}

/* Required options have text for their value. */
static bool is_given(const struct request *request, const struct option *option)
{
    return *(const char *const *)((const char *)request + option->target);
}

static enum fig_status check_complete(const struct request *request,
                                      const struct command *command)
{
    const int count = request->argument_count;
    if (count > command->most)
        return complain(FIG_INVALID, "%s: `%s` is one argument too many; usage: figment %s %s",
                        command->name, request->arguments[command->most], command->name,
                        command->arguments);
    if (count < command->least)
        return complain(FIG_INVALID, "%s: %d of %d arguments are given; usage: figment %s %s",
                        command->name, count, command->least, command->name, command->arguments);
    for (const struct option *option = command->options; option->name; option++) {
        if (option->required && !is_given(request, option))
            return complain(FIG_INVALID, "%s: %s %s is missing", command->name, option->name,
                            option->value);
    }
    return FIG_OK;
}

static bool asks_for_help(int count, char *const *words)
{
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
            return true;
    }
    return false;
}

enum fig_status request_parse(struct request *request, const struct command *command, int count,
                              char **words, bool *help)
{
    struct cursor cursor = { .command = command, .words = words, .count = count };
    bool options = true; /* until `--` */

    *help = asks_for_help(count, words);
    request->arguments = words;
    while (!*help && cursor.next < count) {
        char *word = words[cursor.next++];
        if (!options || word[0] != '-' || !word[1]) {
            words[request->argument_count++] = word;
        } else if (strcmp(word, "--") == 0) {
            options = false;
        } else {
            const enum fig_status status = parse_option(request, &cursor, word);
            if (status)
                return status;
        }
    }
    return *help ? FIG_OK : check_complete(request, command);
}

void request_finish(struct request *request)
{
    for (int i = 0; i < request->override_count; i++)
        free(request->overrides[i]);
    free(request->overrides);
    request->overrides = NULL;
    request->override_count = 0;
}

static void option_help(const char *name, const char *value, const char *help, FILE *out)
{
    char left[64];
    snprintf(left, sizeof(left), "%s%s%s", name, value ? " " : "", value ? value : "");
    fprintf(out, "  %-18s %s\n", left, help);
}

void command_help(const struct command *command, FILE *out)
{
    fprintf(out, "usage: figment %s%s%s", command->name, *command->arguments ? " " : "",
            command->arguments);
    for (const struct option *option = command->options; option->name; option++) {
        if (option->required)
            fprintf(out, " %s %s", option->name, option->value);
    }
    fprintf(out, " [options]\n\n%s\n\n", command->summary);
    for (const struct option *option = command->options; option->name; option++)
        option_help(option->name, option->value, option->help, out);
    option_help("--help", NULL, "show this", out);
}
