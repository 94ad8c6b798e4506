/* SPDX-License-Identifier: MIT */
#include "run/notes.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/number.h"

void note(struct notes *notes, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    number_vprint(notes->values[notes->count], NOTE_SIZE, format, args);
    va_end(args);
    notes->pairs[notes->count] = (struct safe_pair){ key, notes->values[notes->count] };
    notes->count++;
}

void note_numbers(struct notes *notes, const char *key, const double *numbers, int count)
{
    char text[NOTE_SIZE] = "";
    assert(count <= NOTE_NUMBERS);
    for (int i = 0, used = 0; i < count; i++)
        used += number_print(text + used, sizeof(text) - (size_t)used, "%s%.17g",
                             i ? " " : "", numbers[i]);
    note(notes, key, "%s", text);
}

enum fig_status read_numbers(const struct safetensors *file, const char *path, const char *key,
                             int count, double *out)
{
    const char *text = safetensors_metadata(file, key), *at = text;
    for (int i = 0; text && i < count; i++) {
        char *end;
        errno = 0;
        out[i] = number_read(at, &end);
        if (end == at || errno || !isfinite(out[i]))
            break;
        at = end + strspn(end, " ");
        if (i == count - 1 && !*at)
            return FIG_OK;
    }
    if (text && count == 0)
        return FIG_OK;
    return fail(FIG_FORMAT, "%s: metadata %s: expected %d number%s, found '%s'", path, key, count,
                count == 1 ? "" : "s", text ? text : "nothing");
}

enum fig_status read_whole(const struct safetensors *file, const char *path, const char *key,
                           int count, double most, double *out)
{
    TRY(read_numbers(file, path, key, count, out));
    for (int i = 0; i < count; i++) {
        if (out[i] < 0 || out[i] > most || out[i] != floor(out[i]))
            return fail(FIG_FORMAT, "%s: metadata %s: expected whole numbers up to %.0f, found %g",
                        path, key, most, out[i]);
    }
    return FIG_OK;
}
