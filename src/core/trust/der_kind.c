/* SPDX-License-Identifier: Apache-2.0 */
/* Other things than certificates in PEM. */
#include "core/trust/der_kind.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

/* What the DER decoders say. Each frees what it decoded. */
#define DECODES(type, name)                                                              \
    static int is_der_##name(const unsigned char *data, long length)                     \
    {                                                                                    \
        const unsigned char *der = data;                                                 \
        type *decoded = d2i_##type(NULL, &der, length);                                  \
                                                                                         \
        type##_free(decoded);                                                            \
        return decoded != NULL;                                                          \
    }

DECODES(X509, certificate)
DECODES(X509_REQ, request)
DECODES(X509_CRL, crl)
DECODES(PKCS12, pkcs12)
DECODES(PKCS7, pkcs7)
DECODES(X509_SIG, encrypted_key)
DECODES(X509_PUBKEY, public_key)

/* The size of the tag and the length at the beginning. */
static long header_size(const unsigned char *data)
{
    return 2 + (data[1] & 0x80 ? data[1] & 0x7f : 0);
}

/* PKCS#8 and older forms begin with version 0 or 1. d2i_AutoPrivateKey() would clear the
 * error queue. */
static int is_der_key(const unsigned char *data, long length)
{
    long header = header_size(data);

    return length > header + 3 && data[header] == V_ASN1_INTEGER &&
           data[header + 1] == 1 && data[header + 2] <= 1;
}

/* A sequence. A text may begin with the same byte, a 0. */
static int is_der(const unsigned char *data, apr_size_t length)
{
    return length > 2 && data[0] == 0x30 &&
           (data[1] > 0x80 ||
            (data[2] == V_ASN1_INTEGER && length == (apr_size_t)data[1] + 2));
}

/* In this order: the first one that applies. */
static const struct {
    int (*applies)(const unsigned char *data, long length);
    const char *what;
} kinds[] = {
    { is_der_certificate, "it is DER, not PEM; convert it: openssl x509 -inform der -in "
                          "FILE -out FILE.pem" },
    { is_der_pkcs12,
      "it is PKCS#12 (.p12, .pfx), which has the private key too; take only "
      "the certificate: openssl pkcs12 -in FILE -nokeys -out FILE.pem" },
    { is_der_pkcs7,
      "it is PKCS#7 (.p7b) in DER; convert it: openssl pkcs7 -inform der -in "
      "FILE -print_certs -out FILE.pem" },
    { is_der_request,
      "it is a certificate request (CSR) in DER, not a certificate: use the "
      "certificate that the CA made of it" },
    { is_der_crl, "it is a revocation list (CRL), not a certificate" },
    { is_der_key, "it is a private key in DER: use the certificate" },
    { is_der_encrypted_key,
      "it is an encrypted private key in DER: use the certificate" },
    { is_der_public_key, "it is a public key in DER, without its certificate; pin it as "
                         "spki-sha256:HEX, or use the certificate" },
};

const char *cfo_der_kind(const char *der, apr_size_t length)
{
    const unsigned char *data = (const unsigned char *)der;
    const char *what = NULL;
    size_t i;

    if (!is_der(data, length))
        return NULL;
    /* A mark for each: the queue has room for 16 errors only. */
    for (i = 0; !what && i < sizeof kinds / sizeof *kinds; i++) {
        ERR_set_mark();
        if (kinds[i].applies(data, (long)length))
            what = kinds[i].what;
        ERR_pop_to_mark();
    }
    return what ? what
                : "it is DER, not PEM; if it is a certificate, convert it: openssl x509 "
                  "-inform der -in FILE -out FILE.pem";
}

int cfo_der_is_certificate(const char *der, apr_size_t length)
{
    const unsigned char *data = (const unsigned char *)der;
    int result;

    ERR_set_mark();
    result = is_der(data, length) && is_der_certificate(data, (long)length);
    ERR_pop_to_mark();
    return result;
}

const char *cfo_pem_advice(const char *type)
{
    static const struct {
        const char *type, *advice;
    } advice[] = {
        { "CERTIFICATE REQUEST", "it is a certificate request (CSR), of which a CA makes "
                                 "the certificate: use that" },
        { "PKCS7", "convert it: openssl pkcs7 -in FILE -print_certs -out FILE.pem" },
        { "CMS", "convert it: openssl pkcs7 -in FILE -print_certs -out FILE.pem" },
        { "TRUSTED CERTIFICATE", "convert it: openssl x509 -in FILE -out FILE.pem" },
        { "PUBLIC KEY", "it is a public key without its certificate; pin it as "
                        "spki-sha256:HEX, or use the certificate" },
        { "X509 CRL", "it is a revocation list, not a certificate" },
        { "PARAMETERS", "remove the parameters of the key from the file" },
    };
    size_t i;

    for (i = 0; i < sizeof advice / sizeof *advice; i++) {
        if (strstr(type, advice[i].type))
            return advice[i].advice;
    }
    return NULL;
}
