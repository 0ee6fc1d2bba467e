/* SPDX-License-Identifier: Apache-2.0 */
/* What was loaded again while httpd ran, and with what result: words of counters. */
#ifndef CFO_CORE_STATS_RELOAD_OUTCOME_H
#define CFO_CORE_STATS_RELOAD_OUTCOME_H

typedef enum {
    CFO_RELOAD_RANGES,
    CFO_RELOAD_ZONE,
    CFO_RELOAD_FOLDER,
    CFO_RELOAD_COUNT
} cfo_reload_what_t;

typedef enum {
    CFO_RELOAD_LOADED,
    CFO_RELOAD_REJECTED,
    CFO_RELOAD_REMOVED,
    CFO_RELOAD_RESULT_COUNT
} cfo_reload_result_t;

const char *cfo_reload_what_name(cfo_reload_what_t what);       /* "ranges" ... */
const char *cfo_reload_result_name(cfo_reload_result_t result); /* "loaded" ... */

#endif
