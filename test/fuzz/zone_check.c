/* SPDX-License-Identifier: Apache-2.0 */
/* A text with PEM blocks. The first is the client's certificate, the whole is the file of
 * a zone: judged twice, with a cache and without, at a date in the input and at the
 * certificate's own. */
#include "core/trust/zone_check.h"

#include <openssl/err.h>

#include "core/trust/parsed_file.h"

#include "fuzz.h"

static cfo_cert_state_t judge(apr_pool_t *p, cfo_cert_cache_t *cache, cfo_zone_t *zone,
                              const cfo_certificate_t *leaf, const char *pem,
                              apr_time_t now)
{
    cfo_credential_t *credential = cfo_credential_create(p, leaf, pem, strlen(pem));
    cfo_match_t found, again;
    const char *why = NULL;
    cfo_cert_state_t state =
        cfo_zone_check(p, cache, zone, credential, now, &found, &why);

    PROMISE(state != CFO_CERT_UNSUITABLE || why);
    PROMISE((found.proof != NULL) ==
            (state == CFO_CERT_HOLDS || state == CFO_CERT_EXPIRED ||
             state == CFO_CERT_NOT_YET_VALID));
    if (state == CFO_CERT_HOLDS)
        PROMISE(found.not_before <= now && leaf->not_before <= now);
    PROMISE(cfo_zone_check(p, cache, zone, credential, now, &again, &why) == state);
    PROMISE(again.proof == found.proof);
    return state;
}

static void try_zone(apr_pool_t *p, const char *pem, size_t size,
                     const cfo_certificate_t *leaf)
{
    cfo_shared_pool_t *shared = cfo_shared_pool_permanent(p);
    cfo_cert_cache_t *cache = cfo_cert_cache_create(p);
    cfo_parsed_file_t *content = NULL;
    apr_time_t middle = leaf->not_before / 2 + leaf->not_after / 2;
    cfo_zone_t *zone, *fresh;

    PROMISE(cache);
    if (cfo_parsed_file_read(shared, CFO_FILE_PROOFS, "file", pem, size, &content))
        return;
    PROMISE(!cfo_parsed_file_worse(p, content, content, middle));
    PROMISE(!cfo_parsed_file_has_shrunk(content, content));
    zone = cfo_zone_create(shared, "example.com");
    fresh = cfo_zone_create(shared, "example.com");
    cfo_zone_add_file(zone, content);
    cfo_zone_add_file(fresh, content);
    PROMISE(judge(p, cache, zone, leaf, pem, middle) ==
            judge(p, cfo_cert_cache_create(p), fresh, leaf, pem, middle));
    judge(p, cache, zone, leaf, pem, leaf->not_after + apr_time_from_sec(1));
    cfo_zone_release(zone);
    cfo_zone_release(fresh);
    cfo_parsed_file_release(content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *pem = fuzz_text(data, size);
    cfo_certificate_t *leaf = NULL;

    if (!cfo_certificate_read(p, pem, size, &leaf))
        try_zone(p, pem, size, leaf);
    PROMISE(ERR_peek_error() == 0);
    fuzz_pool(); /* what is shared refers to the text */
    free(pem);
    return 0;
}
