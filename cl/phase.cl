/* SPDX-License-Identifier: MIT */
/* Convolutions the other way: each pixel of the image gathers from the windows that saw it.  Those
 * pixels whose y and x leave the same rests when divided by the stride are a phase: they are seen
 * by the same taps, i = first + stride * 0, 1, 2 ..., and no other tap is looked at. */
FN uint phase_rest(uint phase, bool down, struct conv p)
{
    return (down ? phase / p.stride : phase % p.stride) + p.pad;
}

FN uint phase_taps(uint rest, uint kernel_size, struct conv p)
{
    return (kernel_size + p.stride - 1 - rest % p.stride) / p.stride;
}

FN uint phase_terms(uint phase, struct conv p)
{
    return phase_taps(phase_rest(phase, true, p), p.kh, p) *
           phase_taps(phase_rest(phase, false, p), p.kw, p) * p.o;
}

/* index / taps, where taps is one of two constants: no division is left of it. */
FN uint by_taps(uint index, uint taps, struct conv p)
{
    const uint less = p.kw / p.stride;
    return less == 0 || taps > less ? index / (less + 1) : index / less;
}

/* In the image [n,oh,ow,o], the last window that sees pixel `index` of the phase. */
FN struct place seen_place(uint index, uint count, uint phase, struct conv p)
{
    const uint rows = (p.h + p.stride - 1) / p.stride, cols = (p.w + p.stride - 1) / p.stride;
    const uint v = index / cols % rows + phase_rest(phase, true, p) / p.stride;
    const uint u = index % cols + phase_rest(phase, false, p) / p.stride, n = index / (cols * rows);
    const uint at = ((n * p.oh + v) * p.ow + u) * p.o;
    const struct place place = { at, index < count ? v : OUTSIDE, u };
    return place;
}

/* From there to that of tap and channel `index`, and the tap's weights. */
FN struct place seen_tap_place(uint index, uint count, uint phase, struct conv p)
{
    const uint taps = phase_taps(phase_rest(phase, false, p), p.kw, p), o = index % p.o;
    const uint i = by_taps(index / p.o, taps, p), j = index / p.o - i * taps;
    const struct place place = { o - (i * p.ow + j) * p.o, index < count ? -i : OUTSIDE, -j };
    return place;
}

FN struct place seen_weight_place(uint index, uint count, uint phase, struct conv p)
{
    const uint down = phase_rest(phase, true, p), across = phase_rest(phase, false, p);
    const uint taps = phase_taps(across, p.kw, p), o = index % p.o;
    const uint i = by_taps(index / p.o, taps, p), j = index / p.o - i * taps;
    const uint row = down % p.stride + i * p.stride, col = across % p.stride + j * p.stride;
    const struct place place = { ((o * p.kh + row) * p.kw + col) * p.c,
                                 index < count ? 0 : OUTSIDE, 0 };
    return place;
}

/* The image's pixel that is number `index` of the phase, or NO_ROW. */
FN uint phase_pixel(uint index, uint count, uint phase, struct conv p)
{
    const uint rows = (p.h + p.stride - 1) / p.stride, cols = (p.w + p.stride - 1) / p.stride;
    const uint y = index / cols % rows * p.stride + phase / p.stride;
    const uint x = index % cols * p.stride + phase % p.stride, n = index / (cols * rows);
    return index < count && y < p.h && x < p.w ? (n * p.h + y) * p.w + x : NO_ROW;
}
