/* SPDX-License-Identifier: Apache-2.0 */
/* Linked into the module that is fuzzed in a real httpd: which edges of its code run, in
 * memory that the fuzzer maps as well. Hidden, because a sanitizer's run-time library,
 * which is loaded first, has functions of these names. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "counters.h"

#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
HIDDEN void __sanitizer_cov_trace_pc_guard(uint32_t *guard);

static whole_counters_t *counters;

static whole_counters_t *map_counters(void)
{
    const char *path = getenv("CFO_FUZZ_COUNTERS");
    int file = path ? open(path, O_RDWR) : -1;
    void *memory;

    if (file == -1)
        return NULL;
    memory = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Each source file calls it, with the guards of all of them. httpd loads a module twice.
 */
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop)
{
    uint32_t number = 0;

    if (start == stop || *start)
        return;
    counters = map_counters();
    while (start < stop)
        *start++ = ++number;
    if (counters)
        counters->edges = number;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard)
{
    if (counters && *guard < WHOLE_EDGES_MOST)
        counters->hits[*guard]++;
}
