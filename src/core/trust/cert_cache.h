/* SPDX-License-Identifier: Apache-2.0 */
/* What this process has found out about certificates, so that none is parsed or verified
 * twice: OpenSSL needs a million instructions to parse one. */
#ifndef CFO_CORE_TRUST_CERT_CACHE_H
#define CFO_CORE_TRUST_CERT_CACHE_H

#include "apr_pools.h"
#include "apr_tables.h"

#include "core/trust/certificate.h"
#include "core/trust/proof.h"
#include "core/trust/usage.h"

/* One proof that a certificate satisfies, and when: while both the leaf and, if there is
 * one, its anchor are valid. */
typedef struct {
    const cfo_proof_t *proof;
    apr_time_t not_before;
    apr_time_t not_after;
    cfo_usage_t *proof_usage; /* NULL: not kept */
    cfo_usage_t *leaf_usage;
    int is_first; /* of a result: which of them were never seen before */
} cfo_match_t;

enum { CFO_FIRST_PROOF = 1, CFO_FIRST_LEAF = 2 };

/* Holds certificates that satisfied some proof, and nothing about others: what strangers
 * send cannot fill it. Once it is full, what was not used lately makes room. Certificates
 * are recognised by comparing their whole text, and matches by their SHA-256. All of it
 * is safe to use from several threads; readers never wait for each other. */
typedef struct cfo_cert_cache_t cfo_cert_cache_t;

/* The leaves that have proved one zone; part of the zone. */
typedef struct cfo_match_cache_t cfo_match_cache_t;

enum {
    CFO_CERT_CACHE_BYTES = 128 << 20, /* of certificates, in a process */
    CFO_MATCH_CACHE_LEAVES = 1024,    /* leaves ... */
    CFO_MATCH_CACHE_MATCHES = 16      /* ... with so many matches each, or else none */
};

/* Lives until `p` is cleared. Returns NULL without threads or memory. */
cfo_cert_cache_t *cfo_cert_cache_create(apr_pool_t *p);

/* Where it is to be kept which proofs and leaves are seen; before there are threads. */
void cfo_cert_cache_set_usages(cfo_cert_cache_t *cert_cache, cfo_usages_t *usages);

/* NULL: nowhere. */
cfo_usages_t *cfo_cert_cache_usages(const cfo_cert_cache_t *cert_cache);

/* The certificate with exactly this PEM text, NULL if it is not known. Lives until `p` is
 * cleared, whatever makes room for whatever. */
const cfo_certificate_t *cfo_cert_cache_find(cfo_cert_cache_t *cert_cache, apr_pool_t *p,
                                             const char *pem, apr_size_t length);

/* Remembers a certificate that satisfied a proof; copies what it needs. */
void cfo_cert_cache_add(cfo_cert_cache_t *cert_cache, const char *pem, apr_size_t length);

/* A copy, in `p`, of the matches recorded under a leaf; NULL if there are none. */
apr_array_header_t *cfo_match_cache_find(cfo_cert_cache_t *cert_cache, apr_pool_t *p,
                                         cfo_match_cache_t *const *leaves,
                                         const cfo_certificate_t *leaf);

/* Records matches (copied to `p`; NULL: for as long as `recognition` lives) under a leaf
 * of a zone. What other zones have makes no room for it. */
void cfo_match_cache_add(cfo_cert_cache_t *cert_cache, apr_pool_t *p,
                         cfo_match_cache_t **leaves, const cfo_certificate_t *leaf,
                         const apr_array_header_t *matches);

#endif
