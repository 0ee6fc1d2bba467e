/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate as PEM. */
#include "ctl/change/issue_pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "apr_strings.h"

#include "core/trust/certificate.h"

static const char *openssl_failure(apr_pool_t *p)
{
    const char *reason = apr_pstrcat(p, "OpenSSL: ", cfo_openssl_reason(p), NULL);

    ERR_clear_error();
    return reason;
}

const char *cfo_issue_pem(apr_pool_t *p, X509 *x509, const char **pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long size = 0;

    if (bio && PEM_write_bio_X509(bio, x509) == 1)
        size = BIO_get_mem_data(bio, &text);
    *pem = size > 0 ? apr_pstrmemdup(p, text, (apr_size_t)size) : NULL;
    BIO_free(bio);
    return *pem ? NULL : openssl_failure(p);
}
