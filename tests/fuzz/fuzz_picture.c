/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes as a picture, PNG or JPEG, made to fit. */
#include <stdlib.h>

#include <figment/image.h>

#include "dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fig_image image;
    const char *path = fuzz_file("picture", bytes, size);
    if (!fig_image_read(&image, path) && fig_image_fit(&image, 28, 20, 1))
        abort();
    fig_image_free(&image);
    return 0;
}
