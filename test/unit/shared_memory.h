/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that all processes of a test share, and processes and threads that work in it at
 * once. */
#ifndef CFO_TEST_SHARED_MEMORY_H
#define CFO_TEST_SHARED_MEMORY_H

#include <stddef.h>

/* Full of zeros, until the test ends. */
void *shared_memory(size_t size);

/* Runs `work` in so many threads of so many processes; `number` tells them apart, from 0
 * on. One thread is the one that every process has anyhow. Returns when all are done. A
 * thread that finds something wrong returns 0. */
void run_in_all(int processes, int threads, int (*work)(void *data, int number),
                void *data);

#endif
