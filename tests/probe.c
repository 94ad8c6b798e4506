/* SPDX-License-Identifier: MIT */
/* What run.sh asks before it runs suites on a device:
 *     probe         exit 0 if FIGMENT_DEVICE names a device
 *     probe gpus    print the names of all GPUs, one per line */
#include <stdio.h>
#include <stdlib.h>

#include <figment/device.h>

static void print_gpus(void)
{
    for (int i = 0; i < fig_device_count(); i++) {
        struct fig_device_info info;
        if (fig_device_query(i, &info) == FIG_OK &&
            (info.type == FIG_DISCRETE || info.type == FIG_INTEGRATED))
            printf("opencl:%d\n", info.opencl);
    }
}

int main(int argc, char **argv)
{
    struct fig_device_info info;
    (void)argv;
    if (argc == 1)
        return fig_device_choose(NULL, &info, NULL) ? EXIT_FAILURE : EXIT_SUCCESS;
    print_gpus();
    return EXIT_SUCCESS;
}
