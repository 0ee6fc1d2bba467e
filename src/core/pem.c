/* SPDX-License-Identifier: Apache-2.0 */
/* PEM files of certificates. */
#include "pem.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "apr_strings.h"

#include "certificate.h"
#include "text.h"

#define BEGIN "-----BEGIN"
#define END "-----END"

/* One PEM block of type `name`; adds the certificate in it. */
static const char *read_block(apr_pool_t *p, const char *name, const unsigned char *data,
                              long length, apr_array_header_t *certificates)
{
    const unsigned char *end = data;
    cfo_certificate_t *certificate;
    const char *reason;
    X509 *x509;

    if (strstr(name, "PRIVATE KEY"))
        return "a private key: it belongs to Cloudflare alone and has no business on the "
               "origin; remove it and keep the certificate";
    if (strcmp(name, PEM_STRING_X509) && strcmp(name, PEM_STRING_X509_OLD))
        return apr_psprintf(p, "a block of type %s; only CERTIFICATE is accepted",
                            cfo_text_quote(p, name, 40));
    x509 = d2i_X509(NULL, &end, length);
    if (!x509)
        return apr_psprintf(p, "a certificate that OpenSSL rejects: %s",
                            cfo_openssl_reason(p));
    reason = cfo_certificate_make(p, x509, &certificate);
    if (!reason && end != data + length)
        reason = "there are bytes behind its end";
    if (reason)
        return apr_psprintf(p, "a certificate that cannot be used: %s", reason);
    APR_ARRAY_PUSH(certificates, const cfo_certificate_t *) = certificate;
    return NULL;
}

/* The next place in a text of `length` bytes, which may have a NUL in it, where `mark`
 * stands; NULL: nowhere. */
static const char *find(const char *text, apr_size_t length, const char *mark)
{
    const char *end = text + length;
    apr_size_t size = strlen(mark);

    for (; (text = memchr(text, *mark, end - text)) != NULL; text++) {
        if ((apr_size_t)(end - text) >= size && !memcmp(text, mark, size))
            return text;
    }
    return NULL;
}

static int count(const char *text, apr_size_t length, const char *mark)
{
    const char *end = text + length;
    int number = 0;

    while ((text = find(text, end - text, mark)) != NULL) {
        text += strlen(mark);
        number++;
    }
    return number;
}

/* PEM_read_bio() passes over whatever it does not know, a half-written BEGIN line too. */
static int count_blocks(const char *pem, apr_size_t length)
{
    int begins = count(pem, length, BEGIN);
    int ends = count(pem, length, END);

    return begins > ends ? begins : ends;
}

/* The line on which a block begins, or should. */
static int line_of(const char *pem, apr_size_t length, int number)
{
    const char *begin = pem, *end = pem + length, *next = pem;

    while (number-- && (next = find(next, end - next, BEGIN)) != NULL) {
        begin = next;
        next += strlen(BEGIN);
    }
    return 1 + count(pem, begin - pem, "\n");
}

static const char *read_blocks(apr_pool_t *p, BIO *bio, int begins, const char *pem,
                               apr_size_t size, apr_array_header_t *certificates)
{
    const char *reason = NULL;
    int number;

    for (number = 1; !reason && number <= begins; number++) {
        char *name = NULL, *header = NULL;
        unsigned char *data = NULL;
        long length = 0;

        if (PEM_read_bio(bio, &name, &header, &data, &length))
            reason = read_block(p, name, data, length, certificates);
        else
            reason = apr_psprintf(p, "damaged or not whole (%s)", cfo_openssl_reason(p));
        if (reason)
            reason = apr_psprintf(p, "line %d: block %d of %d is %s",
                                  line_of(pem, size, number), number, begins, reason);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    return reason;
}

const char *cfo_pem_read(apr_pool_t *p, const char *pem, apr_size_t length,
                         apr_array_header_t **certificates)
{
    int begins = count_blocks(pem, length);
    const char *reason = "out of memory";
    BIO *bio;

    *certificates = apr_array_make(p, 4, sizeof(cfo_certificate_t *));
    if (!length)
        return "empty";
    if (length > 2 && (unsigned char)pem[0] == 0x30 && (unsigned char)pem[1] > 0x80)
        return "DER, not PEM; convert it: openssl x509 -inform der -in FILE -out FILE.pem";
    if (!begins)
        return "no certificate in it (no line -----BEGIN CERTIFICATE-----)";
    ERR_set_mark();
    bio = BIO_new_mem_buf(pem, (int)length);
    if (bio)
        reason = read_blocks(p, bio, begins, pem, length, *certificates);
    BIO_free(bio);
    ERR_pop_to_mark();
    return reason;
}
