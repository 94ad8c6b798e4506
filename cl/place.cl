/* SPDX-License-Identifier: MIT */
/* Where the numbers of a product's operands lie.  A number belongs to a line (a row of C for A, a
 * column for B) and to a term of the sum; its place is the sum of one place of each.  An operand is
 * an image here, and counts as zero outside of it: a convolution's patches reach over the border,
 * and what lies beyond the last line or term is OUTSIDE.  A matrix is an image of one pixel.
 * Everything wraps around as unsigned numbers do, so that less than zero is outside as well. */
struct place {
    uint at, y, x;
};

#define OUTSIDE 0x40000000u
#define NO_ROW  0xFFFFFFFFu /* of C: more than a tensor has */

FN bool is_inside(struct place line, struct place term, uint high, uint wide)
{
    return line.y + term.y < high && line.x + term.x < wide;
}

FN real take(IN image, struct place line, struct place term, uint high, uint wide)
{
    return is_inside(line, term, high, wide) ? image[line.at + term.at] : 0;
}

/* A line or term of a matrix. */
FN struct place matrix_place(uint index, uint count, uint stride)
{
    const struct place place = { index * stride, index < count ? 0 : OUTSIDE, 0 };
    return place;
}

/* In the image [n,h,w,c], what output pixel `index` sees first. */
FN struct place window_place(uint index, uint count, struct conv p)
{
    const uint u = index % p.ow, v = index / p.ow % p.oh, n = index / (p.ow * p.oh);
    const uint y = v * p.stride - p.pad, x = u * p.stride - p.pad;
    const struct place place = { ((n * p.h + y) * p.w + x) * p.c, index < count ? y : OUTSIDE, x };
    return place;
}

/* From there to tap and channel `index` of the window. */
FN struct place tap_place(uint index, uint count, struct conv p)
{
    const uint c = index % p.c, j = index / p.c % p.kw, i = index / (p.c * p.kw);
    const struct place place = { (i * p.w + j) * p.c + c, index < count ? i : OUTSIDE, j };
    return place;
}
