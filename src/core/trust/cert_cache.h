/* SPDX-License-Identifier: Apache-2.0 */
/* Caches what this process has found out about certificates, so that none is parsed or
 * verified twice: parsing one takes OpenSSL a million instructions. */
#ifndef CFO_CORE_TRUST_CERT_CACHE_H
#define CFO_CORE_TRUST_CERT_CACHE_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/trust/certificate.h"
#include "core/trust/proof.h"
#include "core/trust/usage.h"

/* A proof that a certificate satisfies, and its validity: both the leaf and, if there is
 * one, its anchor are valid then. */
typedef struct {
    const cfo_proof_t *proof;
    apr_time_t not_before;
    apr_time_t not_after;
    cfo_usage_t *proof_usage; /* records of the proof and of the leaf; NULL: none */
    cfo_usage_t *leaf_usage;
    int is_first; /* in a result: flags for what was never used before */
} cfo_match_t;

enum { CFO_FIRST_PROOF = 1, CFO_FIRST_LEAF = 2 };

/* Holds certificates that satisfied some proof, and nothing about others: unknown clients
 * cannot fill it. When it is full, entries that were not used recently are dropped.
 * Certificates are found by their whole encoding, and matches by SHA-256. Safe to use
 * from several threads; readers never wait for each other. */
typedef struct cfo_cert_cache_t cfo_cert_cache_t;

/* The leaves that have proved one zone; a part of the zone. */
typedef struct cfo_match_cache_t cfo_match_cache_t;

enum {
    CFO_CERT_CACHE_BYTES = 128 << 20, /* of certificates, in a process */
    CFO_MATCH_CACHE_LEAVES = 1024,    /* leaves ... */
    CFO_MATCH_CACHE_MATCHES =
        16 /* with at most so many matches; a leaf with more is not cached */
};

/* Lives until `p` is cleared. Returns NULL if there are no threads or no memory. */
cfo_cert_cache_t *cfo_cert_cache_create(apr_pool_t *p);

/* Sets where uses of proofs and leaves are recorded. Call it before there are threads. */
void cfo_cert_cache_set_usages(cfo_cert_cache_t *cert_cache, cfo_usages_t *usages);

/* NULL: they are not recorded. */
cfo_usages_t *cfo_cert_cache_usages(const cfo_cert_cache_t *cert_cache);

/* Finds the certificate that was read from exactly these bytes, DER or PEM; NULL if it is
 * not cached. Lives until `p` is cleared, even if the cache drops it. */
const cfo_certificate_t *cfo_cert_cache_find(cfo_cert_cache_t *cert_cache, apr_pool_t *p,
                                             const void *encoding, apr_size_t size);

/* Adds a certificate that satisfied a proof, and the bytes that it was read from. Copies
 * or shares what it needs. */
void cfo_cert_cache_add(cfo_cert_cache_t *cert_cache,
                        const cfo_certificate_t *certificate, const void *encoding,
                        apr_size_t size);

/* Copies the matches of a leaf to `matches`, which has room for CFO_MATCH_CACHE_MATCHES.
 * Returns their number; 0 if it has none. */
int cfo_match_cache_find(cfo_cert_cache_t *cert_cache, cfo_match_cache_t *const *leaves,
                         const cfo_certificate_t *leaf, cfo_match_t *matches);

/* Adds the matches of a leaf of a zone. They are copied to `p`, or, if it is NULL, kept
 * as long as `cert_cache`. Other zones do not displace them. */
void cfo_match_cache_add(cfo_cert_cache_t *cert_cache, apr_pool_t *p,
                         cfo_match_cache_t **leaves, const cfo_certificate_t *leaf,
                         const apr_array_header_t *matches);

#endif
