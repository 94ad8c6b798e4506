/* SPDX-License-Identifier: MIT */
#include "data/digit.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __clang__ /* the same pixels from every compiler; gcc -std=c11 contracts nothing */
#pragma STDC FP_CONTRACT OFF
#endif

/* fminf and fmaxf are calls, for the sake of NaNs that are none here. */
static inline float lesser(float a, float b)
{
    return a < b ? a : b;
}

static inline float greater(float a, float b)
{
    return a > b ? a : b;
}

/* The strokes of a digit: control points from (1, 1), top left, to (100, 100); zeros end a stroke.
 * A smooth curve runs through the points; a point given twice is a corner. */
enum { STROKES = 2, POINTS = 16, VARIANTS = 4, STEPS = 6, DOTS_LIMIT = STROKES * POINTS * STEPS };
struct glyph {
    int8_t stroke[STROKES][POINTS][2];
};

static const struct glyph glyphs[10][VARIANTS] = {
    {
        { { { { 58, 3 }, { 32, 12 }, { 17, 48 }, { 28, 86 }, { 54, 98 }, { 78, 82 }, { 86, 46 },
              { 74, 12 }, { 50, 3 } } } },
        { { { { 64, 8 }, { 42, 4 }, { 22, 30 }, { 18, 68 }, { 36, 97 }, { 66, 90 }, { 82, 56 },
              { 78, 20 }, { 56, 4 }, { 44, 10 } } } },
    },
    {
        { { { { 50, 1 }, { 51, 50 }, { 50, 100 } } } },
        { { { { 50, 1 }, { 48, 50 }, { 50, 100 } } } },
        { { { { 34, 22 }, { 52, 2 }, { 52, 2 }, { 52, 50 }, { 51, 100 } } } },
        { { { { 32, 22 }, { 53, 2 }, { 53, 2 }, { 52, 98 } },
            { { 28, 98 }, { 52, 97 }, { 78, 98 } } } },
    },
    {
        { { { { 20, 24 }, { 32, 6 }, { 54, 2 }, { 74, 14 }, { 73, 38 }, { 50, 66 }, { 18, 96 },
              { 18, 96 }, { 50, 92 }, { 86, 95 } } } },
        { { { { 18, 22 }, { 38, 4 }, { 64, 4 }, { 76, 26 }, { 62, 56 }, { 36, 86 }, { 20, 97 },
              { 11, 86 }, { 24, 77 }, { 48, 90 }, { 70, 97 }, { 90, 90 } } } },
        { { { { 14, 14 }, { 44, 2 }, { 72, 12 }, { 70, 44 }, { 40, 78 }, { 14, 96 }, { 14, 96 },
              { 46, 84 }, { 92, 90 } } } },
    },
    {
        { { { { 20, 14 }, { 46, 2 }, { 72, 12 }, { 69, 34 }, { 42, 47 }, { 42, 47 }, { 72, 56 },
              { 80, 78 }, { 58, 97 }, { 32, 98 }, { 15, 88 } } } },
        { { { { 22, 6 }, { 50, 3 }, { 76, 5 }, { 76, 5 }, { 44, 42 }, { 44, 42 }, { 72, 54 },
              { 78, 78 }, { 52, 98 }, { 16, 90 } } } },
        { { { { 24, 10 }, { 52, 2 }, { 72, 18 }, { 60, 40 }, { 36, 48 }, { 62, 51 }, { 78, 72 },
              { 62, 94 }, { 38, 98 }, { 16, 84 } } } },
    },
    {
        { { { { 24, 4 }, { 18, 34 }, { 15, 54 }, { 15, 54 }, { 46, 54 }, { 82, 50 } },
            { { 76, 4 }, { 70, 50 }, { 64, 100 } } } },
        { { { { 60, 2 }, { 36, 34 }, { 10, 64 }, { 10, 64 }, { 50, 66 }, { 90, 64 } },
            { { 64, 4 }, { 63, 50 }, { 62, 100 } } } },
        { { { { 20, 6 }, { 13, 32 }, { 22, 50 }, { 46, 50 }, { 70, 36 } },
            { { 80, 2 }, { 73, 30 }, { 66, 64 }, { 63, 100 } } } },
        { { { { 56, 4 }, { 34, 26 }, { 18, 52 }, { 18, 52 }, { 46, 54 }, { 78, 50 } },
            { { 62, 36 }, { 58, 70 }, { 56, 100 } } } },
    },
    {
        { { { { 78, 3 }, { 50, 4 }, { 30, 5 }, { 30, 5 }, { 25, 44 }, { 25, 44 }, { 54, 40 },
              { 77, 58 }, { 72, 86 }, { 44, 99 }, { 16, 90 } } } },
        { { { { 34, 6 }, { 30, 26 }, { 26, 44 }, { 26, 44 }, { 56, 44 }, { 74, 64 }, { 64, 90 },
              { 38, 99 }, { 14, 92 } },
            { { 34, 6 }, { 60, 5 }, { 86, 2 } } } },
        { { { { 88, 6 }, { 62, 6 }, { 42, 8 }, { 32, 24 }, { 28, 42 }, { 52, 46 }, { 66, 62 },
              { 60, 84 }, { 38, 98 }, { 12, 94 } } } },
    },
    {
        { { { { 66, 2 }, { 38, 24 }, { 20, 58 }, { 26, 90 }, { 52, 99 }, { 74, 82 }, { 66, 60 },
              { 42, 58 }, { 22, 78 } } } },
        { { { { 56, 2 }, { 34, 30 }, { 22, 66 }, { 32, 94 }, { 58, 96 }, { 72, 76 }, { 58, 58 },
              { 36, 66 }, { 28, 84 } } } },
        { { { { 84, 6 }, { 52, 18 }, { 26, 48 }, { 18, 78 }, { 34, 97 }, { 60, 92 }, { 70, 70 },
              { 50, 62 }, { 30, 74 }, { 24, 88 } } } },
    },
    {
        { { { { 14, 8 }, { 46, 6 }, { 82, 5 }, { 82, 5 }, { 62, 46 }, { 44, 100 } } } },
        { { { { 14, 10 }, { 46, 6 }, { 84, 5 }, { 84, 5 }, { 60, 46 }, { 44, 100 } },
            { { 34, 54 }, { 54, 51 }, { 78, 50 } } } },
        { { { { 16, 26 }, { 18, 8 }, { 18, 8 }, { 50, 8 }, { 82, 4 }, { 82, 4 }, { 68, 44 },
              { 58, 100 } } } },
        { { { { 16, 16 }, { 40, 4 }, { 66, 8 }, { 80, 14 }, { 70, 44 }, { 58, 72 },
              { 54, 100 } } } },
    },
    {
        { { { { 72, 16 }, { 50, 2 }, { 28, 14 }, { 36, 38 }, { 62, 56 }, { 76, 80 }, { 52, 99 },
              { 26, 84 }, { 38, 58 }, { 64, 38 }, { 74, 14 } } } },
        { { { { 54, 48 }, { 30, 32 }, { 34, 8 }, { 58, 2 }, { 74, 18 }, { 60, 42 }, { 34, 64 },
              { 28, 88 }, { 50, 99 }, { 70, 84 }, { 64, 60 }, { 48, 46 } } } },
        { { { { 80, 10 }, { 50, 4 }, { 30, 18 }, { 44, 42 }, { 64, 60 }, { 66, 86 }, { 46, 98 },
              { 30, 84 }, { 44, 60 }, { 66, 38 }, { 80, 12 } } } },
    },
    {
        { { { { 74, 18 }, { 50, 3 }, { 26, 16 }, { 24, 38 }, { 46, 48 }, { 70, 34 }, { 76, 16 },
              { 76, 16 }, { 73, 56 }, { 68, 100 } } } },
        { { { { 72, 22 }, { 50, 3 }, { 24, 20 }, { 32, 46 }, { 60, 44 }, { 75, 18 }, { 78, 52 },
              { 66, 88 }, { 42, 99 }, { 22, 92 } } } },
        { { { { 70, 12 }, { 44, 6 }, { 24, 28 }, { 34, 46 }, { 58, 38 }, { 74, 10 }, { 74, 10 },
              { 62, 54 }, { 46, 100 } } } },
        { { { { 60, 42 }, { 34, 48 }, { 26, 24 }, { 46, 4 }, { 70, 8 }, { 74, 30 }, { 66, 66 },
              { 58, 100 } } } },
    },
};

static const float pen_range = 0.3f; /* how much wider or narrower the pen gets along a stroke */
static const float softest = 1.5f;   /* pixels from ink to paper */

/* A trace of the pen: `radius` is the pen's, in pixels; `start` marks where it came down. */
struct dot {
    float x, y, radius;
    bool start;
};
struct trace {
    int count;
    struct dot dots[DOTS_LIMIT];
};

struct dice {
    const struct stream *stream;
    uint32_t block, word[4];
    int left;
};

static uint32_t roll(struct dice *dice)
{
    if (!dice->left) {
        random_words(dice->stream, dice->block++, dice->word);
        dice->left = 4;
    }
    return dice->word[--dice->left];
}

static float between(struct dice *dice, float low, float high)
{
    return low + (high - low) * ((float)(roll(dice) >> 8) * 0x1p-24f);
}

/* A triangular distribution on (-width, width): the middle is likelier, nothing is far off. */
static float about(struct dice *dice, float width)
{
    const float first = between(dice, 0, width);
    return first - between(dice, 0, width);
}

static const struct glyph *choose(int digit, struct dice *dice)
{
    uint32_t count = 0;
    while (count < VARIANTS && glyphs[digit][count].stroke[0][0][0])
        count++;
    return &glyphs[digit][roll(dice) % count];
}

/* The stroke's points with a shaky hand; points given twice move together. */
static int shake(const int8_t point[POINTS][2], struct dice *dice, struct dot dots[POINTS])
{
    int count = 0;
    for (; count < POINTS && point[count][0]; count++) {
        const int8_t *p = point[count], *last = count ? point[count - 1] : NULL;
        if (last && last[0] == p[0] && last[1] == p[1]) {
            dots[count] = dots[count - 1];
            continue;
        }
        const float x = p[0] + about(dice, 9), y = p[1] + about(dice, 9);
        dots[count] = (struct dot){ .x = x, .y = y, .radius = 1 + about(dice, pen_range) };
    }
    return count;
}

/* Catmull-Rom between b and c. */
static float curve(float a, float b, float c, float d, float t)
{
    return b + t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) + t * (3 * (b - c) + d - a))) / 2;
}

static void trace_stroke(const int8_t point[POINTS][2], struct dice *dice, struct trace *trace)
{
    struct dot p[POINTS];
    const int count = shake(point, dice, p);
    for (int i = 0; i + 1 < count; i++) {
        const struct dot *a = &p[i ? i - 1 : 0], *b = &p[i], *c = &p[i + 1];
        const struct dot *d = &p[i + 2 < count ? i + 2 : i + 1];
        for (int step = i ? 1 : 0; step <= STEPS; step++) {
            const float t = (float)step / STEPS;
            trace->dots[trace->count++] = (struct dot){
                .x = curve(a->x, b->x, c->x, d->x, t),
                .y = curve(a->y, b->y, c->y, d->y, t),
                .radius = b->radius + t * (c->radius - b->radius),
                .start = !i && !step,
            };
        }
    }
}

/* Stretch, slant, turn and bow the whole digit, still in the units of the glyph. */
static void bend(struct trace *trace, struct dice *dice)
{
    const float wide = between(dice, 0.75f, 1.3f), slant = between(dice, -0.6f, 0.15f);
    const float turn = about(dice, 0.3f), bow_x = about(dice, 0.25f), bow_y = about(dice, 0.2f);
    for (int i = 0; i < trace->count; i++) {
        struct dot *dot = &trace->dots[i];
        const float x = (dot->x - 50) / 50, y = (dot->y - 50) / 50;
        const float u = wide * x + slant * y + bow_x * y * y;
        const float v = y + bow_y * x * x;
        dot->x = u - turn * v;
        dot->y = v + turn * u;
    }
}

/* Where the ink is: its box, and its centre of mass. */
struct extent {
    float left, right, top, bottom, x, y;
};

static struct extent measure(const struct trace *trace)
{
    const struct dot *first = &trace->dots[0];
    struct extent e = { .left = first->x, .right = first->x, .top = first->y, .bottom = first->y };
    float mass = 0;
    for (int i = 1; i < trace->count; i++) {
        const struct dot *a = &trace->dots[i - 1], *b = &trace->dots[i];
        const float dx = b->x - a->x, dy = b->y - a->y;
        const float length = b->start ? 0 : sqrtf(dx * dx + dy * dy);
        e.left = lesser(e.left, b->x);
        e.right = greater(e.right, b->x);
        e.top = lesser(e.top, b->y);
        e.bottom = greater(e.bottom, b->y);
        e.x += length * (a->x + b->x) / 2;
        e.y += length * (a->y + b->y) / 2;
        mass += length;
    }
    e.x /= mass;
    e.y /= mass;
    return e;
}

/* Where low..high begins so that its `centre` is near the middle and its ends keep the margin. */
static float place(float low, float high, float centre, float margin, struct dice *dice)
{
    const float wished = DIGIT_SIDE / 2 - centre + about(dice, 1.2f);
    return lesser(greater(wished, margin - low), DIGIT_SIDE - margin - high);
}

/* As MNIST was made: the longer side of the ink fits its box, the centre of mass is the middle. */
static void fit(struct trace *trace, struct dice *dice)
{
    const float radius = between(dice, 0.75f, 1.6f);
    const float side = between(dice, 18.5f, 20.5f) - 2 * radius;
    const float margin = 1 + (1 + pen_range) * radius + softest / 2;
    const struct extent e = measure(trace);
    const float scale = side / greater(e.right - e.left, e.bottom - e.top);
    const float x = place(scale * e.left, scale * e.right, scale * e.x, margin, dice);
    const float y = place(scale * e.top, scale * e.bottom, scale * e.y, margin, dice);
    for (int i = 0; i < trace->count; i++) {
        struct dot *dot = &trace->dots[i];
        dot->x = x + scale * dot->x;
        dot->y = y + scale * dot->y;
        dot->radius *= radius;
    }
}

static int clamp(float value)
{
    return value < 0 ? 0 : value > DIGIT_SIDE ? DIGIT_SIDE : (int)value;
}

/* Lower `depth`, the signed distance of each pixel's centre from the ink's edge, to the line's. */
static void draw_line(const struct dot *a, const struct dot *b, float depth[DIGIT_SIZE])
{
    const float dx = b->x - a->x, dy = b->y - a->y, grow = b->radius - a->radius;
    const float inverse = 1 / (dx * dx + dy * dy + 1e-12f);
    const float reach = greater(a->radius, b->radius) + 1;
    const int left = clamp(lesser(a->x, b->x) - reach);
    const int right = clamp(greater(a->x, b->x) + reach + 1);
    const int top = clamp(lesser(a->y, b->y) - reach);
    const int bottom = clamp(greater(a->y, b->y) + reach + 1);
    for (int row = top; row < bottom; row++) {
        for (int column = left; column < right; column++) {
            const float x = (float)column + 0.5f - a->x, y = (float)row + 0.5f - a->y;
            const float t = lesser(greater((x * dx + y * dy) * inverse, 0), 1);
            const float off_x = x - t * dx, off_y = y - t * dy;
            const float distance = sqrtf(off_x * off_x + off_y * off_y) - a->radius - t * grow;
            float *pixel = &depth[row * DIGIT_SIDE + column];
            *pixel = lesser(*pixel, distance);
        }
    }
}

/* A soft edge, and ink that is not quite even. */
static void ink(const float depth[DIGIT_SIZE], struct dice *dice, uint8_t pixels[DIGIT_SIZE])
{
    const float full = between(dice, 245, 275), softness = between(dice, 0.8f, softest);
    for (int i = 0; i < DIGIT_SIZE; i++) {
        const float cover = lesser(greater(0.5f - depth[i] / softness, 0), 1);
        const float value = cover > 0 ? cover * (full - between(dice, 0, 20)) : 0;
        pixels[i] = (uint8_t)lesser(value, 255);
    }
}

void digit_draw(int digit, const struct stream *stream, uint8_t pixels[DIGIT_SIZE])
{
    struct dice dice = { .stream = stream };
    struct trace trace = { 0 };
    const struct glyph *glyph = choose(digit, &dice);
    for (int i = 0; i < STROKES && glyph->stroke[i][0][0]; i++)
        trace_stroke(glyph->stroke[i], &dice, &trace);
    bend(&trace, &dice);
    fit(&trace, &dice);

    float depth[DIGIT_SIZE];
    for (int i = 0; i < DIGIT_SIZE; i++)
        depth[i] = DIGIT_SIDE;
    for (int i = 1; i < trace.count; i++) {
        if (!trace.dots[i].start)
            draw_line(&trace.dots[i - 1], &trace.dots[i], depth);
    }
    ink(depth, &dice, pixels);
}
