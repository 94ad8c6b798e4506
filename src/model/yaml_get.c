/* SPDX-License-Identifier: MIT */
/* Typed values of a tree, and messages about it. */
#include "model/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

enum { WORD_LIMIT = 40 }; /* bytes of the longest word that a misspelling is looked for */

/* The path of a node: keys and indices with dots between them, and ": " behind. */
static void add_path(struct text *text, const struct yaml *node, const char *end)
{
    if (!node->parent)
        return;
    add_path(text, node->parent, ".");
    if (node->key) {
        text_add(text, "%s%s", node->key, end);
        return;
    }
    int index = 0;
    for (const struct yaml *item = node->parent->first; item != node; item = item->next)
        index++;
    text_add(text, "%d%s", index, end);
}

void yaml_place(struct text *text, const struct yaml *node)
{
    text_add(text, node->line ? "%s:%d: " : "%s: ", node->file, node->line);
    add_path(text, node, ": ");
}

/* A message about a node is one line, whatever the file holds. */
static void tell(void (*say)(const char *format, ...), const struct yaml *node, const char *format,
                 va_list args)
{
    char reason[1024];
    struct text place = { 0 };
    vsnprintf(reason, sizeof(reason), format, args);
    yaml_place(&place, node);
    text_add(&place, "%s", reason);
    for (char *c = place.chars; c && *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
    say("%s", place.failed ? reason : place.chars);
    text_free(&place);
}

enum fig_status yaml_fail(const struct yaml *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(log_error, node, format, args);
    va_end(args);
    return FIG_FORMAT;
}

void yaml_warn(const struct yaml *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(log_warning, node, format, args);
    va_end(args);
}

/* "expected WHAT, found ..." */
static enum fig_status unexpected(const struct yaml *node, const char *what)
{
    if (node->kind == YAML_LIST)
        return yaml_fail(node, "expected %s, found a list of %d", what, node->count);
    if (node->kind == YAML_MAP)
        return yaml_fail(node, "expected %s, found a map", what);
    if (!*node->text)
        return yaml_fail(node, "expected %s, found nothing", what);
    return yaml_fail(node, "expected %s, found '%.60s'%s", what, node->text,
                     strlen(node->text) > 60 ? "..." : "");
}

const struct yaml *yaml_find(const struct yaml *map, const char *key)
{
    const struct yaml *item = map ? map->first : NULL;
    while (item && !(item->key && strcmp(item->key, key) == 0))
        item = item->next;
    return item;
}

enum fig_status yaml_require(const struct yaml *map, const char *key, const struct yaml **out)
{
    *out = yaml_find(map, key);
    if (!*out)
        return yaml_fail(map, "the key '%s' is missing", key);
    return FIG_OK;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* How many letters must be changed, added or left out to make one word of the other. */
static int distance(const char *a, const char *b)
{
    int row[WORD_LIMIT + 1];
    const int width = (int)strlen(b);
    for (int j = 0; j <= width; j++)
        row[j] = j;
    for (int i = 0; a[i]; i++) {
        int corner = row[0];
        row[0] = i + 1;
        for (int j = 1; j <= width; j++) {
            const int changed = corner + (a[i] != b[j - 1]);
            corner = row[j];
            row[j] = least(changed, least(corner, row[j - 1]) + 1);
        }
    }
    return row[width];
}

/* The name that `word` may be a misspelling of, or NULL. */
static const char *nearest(const char *word, const char *const *names)
{
    const int length = (int)strnlen(word, WORD_LIMIT + 1);
    const char *best = NULL;
    int limit = length / 3 + 2; /* a guess further away than that would only confuse */
    for (; length <= WORD_LIMIT && *names; names++) {
        if (strlen(*names) > WORD_LIMIT)
            continue;
        const int changes = distance(word, *names);
        if (changes < limit && changes < length) {
            limit = changes;
            best = *names;
        }
    }
    return best;
}

/* WHAT; did you mean 'NEAREST'?  CHOICES: a, b, c */
static enum fig_status refuse_word(const struct yaml *node, const char *word, const char *what,
                                   const char *choices, const char *const *names)
{
    struct text list = { 0 };
    const char *guess = nearest(word, names);
    for (; *names; names++)
        text_add(&list, "%s%s", list.length ? ", " : "", *names);
    const enum fig_status status = yaml_fail(
        node, "%s%s%s%s %s: %s", what, guess ? "; did you mean '" : "", guess ? guess : "",
        guess ? "'?" : ";", choices, list.chars ? list.chars : "none");
    text_free(&list);
    return status;
}

enum fig_status yaml_known(const struct yaml *map, const char *const *names)
{
    TRY(yaml_expect(map, YAML_MAP));
    for (const struct yaml *item = map->first; item; item = item->next) {
        int i = 0;
        while (names[i] && strcmp(names[i], item->key) != 0)
            i++;
        if (!names[i])
            return refuse_word(item, item->key, "unknown key", "known here", names);
    }
    return FIG_OK;
}

enum fig_status yaml_expect(const struct yaml *node, enum yaml_kind kind)
{
    static const char *const what[] = {
        [YAML_SCALAR] = "one value", [YAML_LIST] = "a list", [YAML_MAP] = "a map"
    };
    return node->kind == kind ? FIG_OK : unexpected(node, what[kind]);
}

enum fig_status yaml_string(const struct yaml *node, const char **out)
{
    if (!node)
        return FIG_OK;
    if (node->kind != YAML_SCALAR || (!*node->text && !node->quoted))
        return unexpected(node, "text");
    *out = node->text;
    return FIG_OK;
}

enum fig_status yaml_bool(const struct yaml *node, bool *out)
{
    static const char *const names[] = { "false", "true", "no", "yes", "off", "on", NULL };
    if (!node)
        return FIG_OK;
    for (int i = 0; node->kind == YAML_SCALAR && names[i]; i++) {
        if (strcmp(node->text, names[i]) == 0) {
            *out = i % 2;
            return FIG_OK;
        }
    }
    return unexpected(node, "true or false");
}

enum fig_status yaml_choice(const struct yaml *node, const char *const *names, int *out)
{
    char what[80];
    const char *text = NULL;
    if (!node)
        return FIG_OK;
    TRY(yaml_string(node, &text));
    for (int i = 0; names[i]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return FIG_OK;
        }
    }
    snprintf(what, sizeof(what), "unknown name '%.60s'", text);
    return refuse_word(node, text, what, "expected one of", names);
}

/* The node is a scalar of no other characters, and not without any. */
static bool is_made_of(const struct yaml *node, const char *characters)
{
    return node->kind == YAML_SCALAR && *node->text &&
           strspn(node->text, characters) == strlen(node->text);
}

enum fig_status yaml_int(const struct yaml *node, int low, int high, int *out)
{
    char what[80], *end;
    if (!node)
        return FIG_OK;
    if (is_made_of(node, "+-0123456789")) {
        const long long value = strtoll(node->text, &end, 10);
        if (!*end && value >= low && value <= high) {
            *out = (int)value;
            return FIG_OK;
        }
    }
    snprintf(what, sizeof(what), "a whole number in [%d, %d]", low, high);
    return unexpected(node, what);
}

enum fig_status yaml_uint64(const struct yaml *node, uint64_t *out)
{
    if (!node)
        return FIG_OK;
    if (is_made_of(node, "0123456789")) {
        errno = 0;
        const unsigned long long value = strtoull(node->text, NULL, 10);
        if (!errno) {
            *out = value;
            return FIG_OK;
        }
    }
    return unexpected(node, "a whole number in [0, 18446744073709551615]");
}

enum fig_status yaml_number(const struct yaml *node, const struct yaml_range *range, double *out)
{
    char what[80], *end;
    if (!node)
        return FIG_OK;
    if (is_made_of(node, "+-.0123456789eE")) {
        const double value = number_read(node->text, &end);
        const bool high_enough = range->above ? value > range->low : value >= range->low;
        const bool low_enough = range->below ? value < range->high : value <= range->high;
        if (!*end && isfinite(value) && high_enough && low_enough) {
            *out = value;
            return FIG_OK;
        }
    }
    snprintf(what, sizeof(what), "a number in %c%g, %g%c",
             range->above || isinf(range->low) ? '(' : '[', range->low, range->high,
             range->below || isinf(range->high) ? ')' : ']');
    return unexpected(node, what);
}
