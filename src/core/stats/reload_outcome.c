/* SPDX-License-Identifier: Apache-2.0 */
/* What was loaded again while httpd ran, and with what result. */
#include "core/stats/reload_outcome.h"

const char *cfo_reload_what_name(cfo_reload_what_t what)
{
    static const char *const names[CFO_RELOAD_COUNT] = { "ranges", "zone", "folder" };

    return names[what];
}

const char *cfo_reload_result_name(cfo_reload_result_t result)
{
    static const char *const names[CFO_RELOAD_RESULT_COUNT] = { "loaded", "rejected",
                                                                "removed" };

    return names[result];
}
