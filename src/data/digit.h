/* SPDX-License-Identifier: MIT */
/* Handwriting without a hand: strokes, shaken, bent and inked. */
#ifndef DATA_DIGIT_H
#define DATA_DIGIT_H

#include <stdint.h>

#include "base/random.h"

enum { DIGIT_SIDE = 28, DIGIT_SIZE = DIGIT_SIDE * DIGIT_SIDE };

/* Draw `digit`, 0 to 9, white on black as MNIST does: about 20 pixels tall, its ink's centre
 * near the middle.  The stream decides everything else. */
void digit_draw(int digit, const struct stream *stream, uint8_t pixels[DIGIT_SIZE]);

#endif
