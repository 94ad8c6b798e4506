/* SPDX-License-Identifier: MIT */
/* Random numbers: element i takes word i % 4 of block i / 4 of its stream, whoever computes it. */

/* The words of n elements from i, a multiple of 4, and of the rest of their last block. */
FN void draw_words(uint word[4 * LANES], struct random p, uint i, uint n)
{
    for (uint block = 0; block < (n + 3) / 4; block++) {
        uint four[4];
        philox(four, p.seed_low, p.seed_high, p.stream, p.step, i / 4 + block);
        for (uint k = 0; k < 4; k++)
            word[4 * block + k] = four[k];
    }
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
        for (uint pair = 0; pair < (n + 1) / 2; pair++) {
            const real above_zero = unit_real(word[2 * pair]) + (real)(1.0 / 16777216);
            const real radius = sqrt(-2 * log(above_zero));
            const real angle = (real)6.283185307179586 * unit_real(word[2 * pair + 1]);
            value[2 * pair] = radius * cos(angle);
            value[2 * pair + 1] = radius * sin(angle);
        }
        for (uint k = 0; k < n; k++)
            out[i + k] = value[k];
    }
}
