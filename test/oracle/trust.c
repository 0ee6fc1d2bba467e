/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about certificates:
 *
 *   judge FILE LEAF SECONDS   whether the leaf proves a zone with this file of proofs, as
 * a request does it. Answer: the state, or what could not be read; then why about FILE
 * what OpenSSL says of a certificate: X509_check_ca(), and whether it is marked as a CA
 * (0, 1); "-" if it cannot read it, or not its extensions */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "apr_strings.h"

#include "core/trust/zone_check.h"

static const char *const states[] = {
    [CFO_CERT_MISSING] = "missing",       [CFO_CERT_UNKNOWN] = "unknown",
    [CFO_CERT_EXPIRED] = "expired",       [CFO_CERT_NOT_YET_VALID] = "not-yet-valid",
    [CFO_CERT_UNSUITABLE] = "unsuitable", [CFO_CERT_HOLDS] = "holds",
};

/* A zone with this file alone; NULL, and then *why: it cannot be read. */
static cfo_zone_t *make_zone(apr_pool_t *p, const char *path, const char **why)
{
    cfo_shared_pool_t *shared = cfo_shared_pool_create(p);
    cfo_parsed_file_t *content;
    cfo_zone_t *zone;
    apr_size_t length;
    const char *text = oracle_file(p, path, &length);

    *why = cfo_parsed_file_read(shared, CFO_FILE_PROOFS, path, text, length, &content);
    if (*why)
        return NULL;
    zone = cfo_zone_create(shared, "example.com");
    cfo_zone_add_file(zone, content);
    return zone;
}

static void judge(apr_pool_t *p, const apr_array_header_t *question)
{
    apr_size_t length;
    const char *pem = oracle_file(p, oracle_field(question, 2), &length), *why = NULL;
    apr_time_t now = apr_time_from_sec(apr_atoi64(oracle_field(question, 3)));
    cfo_certificate_t *leaf;
    cfo_match_t found;
    cfo_zone_t *zone = make_zone(p, oracle_field(question, 1), &why);
    const char *bad_leaf = cfo_certificate_read(p, pem, length, &leaf), *state;

    if (bad_leaf) {
        printf("leaf-unreadable\t%s", bad_leaf);
        return;
    }
    state = zone ? states[cfo_zone_check(p, cfo_cert_cache_create(p), zone,
                                         cfo_credential_create(p, leaf, pem, length), now,
                                         &found, &why)]
                 : "proof-unreadable";
    printf("%s\t%s", state, why ? why : "");
}

static void describe(const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    if (x509 && X509_check_purpose(x509, -1, 0) == 1)
        printf("%d\t%d", X509_check_ca(x509),
               !!(X509_get_extension_flags(x509) & EXFLAG_CA));
    else
        printf("-");
    X509_free(x509);
    BIO_free(bio);
}

void oracle_trust(apr_pool_t *p, const apr_array_header_t *question)
{
    if (!strcmp(oracle_field(question, 0), "judge"))
        judge(p, question);
    else if (!strcmp(oracle_field(question, 0), "about"))
        describe(oracle_field(question, 1));
    else
        oracle_fail("no such question", oracle_field(question, 0));
}
