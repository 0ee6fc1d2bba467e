/* SPDX-License-Identifier: Apache-2.0 */
/* Makes CAs and leaves for Authenticated Origin Pulls, as Cloudflare's documentation
 * does: RSA 4096, CN the name, the leaf with CA:FALSE and no extendedKeyUsage for 730
 * days, the CA for 1,826. */
#ifndef CFO_CTL_CHANGE_ISSUE_H
#define CFO_CTL_CHANGE_ISSUE_H

#include <openssl/evp.h>

#include "core/trust/certificate.h"

enum { CFO_ISSUE_LEAF_DAYS = 730, CFO_ISSUE_CA_DAYS = 1826 };

/* A certificate and its key. */
typedef struct {
    const cfo_certificate_t *certificate;
    const char *pem;
    EVP_PKEY *key; /* freed with the pool, its memory cleansed */
} cfo_issued_t;

/* "rsa4096", "rsa2048", "p256". Returns NULL, or the reason. */
const char *cfo_issue_key(apr_pool_t *p, const char *type, EVP_PKEY **key);

/* A CA for `name`. Its subject is unique, so that two CAs of a zone are told apart. */
const char *cfo_issue_ca(apr_pool_t *p, const char *name, const char *key_type, int days,
                         cfo_issued_t *ca);

/* A leaf, which is valid for no longer than its CA. */
const char *cfo_issue_leaf(apr_pool_t *p, const char *name, const char *key_type,
                           int days, const cfo_issued_t *ca, cfo_issued_t *leaf);

/* Reads a certificate and its key, which only its owner may be able to read. Fails if
 * they do not belong together. */
const char *cfo_issued_read(apr_pool_t *p, const char *certificate_file,
                            const char *key_file, cfo_issued_t *issued);

/* Writes a key with mode 0600 to a file that must not exist. */
const char *cfo_issued_write_key(apr_pool_t *p, const char *file, EVP_PKEY *key);

/* The key as PEM text (PKCS#8), erased when the pool is cleared. */
const char *cfo_issued_key_pem(apr_pool_t *p, EVP_PKEY *key, const char **pem);

#endif
