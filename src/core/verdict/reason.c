/* SPDX-License-Identifier: Apache-2.0 */
/* The reasons of the verdict table in words for people. */
#include "core/verdict/reason.h"

#include <stddef.h>

static const struct {
    const char *meaning;
    const char *remedy;
} words[CFO_REASON_COUNT] = {
    [CFO_REASON_UNJUDGED] = { "no verdict at the gate",
                              "Malformed requests end like this; others should not." },
    [CFO_REASON_VERIFIED] = { "everything required holds", NULL },
    [CFO_REASON_TUNNEL] = { "from an address in CFOriginPullTunnel", NULL },
    [CFO_REASON_EXEMPT_ADDRESS] = { "from an address in CFOriginPullExemptFrom", NULL },
    [CFO_REASON_EXEMPT_PATH] = { "a path in CFOriginPullExemptPath", NULL },
    [CFO_REASON_NOT_TLS] = { "plain HTTP, where a certificate is required",
                             "Set Cloudflare's SSL mode to Full (strict)." },
    [CFO_REASON_HOST_MISSING] = { "no host name to find a zone by",
                                  "If it is your monitor, exempt its address." },
    [CFO_REASON_ZONE_UNKNOWN] = { "no zone is configured for the host",
                                  "Add CFOriginPullZone for it." },
    [CFO_REASON_CERT_MISSING] = { "the peer presented no certificate",
                                  "Is Authenticated Origin Pulls on at Cloudflare for "
                                  "this zone, and SSLVerifyClient set here?" },
    [CFO_REASON_CERT_OTHER_ZONE] = { "the certificate of another configured zone",
                                     "Compare zone= and cert_zone= in the error log." },
    [CFO_REASON_CERT_UNKNOWN] = { "a certificate that proves no zone",
                                  "If it is yours, add its CA (cert_issuer= in the error "
                                  "log) or a pin to the zone." },
    [CFO_REASON_CERT_EXPIRED] = { "the certificate or its CA has expired",
                                  "Upload a new certificate to Cloudflare; put its CA "
                                  "beside the old one here first." },
    [CFO_REASON_CERT_NOT_YET_VALID] = { "the certificate or its CA is not valid yet",
                                        "Look at the clock of this host." },
    [CFO_REASON_CERT_UNSUITABLE] = { "from the right CA, but of the wrong kind",
                                     "Issue another; hint= in the error log says what is "
                                     "wrong with it." },
    [CFO_REASON_EDGE_UNKNOWN] = { "not one of Cloudflare's addresses",
                                  "With a cert_zone= in the error log the list of ranges "
                                  "is stale: look at CFOriginPullRanges." },
    [CFO_REASON_WORKER_FOREIGN] = { "a Worker that CFOriginPullWorkers does not admit",
                                    "If it is yours, admit it." },
};

const char *cfo_reason_meaning(cfo_reason_t reason)
{
    return words[reason].meaning;
}

const char *cfo_reason_remedy(cfo_reason_t reason)
{
    return words[reason].remedy;
}
