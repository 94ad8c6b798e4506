/* SPDX-License-Identifier: MIT */
#include "train/changes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/size.h"
#include "model/config.h"

enum verdict { TOLD, FREE, REFUSED };

/* Of all other keys a change is told. */
static const struct {
    const char *key;
    enum verdict verdict;
} verdicts[] = {
    { "epochs", FREE },
    { "steps", FREE },
    { "window", FREE },
    { "sampler", FREE },
    { "name", REFUSED },
    { "family", REFUSED },
    { "seed", REFUSED },
    { "batch", REFUSED },
    { "encoder", REFUSED },
    { "decoder", REFUSED },
    { "generator", REFUSED },
    { "discriminator", REFUSED },
    { "optimizer.name", REFUSED },
    { "encoder-optimizer.name", REFUSED },
    { "decoder-optimizer.name", REFUSED },
    { "generator-optimizer.name", REFUSED },
    { "discriminator-optimizer.name", REFUSED },
};

struct comparison {
    const char *path;                    /* of the checkpoint */
    const struct fig_settings *settings; /* of the training that goes on */
    enum verdict verdict;                /* what is looked for */
};

static bool spans_all_epochs(const struct comparison *comparison, const char *key)
{
    return strcmp(key, "epochs") == 0 && comparison->settings->schedule.kind == FIG_COSINE;
}

static enum verdict verdict_of(const struct comparison *comparison, const char *key)
{
    for (size_t i = 0; i < LENGTH(verdicts); i++) {
        if (strcmp(verdicts[i].key, key) == 0)
            return spans_all_epochs(comparison, key) ? TOLD : verdicts[i].verdict;
    }
    return TOLD;
}

/* However they are written: 1e-3 is 0.001.  Seeds may have more digits than a double. */
static bool same_number(const char *left, const char *right)
{
    char *left_end, *right_end;
    const double a = number_read(left, &left_end), b = number_read(right, &right_end);
    return left_end != left && right_end != right && !*left_end && !*right_end && a == b &&
           fabs(a) < 9007199254740992.0;
}

static bool same(const struct yaml *left, const struct yaml *right)
{
    if (!left || !right || left->kind != right->kind || left->count != right->count)
        return false;
    if (left->kind == YAML_SCALAR)
        return strcmp(left->text, right->text) == 0 || same_number(left->text, right->text);
    const struct yaml *a = left->first, *b = right->first;
    while (a && same(a, b) && (!a->key || strcmp(a->key, b->key) == 0)) {
        a = a->next;
        b = b->next;
    }
    return !a;
}

static void add_value(struct text *text, const struct yaml *node)
{
    if (!node || node->kind == YAML_SCALAR) {
        text_add(text, "%s", node ? node->text : "nothing");
        return;
    }
    text_add(text, "[");
    for (const struct yaml *item = node->first; item; item = item->next) {
        add_value(text, item);
        text_add(text, item->next ? ", " : "");
    }
    text_add(text, "]");
}

static enum fig_status tell(const struct comparison *comparison, const char *key,
                            const char *before, const char *after)
{
    const char *path = comparison->path, *why = "";
    if (comparison->verdict == REFUSED)
        return fail(FIG_INVALID, "%s: trained with %s %s, the configuration says %s; go on as it "
                    "began, or train into another folder (--out)", path, key, before, after);
    if (spans_all_epochs(comparison, key))
        why = "; a cosine's rates depend on it: so many epochs at once would be another training";
    log_warning("%s: trained with %s %s so far, from here on with %s%s", path, key, before, after,
                why);
    return FIG_OK;
}

static enum fig_status compare_values(const struct comparison *comparison, const char *key,
                                      const struct yaml *before, const struct yaml *after)
{
    struct text old = { 0 }, new = { 0 };
    if (same(before, after) || verdict_of(comparison, key) != comparison->verdict)
        return FIG_OK;
    add_value(&old, before);
    add_value(&new, after);
    const enum fig_status status =
        old.failed || new.failed ? fail(FIG_NOMEM, "%s: no memory to compare it", comparison->path)
                                 : tell(comparison, key, old.chars, new.chars);
    text_free(&old);
    text_free(&new);
    return status;
}

static const struct yaml *first_of(const struct yaml *node)
{
    return node && node->kind == YAML_MAP ? node->first : NULL;
}

/* Key by key: those of the first, and what only the second has. */
static enum fig_status compare(const struct comparison *comparison, const char *prefix,
                               const struct yaml *before, const struct yaml *after)
{
    char key[256];
    if (!first_of(before) && !first_of(after))
        return compare_values(comparison, prefix, before, after);
    const char *dot = *prefix ? "." : "";
    for (const struct yaml *item = first_of(before); item; item = item->next) {
        snprintf(key, sizeof(key), "%s%s%s", prefix, dot, item->key);
        TRY(compare(comparison, key, item, yaml_find(after, item->key)));
    }
    for (const struct yaml *item = first_of(after); item; item = item->next) {
        snprintf(key, sizeof(key), "%s%s%s", prefix, dot, item->key);
        if (!yaml_find(before, item->key))
            TRY(compare(comparison, key, NULL, item));
    }
    return FIG_OK;
}

enum fig_status changes_check(const char *path, const char *before, const struct fig_config *config)
{
    static const enum verdict looked_for[] = { REFUSED, TOLD };
    struct comparison comparison = { .path = path, .settings = fig_config_settings(config) };
    struct document document;
    enum fig_status status = document_parse(&document, path, before, strlen(before));
    if (status)
        return status;
    for (size_t i = 0; !status && i < LENGTH(looked_for); i++) {
        comparison.verdict = looked_for[i];
        status = compare(&comparison, "", document.root, config->document.root);
    }
    document_free(&document);
    return status;
}
