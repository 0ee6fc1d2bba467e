/* SPDX-License-Identifier: Apache-2.0 */
/* How libFuzzer changes inputs of the target "certificates". */
#include "der.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size_t changed = 0;

    if (size > 1 && seed % 4)
        changed = der_mutate(data + 1, size - 1, most - 1, seed * 2654435761u,
                             LLVMFuzzerMutate);
    return changed ? changed + 1 : LLVMFuzzerMutate(data, size, most);
}
