/* SPDX-License-Identifier: Apache-2.0 */
/* The parsed content of a file. */
#ifndef CFO_CORE_TRUST_PARSED_FILE_H
#define CFO_CORE_TRUST_PARSED_FILE_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/net/range_set.h"
#include "core/trust/shared_pool.h"
#include "core/trust/certificate.h"

typedef enum { CFO_FILE_RANGES, CFO_FILE_PROOFS } cfo_file_kind_t;

/* Immutable, except for the count of its users: the watched file, and the zones that are
 * made of it. */
typedef struct {
    cfo_file_kind_t kind;
    const char *path;                      /* of the file */
    const cfo_ranges_t *ranges;            /* of CFO_FILE_RANGES ... */
    apr_array_header_t *items;             /* ... else const cfo_proof_t * */
    unsigned char digest[CFO_DIGEST_SIZE]; /* SHA-256 of the text */
    cfo_shared_pool_t *shared_pool;
    int uses;
} cfo_parsed_file_t;

/* The maximum size of a file, in bytes. Every process parses each change of a file. */
apr_size_t cfo_parsed_file_most(cfo_file_kind_t kind);

/* 0: there is no memory, and no digest. */
int cfo_parsed_file_digest(const char *text, apr_size_t length, unsigned char *digest);

/* Parses the text of a file, and sets *content, with one use, the caller's. Returns NULL,
 * or the error. */
const char *cfo_parsed_file_read(cfo_shared_pool_t *shared_pool, cfo_file_kind_t kind,
                                 const char *path, const char *text, apr_size_t length,
                                 cfo_parsed_file_t **content);

/* How many ranges or proofs the text has. */
int cfo_parsed_file_count(const cfo_parsed_file_t *content);

/* Whether `next` lacks more than half of the ranges in `last`: such a list is truncated,
 * not updated. Proofs may change in any way. */
int cfo_parsed_file_has_shrunk(const cfo_parsed_file_t *last,
                               const cfo_parsed_file_t *next);

/* Why `next` must not replace `last` at `now`: it proves nothing and `last` proves
 * something, now or (if `next` never will) later. The error is in `p`; NULL: it may. */
const char *cfo_parsed_file_worse(apr_pool_t *p, const cfo_parsed_file_t *last,
                                  const cfo_parsed_file_t *next, apr_time_t now);

cfo_parsed_file_t *cfo_parsed_file_hold(cfo_parsed_file_t *content);

void cfo_parsed_file_release(cfo_parsed_file_t *content);

#endif
