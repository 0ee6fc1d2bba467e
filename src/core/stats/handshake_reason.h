/* SPDX-License-Identifier: Apache-2.0 */
/* The reasons of CFO0005: why mod_ssl ended a handshake because of the client's
 * certificate. */
#ifndef CFO_CORE_STATS_HANDSHAKE_REASON_H
#define CFO_CORE_STATS_HANDSHAKE_REASON_H

#include "core/verdict/reason.h"

typedef enum {
    CFO_HANDSHAKE_CERT_MISSING,
    CFO_HANDSHAKE_CERT_UNKNOWN,
    CFO_HANDSHAKE_CERT_EXPIRED,
    CFO_HANDSHAKE_CERT_NOT_YET_VALID,
    CFO_HANDSHAKE_CERT_UNSUITABLE,
    CFO_HANDSHAKE_OTHER,
    CFO_HANDSHAKE_COUNT
} cfo_handshake_t;

/* "cert-missing" ... "other" */
const char *cfo_handshake_name(cfo_handshake_t reason);

/* The reason of requests whose CFOriginPullLogLimit the lines of this one share. */
cfo_reason_t cfo_handshake_limited_with(cfo_handshake_t reason);

#endif
