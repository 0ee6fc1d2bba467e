/* SPDX-License-Identifier: Apache-2.0 */
/* Zones for tests. */
#include "zone_sample.h"

#include "apr_escape.h"

#include "fixture.h"

apr_array_header_t *proofs_of(const char *pem)
{
    apr_array_header_t *proofs;

    assert_null(cfo_proof_read_pem(pool, pem, strlen(pem), "file", &proofs));
    return proofs;
}

apr_array_header_t *no_proofs(void)
{
    return apr_array_make(pool, 1, sizeof(cfo_proof_t *));
}

apr_array_header_t *pin_of(const char *prefix, const unsigned char *digest)
{
    apr_array_header_t *proofs = no_proofs();
    const char *hex = apr_pescape_hex(pool, digest, CFO_DIGEST_SIZE, 0);

    assert_null(cfo_proof_read_pin(pool, apr_pstrcat(pool, prefix, hex, NULL),
                                   apr_array_push(proofs)));
    return proofs;
}

cfo_zone_t *add_zone(cfo_zone_table_t *table, const char *name,
                     const apr_array_header_t *proofs)
{
    cfo_zone_t *zone = cfo_zone_create(cfo_shared_pool_permanent(pool), name);

    apr_array_cat(zone->proofs, proofs);
    cfo_zone_table_put(table, zone);
    return zone;
}

/* A leaf that names its issuer, but not which of several with that name. */
const pki_t *vague_leaf(const pki_t *ca)
{
    return pki_make(
        &(pki_order_t){ .name = "leaf", .extensions = BARE_EXTENSIONS, .issuer = ca });
}

static int is_later(const pki_t *ca, const pki_t *other)
{
    return memcmp(ca->certificate->sha256, other->certificate->sha256, CFO_DIGEST_SIZE) >
           0;
}

cfo_zone_table_t *namesakes(int count, const pki_t **last)
{
    cfo_zone_table_t *table = cfo_zone_table_create(pool);
    int i;

    *last = pki_ca("A");
    for (i = 1; i <= count; i++) {
        const pki_t *ca = i < count ? pki_ca("A") : *last;

        if (is_later(ca, *last)) {
            const pki_t *earlier = *last;

            *last = ca;
            ca = earlier;
        }
        add_zone(table, apr_psprintf(pool, "z%d.example", i - 1), proofs_of(ca->pem));
    }
    return table;
}

cfo_parsed_file_t *content_of(const char *pem)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    cfo_parsed_file_t *content;

    assert_null(cfo_parsed_file_read(shared_pool, CFO_FILE_PROOFS, "file", pem,
                                     strlen(pem), &content));
    cfo_shared_pool_release(shared_pool);
    return content;
}
