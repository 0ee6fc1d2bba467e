/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, counted: the words for it. */
#include "counters.h"

const char *cfo_handshake_name(cfo_handshake_t reason)
{
    static const char *const names[CFO_HANDSHAKE_COUNT] = {
        "cert-missing",       "cert-unknown",    "cert-expired",
        "cert-not-yet-valid", "cert-unsuitable", "other"
    };

    return names[reason];
}

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
