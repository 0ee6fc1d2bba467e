/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of libFuzzer: runs a target on the files that the arguments name. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*target)(const uint8_t *data, size_t size));

enum { SIZE_MOST = 65536 };

int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*target)(const uint8_t *data, size_t size))
{
    static uint8_t data[SIZE_MOST];
    int i;

    for (i = 1; i < *argc; i++) {
        FILE *file = fopen((*argv)[i], "rb");
        size_t size = file ? fread(data, 1, sizeof data, file) : 0;

        if (!file || fclose(file)) {
            perror((*argv)[i]);
            return 1;
        }
        target(data, size);
    }
    printf("%d inputs\n", *argc - 1);
    return 0;
}
