/* SPDX-License-Identifier: Apache-2.0 */
/* The parsed content of a file. */
#include "core/trust/parsed_file.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "apr_strings.h"

#include "core/trust/proof.h"
#include "core/net/ranges.h"
#include "core/net/ranges_convert.h"
#include "core/base/scratch.h"
#include "core/base/text.h"

enum { NAME_MOST = 100 };

/* A file with all public CAs is a quarter of the first limit. Cloudflare's list is 400
 * bytes of the second; lists of other services may be added to it. */
enum { PROOFS_MOST = 1024 * 1024, RANGES_MOST = 16 * 1024 * 1024 };

apr_size_t cfo_parsed_file_most(cfo_file_kind_t kind)
{
    return kind == CFO_FILE_PROOFS ? PROOFS_MOST : RANGES_MOST;
}

int cfo_parsed_file_digest(const char *text, apr_size_t length, unsigned char *digest)
{
    int ok;

    ERR_set_mark();
    ok = EVP_Digest(text, length, digest, NULL, EVP_sha256(), NULL);
    ERR_pop_to_mark();
    return ok;
}

static const char *read_ranges(apr_pool_t *p, const char *text, apr_size_t length,
                               const cfo_ranges_t **ranges)
{
    apr_pool_t *scratch = cfo_scratch_create(p);
    cfo_ranges_draft_t *draft = cfo_ranges_draft(scratch);
    const char *error = cfo_ranges_draft_read(p, text, length, draft);

    if (error)
        error = cfo_ranges_diagnose(p, text, length, error);
    else
        *ranges = cfo_ranges_finish(p, draft);
    apr_pool_destroy(scratch);
    return error;
}

const char *cfo_parsed_file_read(cfo_shared_pool_t *shared_pool, cfo_file_kind_t kind,
                                 const char *path, const char *text, apr_size_t length,
                                 cfo_parsed_file_t **content)
{
    cfo_parsed_file_t *made = apr_pcalloc(shared_pool->pool, sizeof *made);
    const char *error;

    made->kind = kind;
    made->path = apr_pstrdup(shared_pool->pool, path);
    if (kind == CFO_FILE_RANGES)
        error = read_ranges(shared_pool->pool, text, length, &made->ranges);
    else
        error = cfo_proof_read_pem(shared_pool->pool, text, length, path, &made->items);
    if (!error && !cfo_parsed_file_digest(text, length, made->digest))
        error = "out of memory";
    if (error)
        return error;
    made->shared_pool = cfo_shared_pool_hold(shared_pool);
    made->uses = 1;
    *content = made;
    return NULL;
}

int cfo_parsed_file_has_shrunk(const cfo_parsed_file_t *last,
                               const cfo_parsed_file_t *next)
{
    return last->kind == CFO_FILE_RANGES &&
           2 * cfo_ranges_missing(last->ranges, next->ranges) >
               cfo_parsed_file_count(last);
}

int cfo_parsed_file_count(const cfo_parsed_file_t *content)
{
    return content->kind == CFO_FILE_RANGES ? cfo_ranges_count(content->ranges, 32) +
                                                  cfo_ranges_count(content->ranges, 128)
                                            : content->items->nelts;
}

/* What it can prove: nothing ever again, something later, or something now. */
typedef enum { PROVES_NOTHING, PROVES_LATER, PROVES_NOW } worth_t;

static worth_t worth_of_proof(const cfo_proof_t *proof, apr_time_t now)
{
    if (!cfo_proof_unfit_at(proof, now))
        return PROVES_NOW;
    return cfo_proof_unfit(proof) || proof->certificate->not_after < now ? PROVES_NOTHING
                                                                         : PROVES_LATER;
}

static worth_t worth_of(const cfo_parsed_file_t *content, apr_time_t now)
{
    worth_t best = PROVES_NOTHING;
    int i;

    for (i = 0; i < content->items->nelts; i++) {
        worth_t worth =
            worth_of_proof(APR_ARRAY_IDX(content->items, i, const cfo_proof_t *), now);

        best = worth > best ? worth : best;
    }
    return best;
}

const char *cfo_parsed_file_worse(apr_pool_t *p, const cfo_parsed_file_t *last,
                                  const cfo_parsed_file_t *next, apr_time_t now)
{
    const cfo_proof_t *first;
    worth_t worth;

    if (next->kind != CFO_FILE_PROOFS)
        return NULL;
    worth = worth_of(last, now);
    if (worth_of(next, now) >= worth)
        return NULL;
    first = APR_ARRAY_IDX(next->items, 0, const cfo_proof_t *);
    return apr_psprintf(
        p, "no certificate in it can prove the zone, while one in force %s; %s: %s",
        worth == PROVES_NOW ? "can" : "will",
        cfo_text_quote(p, first->certificate->subject, NAME_MOST),
        cfo_proof_unfit_at(first, now));
}

cfo_parsed_file_t *cfo_parsed_file_hold(cfo_parsed_file_t *content)
{
    content->uses++;
    return content;
}

void cfo_parsed_file_release(cfo_parsed_file_t *content)
{
    if (--content->uses == 0)
        cfo_shared_pool_release(content->shared_pool);
}
