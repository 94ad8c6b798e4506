/* SPDX-License-Identifier: MIT */
/* The operands of a product, for product*.cl: PATCHES, TRANS_A, TRANS_B and the geometry CONV say
 * what they are (see struct product).
 *     A_LINE, B_LINE, A_TERM, B_TERM   places, see place.cl
 *     A_IMAGE, B_IMAGE                 height and width of the images
 *     A_ACROSS, B_ACROSS               1 where neighbouring lines are neighbours in memory, else
 *                                      neighbouring terms are,
 *     A_RUN, B_RUN                     from one multiple of this to the next
 *     TERMS                            of the sum
 *     C_ROW                            where row i of this part of C is stored, or NO_ROW */
#undef A_LINE
#undef B_LINE
#undef A_TERM
#undef B_TERM
#undef A_IMAGE
#undef B_IMAGE
#undef A_ACROSS
#undef B_ACROSS
#undef A_RUN
#undef B_RUN
#undef TERMS
#undef C_ROW

#if PATCHES == PATCHES_FORWARD
#define A_LINE(i) window_place(i, m, CONV)
#define A_TERM(i) tap_place(i, TERMS, CONV)
#define A_IMAGE   CONV.h, CONV.w
#define A_ACROSS  0
#define A_RUN     CONV.c
#elif PATCHES == PATCHES_INPUT
#define A_LINE(i) seen_place(i, m, phase, CONV)
#define A_TERM(i) seen_tap_place(i, TERMS, phase, CONV)
#define A_IMAGE   CONV.oh, CONV.ow
#define A_ACROSS  0
#define A_RUN     CONV.o
#else
#define A_LINE(i) matrix_place(i, m, TRANS_A ? 1 : k)
#define A_TERM(i) matrix_place(i, TERMS, TRANS_A ? m : 1)
#define A_IMAGE   1, 1
#define A_ACROSS  TRANS_A
#define A_RUN     (TRANS_A ? m : k)
#endif

#if PATCHES == PATCHES_WEIGHT
#define B_LINE(i) tap_place(i, n, CONV)
#define B_TERM(i) window_place(i, TERMS, CONV)
#define B_IMAGE   CONV.h, CONV.w
#define B_ACROSS  1
#define B_RUN     CONV.c
#elif PATCHES == PATCHES_INPUT
#define B_LINE(i) matrix_place(i, n, 1)
#define B_TERM(i) seen_weight_place(i, TERMS, phase, CONV)
#define B_IMAGE   1, 1
#define B_ACROSS  1
#define B_RUN     n
#else
#define B_LINE(i) matrix_place(i, n, TRANS_B ? k : 1)
#define B_TERM(i) matrix_place(i, TERMS, TRANS_B ? 1 : n)
#define B_IMAGE   1, 1
#define B_ACROSS  (!TRANS_B)
#define B_RUN     (TRANS_B ? k : n)
#endif

#if PATCHES == PATCHES_INPUT
#define TERMS    phase_terms(phase, CONV)
#define C_ROW(i) phase_pixel(i, m, phase, CONV)
#else
#define TERMS    k
#define C_ROW(i) ((i) < m ? (i) : NO_ROW)
#endif
