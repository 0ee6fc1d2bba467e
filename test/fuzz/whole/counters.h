/* SPDX-License-Identifier: Apache-2.0 */
/* The file that the fuzzer and the module in httpd share: how often each edge ran. */
#ifndef CFO_TEST_FUZZ_WHOLE_COUNTERS_H
#define CFO_TEST_FUZZ_WHOLE_COUNTERS_H

#include <stdint.h>

enum { WHOLE_PAGE = 4096, WHOLE_EDGES_MOST = 64 * 1024 };

typedef struct {
    uint32_t edges; /* how many the module has */
    uint8_t hits[WHOLE_EDGES_MOST] __attribute__((aligned(WHOLE_PAGE)));
} whole_counters_t;

#endif
