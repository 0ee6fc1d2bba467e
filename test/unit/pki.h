/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificates of every type while the test runs. */
#ifndef CFO_TEST_PKI_H
#define CFO_TEST_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "apr_time.h"

#include "core/trust/certificate.h"
#include "core/trust/credential.h"

/* The present of the tests. The clock of the machine is not used. */
#define NOW apr_time_from_sec(1750000000)
#define DAY apr_time_from_sec(86400)

#define CA_EXTENSIONS                                                                    \
    "basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign"            \
    "|subjectKeyIdentifier=hash"
#define LEAF_EXTENSIONS                                                                  \
    "basicConstraints=CA:FALSE|keyUsage=digitalSignature|extendedKeyUsage=clientAuth"    \
    "|authorityKeyIdentifier=keyid:always"
#define BARE_EXTENSIONS                                                                  \
    "basicConstraints=CA:FALSE" /* as in Cloudflare's instructions                       \
                                 */

/* A certificate with its key, and as the core parses it. */
typedef struct {
    X509 *x509;
    EVP_PKEY *key;
    const char *pem;
    const unsigned char *der;
    size_t der_size;
    const cfo_certificate_t *certificate;
    const char *problem; /* why the core refuses it; NULL: it does not */
} pki_t;

typedef struct {
    const char *name;       /* CN; "": an empty subject */
    const char *extensions; /* name=value, separated by |; NULL: none, as in version 1 */
    const pki_t *issuer;    /* whose name and key identifier it has; NULL: itself */
    EVP_PKEY *key;          /* NULL: a new one on P-256 */
    EVP_PKEY *signed_by;    /* NULL: the issuer's */
    const EVP_MD *digest;   /* NULL: SHA-256 */
    apr_time_t from, until; /* 0: from a day before NOW until a day after */
    long serial;            /* 0: the next unused */
} pki_order_t;

/* All of these fail the test on an error. Results live in its pool. */
const pki_t *pki_make(const pki_order_t *order);
const pki_t *pki_ca(const char *name);
const pki_t *pki_leaf(const char *name, const pki_t *issuer);

/* PEM of the same certificate, with a key of an algorithm that OpenSSL does not know. */
const char *pki_with_unknown_key(const pki_t *made);

/* The credential of a new connection. */
cfo_credential_t *pki_credential(apr_pool_t *p, const pki_t *leaf);

EVP_PKEY *pki_rsa_key(int bits);
EVP_PKEY *pki_ec_key(const char *curve);
EVP_PKEY *pki_explicit_ec_key(const char *curve); /* with the curve's parameters in it */

#endif
