/* SPDX-License-Identifier: MIT */
#include "tests/arena.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/size.h"
#include "tests/suite.h"

enum { GUARD = 256 /* reals between two regions, at least */ };

static const double guard = -12345.5;

static size_t guard_size(const struct arena *arena)
{
    return device_reals(arena->device, GUARD);
}

static struct region whole(const struct arena *arena)
{
    return (struct region){ arena->buffer, 0, arena->total };
}

void arena_open(struct arena *arena, size_t count)
{
    *arena = (struct arena){ 0 };
    ck_assert_int_eq(fig_device_open(&arena->device, NULL), FIG_OK);
    const size_t between = guard_size(arena) + DEVICE_ALIGN;
    arena->total = round_up(device_reals(arena->device, count) + (ARENA_REGIONS + 1) * between,
                            DEVICE_ALIGN);
    ck_assert_int_eq(device_alloc(arena->device, arena->total, &arena->buffer), FIG_OK);
    const size_t all = arena->total / device_reals(arena->device, 1);
    arena->image = malloc(all * sizeof(*arena->image));
    ck_assert_ptr_nonnull(arena->image);
    for (size_t i = 0; i < all; i++)
        arena->image[i] = guard;
    ck_assert_int_eq(device_write_doubles(arena->device, whole(arena), arena->image), FIG_OK);
}

static bool inside(const struct arena *arena, size_t byte)
{
    for (int i = 0; i < arena->regions; i++) {
        const struct region *region = &arena->region[i];
        if (byte >= region->offset && byte < region->offset + region->size)
            return true;
    }
    return false;
}

void arena_close(struct arena *arena)
{
    const size_t size = device_reals(arena->device, 1);
    ck_assert_int_eq(device_read_doubles(arena->device, whole(arena), arena->image), FIG_OK);
    for (size_t i = 0; i < arena->total / size; i++) {
        if (!inside(arena, i * size))
            ck_assert_msg(arena->image[i] == guard, "word %zu outside of all regions became %g", i,
                          arena->image[i]);
    }
    for (int i = 0; i < arena->numbers; i++)
        free(arena->number[i]);
    free(arena->image);
    device_free(arena->device, &arena->buffer);
    fig_device_close(&arena->device);
}

double *arena_numbers(struct arena *arena, size_t count)
{
    double *values = calloc(count, sizeof(*values));
    ck_assert_ptr_nonnull(values);
    ck_assert_int_lt(arena->numbers, ARENA_NUMBERS);
    arena->number[arena->numbers++] = values;
    return values;
}

struct region arena_take(struct arena *arena, size_t count)
{
    ck_assert_int_lt(arena->regions, ARENA_REGIONS);
    const struct region region = {
        .buffer = arena->buffer,
        .offset = round_up(arena->used + guard_size(arena), DEVICE_ALIGN),
        .size = device_reals(arena->device, count),
    };
    arena->used = region.offset + region.size;
    ck_assert_uint_le(arena->used + guard_size(arena), arena->total);
    arena->region[arena->regions++] = region;
    return region;
}

struct region arena_take_normal(struct arena *arena, size_t count, double *values)
{
    const struct region region = arena_take(arena, count);
    const struct stream stream = { .seed = 7, .stream = (uint32_t)arena->regions };
    random_normal(&stream, values, count);
    ck_assert_int_eq(device_write_doubles(arena->device, region, values), FIG_OK);
    ck_assert_int_eq(device_read_doubles(arena->device, region, values), FIG_OK);
    return region;
}

void arena_run(struct arena *arena, const struct work *work)
{
    struct script *script = NULL;
    ck_assert_int_eq(device_compile(arena->device, work, 1, &script), FIG_OK);
    ck_assert_int_eq(device_run(arena->device, script, 0), FIG_OK);
    ck_assert_int_eq(fig_device_finish(arena->device), FIG_OK);
    device_release(arena->device, &script);
    ck_assert_ptr_null(script);
}

void arena_expect(struct arena *arena, struct region region, const double *wanted, size_t count,
                  double absolute, double relative)
{
    double *got = malloc(count * sizeof(*got));
    ck_assert_ptr_nonnull(got);
    ck_assert_int_eq(device_read_doubles(arena->device, region, got), FIG_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs(got[i] - wanted[i]) <= absolute + relative * fabs(wanted[i]),
                      "%s: element %zu of %zu is %.9g, not %.9g",
                      fig_device_info(arena->device)->name, i, count, got[i], wanted[i]);
    free(got);
}
