/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static bool make_room(struct text *text, size_t more)
{
    const size_t need = text->length + more + 1;
    if (text->failed)
        return false;
    if (need <= text->room)
        return true;
    const size_t room = need < 256 ? 256 : need * 2;
    char *chars = realloc(text->chars, room);
    if (!chars) {
        text->failed = true;
        return false;
    }
    text->chars = chars;
    text->room = room;
    return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t count)
{
    if (!make_room(text, count))
        return;
    memcpy(text->chars + text->length, bytes, count);
    text->length += count;
    text->chars[text->length] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int count = number_vprint(NULL, 0, format, args);
    va_end(args);
    text->failed |= count < 0;
    if (count < 0 || !make_room(text, (size_t)count))
        return;
    va_start(args, format);
    number_vprint(text->chars + text->length, (size_t)count + 1, format, args);
    va_end(args);
    text->length += (size_t)count;
}

void text_add_quoted(struct text *text, const char *words)
{
    text_add_bytes(text, "\"", 1);
    for (; *words; words++)
        text_add(text, *words == '"' ? "\"\"" : "%c", *words);
    text_add_bytes(text, "\"", 1);
}

const char *text_part(const struct text *text, int index)
{
    const char *part = text->chars, *end = part ? part + text->length : NULL;
    for (int i = 0; part < end && i < index; i++)
        part += strlen(part) + 1;
    return part < end ? part : NULL;
}

void text_free(struct text *text)
{
    free(text->chars);
    *text = (struct text){ 0 };
}
