/* SPDX-License-Identifier: Apache-2.0 */
/* The reasons of CFO0005. */
#include "core/stats/handshake_reason.h"

static const struct {
    const char *name;
    cfo_reason_t limited_with;
} reasons[] = {
    [CFO_HANDSHAKE_CERT_MISSING] = { "cert-missing", CFO_REASON_CERT_MISSING },
    [CFO_HANDSHAKE_CERT_UNKNOWN] = { "cert-unknown", CFO_REASON_CERT_UNKNOWN },
    [CFO_HANDSHAKE_CERT_EXPIRED] = { "cert-expired", CFO_REASON_CERT_EXPIRED },
    [CFO_HANDSHAKE_CERT_NOT_YET_VALID] = { "cert-not-yet-valid",
                                           CFO_REASON_CERT_NOT_YET_VALID },
    [CFO_HANDSHAKE_CERT_UNSUITABLE] = { "cert-unsuitable", CFO_REASON_CERT_UNSUITABLE },
    [CFO_HANDSHAKE_OTHER] = { "other", CFO_REASON_UNJUDGED },
};

_Static_assert(sizeof reasons / sizeof *reasons == CFO_HANDSHAKE_COUNT,
               "each reason has one row");

const char *cfo_handshake_name(cfo_handshake_t reason)
{
    return reasons[reason].name;
}

cfo_reason_t cfo_handshake_limited_with(cfo_handshake_t reason)
{
    return reasons[reason].limited_with;
}
