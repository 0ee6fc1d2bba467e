/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a PEM file of certificates. */
#include "ctl/origin/pem_text.h"

#include <string.h>

#include <openssl/evp.h>

#include "apr_strings.h"

#include "core/trust/pem.h"

enum { LINE = 64 };

static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ";

static int starts_with(const char *text, const char *word)
{
    return !strncmp(text, word, strlen(word));
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line ? line + 1 : line;
}

/* "\r\n" if the first line ends so. */
static const char *line_end(const char *text)
{
    const char *feed = strchr(text, '\n');

    return feed && feed > text && feed[-1] == '\r' ? "\r\n" : "\n";
}

const char *cfo_pem_text_add(apr_pool_t *p, const char *text,
                             const cfo_certificate_t *certificate)
{
    X509 *x509 = cfo_certificate_x509(certificate);
    unsigned char *der = NULL;
    int size = x509 ? i2d_X509(x509, &der) : 0, i, length;
    const char *end = line_end(text);
    apr_size_t old = strlen(text);
    char *base64, *lines = apr_pstrdup(p, "");

    if (size <= 0)
        return text;
    base64 = apr_palloc(p, (apr_size_t)size / 3 * 4 + 5);
    length = EVP_EncodeBlock((unsigned char *)base64, der, size);
    OPENSSL_free(der);
    for (i = 0; i < length; i += LINE)
        lines = apr_pstrcat(p, lines, apr_pstrndup(p, base64 + i, LINE), end, NULL);
    return apr_pstrcat(p, text, old && text[old - 1] != '\n' ? end : "", begin_mark,
                       "CERTIFICATE-----", end, lines, end_mark, "CERTIFICATE-----", end,
                       NULL);
}

static int is_certificate(apr_pool_t *p, const char *block, apr_size_t length,
                          const char *sha256)
{
    apr_array_header_t *certificates;

    return !cfo_pem_read(p, apr_pstrmemdup(p, block, length), length, &certificates) &&
           certificates->nelts == 1 &&
           !strcmp(APR_ARRAY_IDX(certificates, 0, const cfo_certificate_t *)->sha256_hex,
                   sha256);
}

/* The first line after a block that begins here; NULL: it has no end. */
static const char *end_of_block(const char *line)
{
    while (*line && !starts_with(line, end_mark))
        line = next_line(line);
    return *line ? next_line(line) : NULL;
}

const char *cfo_pem_text_without(apr_pool_t *p, const char *text, const char *sha256)
{
    char *made = apr_palloc(p, strlen(text) + 1), *out = made;
    const char *line, *next;

    for (line = text; *line; line = next) {
        const char *end = starts_with(line, begin_mark) ? end_of_block(line) : NULL;

        next = end ? end : next_line(line);
        if (end && is_certificate(p, line, (apr_size_t)(end - line), sha256))
            continue;
        memcpy(out, line, (size_t)(next - line));
        out += next - line;
    }
    *out = '\0';
    return made;
}
