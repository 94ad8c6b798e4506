/* SPDX-License-Identifier: MIT */
/* Random numbers: element i takes word i % 4 of block i / 4 of its stream, whoever computes it. */

/* The words of elements i..i+n and the rest of their last block; i is a multiple of 4. */
FN void draw_words(uint word[4 * LANES], struct random p, uint i, uint n)
{
    for (uint k = 0; k < n; k += 4)
        philox(word + k, p.seed_low, p.seed_high, p.stream, p.step, (i + k) / 4);
}

/* The word as a multiple of 2^-24, exact in a float. */
FN real unit_real(uint word)
{
    return (real)(int)(word >> 8) * (real)(1.0 / 16777216);
}

KERNEL1(uniform, OUT out, random)
{
    EACH_SPAN(i, n, 4 * LANES) {
        uint word[4 * LANES];
        draw_words(word, p, (uint)i, (uint)n);
        for (uint k = 0; k < n; k++)
            out[i + k] = unit_real(word[k]);
    }
}

/* Box and Muller: two words make a radius and an angle, and these make two numbers. */
KERNEL1(normal, OUT out, random)
{
    EACH_SPAN(i, n, 4 * LANES) {
        uint word[4 * LANES];
        real value[4 * LANES];
        draw_words(word, p, (uint)i, (uint)n);
        for (uint k = 0; k < n; k += 2) {
            const real above_zero = unit_real(word[k]) + (real)(1.0 / 16777216);
            const real radius = sqrt(-2 * log(above_zero));
            const real angle = (real)6.283185307179586 * unit_real(word[k + 1]);
            value[k] = radius * cos(angle);
            value[k + 1] = radius * sin(angle);
        }
        for (uint k = 0; k < n; k++)
            out[i + k] = value[k];
    }
}
