/* SPDX-License-Identifier: Apache-2.0 */
/* The decision. */
#include "core/verdict/verdict.h"

#include <string.h>
#include <strings.h>

/* What is wrong with the certificate; VERIFIED if nothing is. */
static cfo_reason_t judge_certificate(const cfo_facts_t *facts)
{
    if (!facts->is_tls)
        return CFO_REASON_NOT_TLS;
    if (!facts->has_host)
        return CFO_REASON_HOST_MISSING;
    if (!facts->has_zone)
        return CFO_REASON_ZONE_UNKNOWN;
    switch (facts->cert) {
    case CFO_CERT_HOLDS:
        return CFO_REASON_VERIFIED;
    case CFO_CERT_MISSING:
        return CFO_REASON_CERT_MISSING;
    case CFO_CERT_OTHER_ZONE:
        return CFO_REASON_CERT_OTHER_ZONE;
    case CFO_CERT_EXPIRED:
        return CFO_REASON_CERT_EXPIRED;
    case CFO_CERT_NOT_YET_VALID:
        return CFO_REASON_CERT_NOT_YET_VALID;
    case CFO_CERT_UNSUITABLE:
        return CFO_REASON_CERT_UNSUITABLE;
    case CFO_CERT_UNKNOWN:
        break;
    }
    return CFO_REASON_CERT_UNKNOWN;
}

static int worker_passes(cfo_worker_t worker, cfo_workers_t policy)
{
    return worker == CFO_WORKER_NONE || policy == CFO_WORKERS_ANY ||
           (worker == CFO_WORKER_SAME_ZONE && policy == CFO_WORKERS_SAME_ZONE);
}

/* Why the request is not verified; VERIFIED if it is. */
static cfo_reason_t judge_proof(const cfo_facts_t *facts, const cfo_policy_t *policy)
{
    cfo_reason_t reason = CFO_REASON_VERIFIED;

    if (policy->require_tunnel)
        return CFO_REASON_EDGE_UNKNOWN;
    if (!policy->require_cert && !policy->require_ip)
        return CFO_REASON_UNJUDGED;
    if (policy->require_cert)
        reason = judge_certificate(facts);
    if (reason != CFO_REASON_VERIFIED)
        return reason;
    if (policy->require_ip && !facts->edge_known)
        return CFO_REASON_EDGE_UNKNOWN;
    if (!worker_passes(facts->worker, policy->workers))
        return CFO_REASON_WORKER_FOREIGN;
    return CFO_REASON_VERIFIED;
}

cfo_reason_t cfo_judge(const cfo_facts_t *facts, const cfo_policy_t *policy)
{
    cfo_reason_t reason = judge_proof(facts, policy);

    if (reason == CFO_REASON_VERIFIED)
        return reason;
    if (facts->edge_tunnel)
        return CFO_REASON_TUNNEL;
    if (facts->edge_exempt)
        return CFO_REASON_EXEMPT_ADDRESS;
    if (facts->path_exempt)
        return CFO_REASON_EXEMPT_PATH;
    return reason;
}

const char *cfo_mode_name(cfo_mode_t mode)
{
    static const char *const names[] = { "Off", "Audit", "On" };

    return names[mode];
}

cfo_worker_t cfo_worker_classify(const char *worker, const char *host)
{
    size_t worker_length, host_length;

    if (!worker)
        return CFO_WORKER_NONE;
    worker_length = strlen(worker);
    host_length = host ? strlen(host) : 0;
    if (!worker_length || worker_length > host_length ||
        strcasecmp(host + host_length - worker_length, worker))
        return CFO_WORKER_FOREIGN;
    if (worker_length < host_length && host[host_length - worker_length - 1] != '.')
        return CFO_WORKER_FOREIGN;
    return *worker == '.' ? CFO_WORKER_FOREIGN : CFO_WORKER_SAME_ZONE;
}
