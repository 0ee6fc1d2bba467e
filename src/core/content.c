/* SPDX-License-Identifier: Apache-2.0 */
/* What was read from a file. */
#include "content.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "proof.h"
#include "ranges.h"

void cfo_content_digest(const char *text, apr_size_t length, unsigned char *digest)
{
    ERR_set_mark();
    EVP_Digest(text, length, digest, NULL, EVP_sha256(), NULL);
    ERR_pop_to_mark();
}

const char *cfo_content_read(cfo_batch_t *batch, cfo_content_kind_t kind,
                             const char *path, const char *text, apr_size_t length,
                             cfo_content_t **content)
{
    cfo_content_t *made = apr_pcalloc(batch->pool, sizeof *made);
    const char *reason;

    made->kind = kind;
    if (kind == CFO_CONTENT_RANGES) {
        made->items = apr_array_make(batch->pool, 32, sizeof(cfo_range_t));
        reason = cfo_ranges_read(batch->pool, text, length, made->items);
    }
    else
        reason = cfo_proof_read_pem(batch->pool, text, length, path, &made->items);
    if (reason)
        return reason;
    cfo_content_digest(text, length, made->digest);
    made->batch = cfo_batch_hold(batch);
    made->uses = 1;
    *content = made;
    return NULL;
}

int cfo_content_has_shrunk(const cfo_content_t *last, const cfo_content_t *next)
{
    const cfo_ranges_t *now;
    apr_pool_t *p;
    int i, missing = 0;

    if (last->kind != CFO_CONTENT_RANGES)
        return 0;
    apr_pool_create(&p, next->batch->pool);
    now = cfo_ranges_build(p, next->items);
    for (i = 0; i < last->items->nelts; i++) {
        const cfo_range_t *range = &APR_ARRAY_IDX(last->items, i, cfo_range_t);

        missing += !cfo_ranges_cover(now, range);
    }
    apr_pool_destroy(p);
    return 2 * missing > last->items->nelts;
}

cfo_content_t *cfo_content_hold(cfo_content_t *content)
{
    content->uses++;
    return content;
}

void cfo_content_release(cfo_content_t *content)
{
    if (--content->uses == 0)
        cfo_batch_release(content->batch);
}
