/* SPDX-License-Identifier: Apache-2.0 */
/* What was read from a file, in the form in which it is used. */
#ifndef CFO_CORE_TRUST_PARSED_FILE_H
#define CFO_CORE_TRUST_PARSED_FILE_H

#include "apr_pools.h"
#include "apr_tables.h"
#include "apr_time.h"

#include "core/trust/shared_pool.h"
#include "core/trust/certificate.h"

typedef enum { CFO_FILE_RANGES, CFO_FILE_PROOFS } cfo_file_kind_t;

/* Immutable, but for the count of its users: the source that it came from, and the zones
 * that are made of it. */
typedef struct {
    cfo_file_kind_t kind;
    const char *path;                      /* of the file */
    apr_array_header_t *items;             /* of cfo_range_t, or of const cfo_proof_t * */
    unsigned char digest[CFO_DIGEST_SIZE]; /* SHA-256 of the text */
    cfo_shared_pool_t *shared_pool;
    int uses;
} cfo_parsed_file_t;

/* The bytes that a file may have. Each change of a file is parsed in all processes. */
apr_size_t cfo_parsed_file_most(cfo_file_kind_t kind);

void cfo_parsed_file_digest(const char *text, apr_size_t length, unsigned char *digest);

/* Reads the text of a file, and sets *content, with one use, the caller's. Returns NULL,
 * or what is wrong with the text. */
const char *cfo_parsed_file_read(cfo_shared_pool_t *shared_pool, cfo_file_kind_t kind,
                                 const char *path, const char *text, apr_size_t length,
                                 cfo_parsed_file_t **content);

/* Whether `next` lacks more than half of the ranges that `last` has: not an update, but
 * a list that was cut. Proofs may change as they like. */
int cfo_parsed_file_has_shrunk(const cfo_parsed_file_t *last,
                               const cfo_parsed_file_t *next);

/* Why `next` is not to replace `last` at `now`: it proves nothing, and `last` something;
 * in `p`, else NULL. Sets *again to when the dates in them may say otherwise. */
const char *cfo_parsed_file_worse(apr_pool_t *p, const cfo_parsed_file_t *last,
                                  const cfo_parsed_file_t *next, apr_time_t now,
                                  apr_time_t *again);

cfo_parsed_file_t *cfo_parsed_file_hold(cfo_parsed_file_t *content);

void cfo_parsed_file_release(cfo_parsed_file_t *content);

#endif
