/* SPDX-License-Identifier: MIT */
/* For processors whose items run one after the other: sixteen elements at a time.  After the rows,
 * which are included once more behind this, as functions of vectors with the same names. */
typedef float16 reals;
#define REALS typedef reals real __attribute__((unused)) /* what the rows' text calls them */
#undef UNARY
#undef BINARY
#define UNARY(name, value, of, d1, d2)                                                             \
    FN reals name##_y(reals x, reals p, reals q) { REALS; return value; }                          \
    FN reals name##_d1(reals v, reals p, reals q) { REALS; return d1; }                            \
    FN reals name##_d2(reals v, reals p, reals q) { REALS; return d2; }
#define BINARY(name, value, da, db)                                                                \
    FN reals name##_y(reals a, reals b) { REALS; return value; }

/* Elements i..i+15 of what is repeated: `inner` times each element, `count` of them in turn. */
FN reals take_repeated(IN in, uint i, uint inner, uint count)
{
    real list[16];
    for (uint l = 0; l < 16; l++)
        list[l] = in[(i + l) / inner % count];
    return vload16(0, list);
}

FN real add_lanes(reals x)
{
    const float8 y = x.lo + x.hi;
    const float4 z = y.lo + y.hi;
    return z.x + z.y + (z.z + z.w);
}
