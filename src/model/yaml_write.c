/* SPDX-License-Identifier: MIT */
#include "model/yaml.h"

#include <string.h>

#include <yaml.h>

/* A string of libyaml: it is not changed, but the interface knows no const. */
static yaml_char_t *chars_of(const char *text)
{
    return (yaml_char_t *)(uintptr_t)text;
}

static int append(void *text, unsigned char *bytes, size_t size)
{
    text_add_bytes(text, (const char *)bytes, size);
    return !((struct text *)text)->failed;
}

/* emit() takes the event over, whatever comes of it. */
static bool emit_scalar(yaml_emitter_t *emitter, const char *text, bool quoted)
{
    const yaml_scalar_style_t style =
        quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
    yaml_event_t event;
    return yaml_scalar_event_initialize(&event, NULL, NULL, chars_of(text), (int)strlen(text), 1, 1,
                                        style) &&
           yaml_emitter_emit(emitter, &event);
}

static bool emit_node(yaml_emitter_t *emitter, const struct yaml *node)
{
    const bool map = node->kind == YAML_MAP;
    yaml_event_t event;
    if (node->kind == YAML_SCALAR)
        return emit_scalar(emitter, node->text, node->quoted);
    if (!(map ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)
              : yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                     YAML_BLOCK_SEQUENCE_STYLE)) ||
        !yaml_emitter_emit(emitter, &event))
        return false;
    for (const struct yaml *item = node->first; item; item = item->next) {
        if (item->key && !emit_scalar(emitter, item->key, false))
            return false;
        if (!emit_node(emitter, item))
            return false;
    }
    return (map ? yaml_mapping_end_event_initialize(&event)
                : yaml_sequence_end_event_initialize(&event)) &&
           yaml_emitter_emit(emitter, &event);
}

static bool emit_document(yaml_emitter_t *emitter, const struct yaml *root)
{
    yaml_event_t event;
    return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) &&
           yaml_emitter_emit(emitter, &event) &&
           yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) &&
           yaml_emitter_emit(emitter, &event) && emit_node(emitter, root) &&
           yaml_document_end_event_initialize(&event, 1) && yaml_emitter_emit(emitter, &event) &&
           yaml_stream_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

enum fig_status document_write(const struct document *doc, struct text *out)
{
    yaml_emitter_t emitter;
    if (!yaml_emitter_initialize(&emitter))
        return fail(FIG_NOMEM, "%s: no memory to write it", doc->root->file);
    yaml_emitter_set_output(&emitter, append, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    const bool done = emit_document(&emitter, doc->root);
    const bool memory = emitter.error == YAML_MEMORY_ERROR || out->failed;
    yaml_emitter_delete(&emitter);
    if (memory)
        return fail(FIG_NOMEM, "%s: no memory to write it", doc->root->file);
    if (!done)
        return fail(FIG_FORMAT,
                    "%s: cannot write it as YAML: no memory, or a text that is no UTF-8",
                    doc->root->file);
    return FIG_OK;
}
