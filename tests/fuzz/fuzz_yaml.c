/* SPDX-License-Identifier: MIT */
/* What is read is written and read again as the same tree. */
#include <stdlib.h>
#include <string.h>

#include "model/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool rule)
{
    if (!rule)
        abort();
}

static void same(const struct yaml *a, const struct yaml *b)
{
    require(a->kind == b->kind && a->count == b->count && !a->key == !b->key);
    require(!a->key || strcmp(a->key, b->key) == 0);
    require(a->kind != YAML_SCALAR || strcmp(a->text, b->text) == 0);
    require(a->kind != YAML_SCALAR || *a->text || a->quoted == b->quoted);
    const struct yaml *other = b->first;
    for (const struct yaml *item = a->first; item; item = item->next, other = other->next)
        same(item, other);
}

static void ask(const struct yaml *node)
{
    static const char *const names[] = { "model", "optimizer", "rate", NULL };
    const struct yaml_range range = { 0, 1, .above = true };
    double number;
    bool flag;
    int value;
    yaml_number(node, &range, &number);
    yaml_bool(node, &flag);
    yaml_int(node, 1, 10, &value);
    yaml_choice(node, names, &value);
    if (node->kind == YAML_MAP)
        yaml_known(node, names);
    for (const struct yaml *item = node->first; item; item = item->next)
        ask(item);
}

/* All of the input is a document; what is before its first zero is an assignment too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct document doc, again;
    struct text text = { 0 };
    char *bytes = malloc(size + 1);
    require(bytes);
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    require(!document_parse(&doc, "base", "a: {b: [1, 2]}", 14));
    (void)document_set(&doc, bytes);
    ask(doc.root);
    document_free(&doc);
    if (!document_parse(&doc, "fuzz", bytes, size)) {
        ask(doc.root);
        require(!document_write(&doc, &text));
        require(!document_parse(&again, "again", text.chars, text.length));
        same(doc.root, again.root);
        document_free(&again);
        document_free(&doc);
    }
    text_free(&text);
    free(bytes);
    return 0;
}
