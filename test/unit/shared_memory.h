/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that all processes of a test share, and processes and threads that use it at the
 * same time. */
#ifndef CFO_TEST_SHARED_MEMORY_H
#define CFO_TEST_SHARED_MEMORY_H

#include <stddef.h>

/* Filled with zeros; freed when the test ends. */
void *shared_memory(size_t size);

/* Runs `work` in this many threads of this many processes, and waits for all of them.
 * `number` is different in each, from 0. With one thread, the process itself runs `work`.
 * Fails the test if one of them returns 0. */
void run_in_all(int processes, int threads, int (*work)(void *data, int number),
                void *data);

#endif
