/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of DER that leave it readable: the lengths around what changes are set again.
 */
#ifndef CFO_TEST_FUZZ_WHOLE_DER_H
#define CFO_TEST_FUZZ_WHOLE_DER_H

#include <stddef.h>
#include <stdint.h>

/* The length of the value at the beginning with its head; 0: there is none. */
size_t der_length(const uint8_t *data, size_t size);

/* Writes the head of a value with this tag; returns its length, at most 6. */
size_t der_head(uint8_t *to, uint8_t tag, size_t length);

/* Changes one value, somewhere in the values that follow each other in `data`, by
 * `mutate` (as LLVMFuzzerMutate), or removes, repeats or replaces it. Returns the new
 * size, or 0. */
size_t der_mutate(uint8_t *data, size_t size, size_t most, unsigned seed,
                  size_t (*mutate)(uint8_t *data, size_t size, size_t most));

#endif
