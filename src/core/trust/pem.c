/* SPDX-License-Identifier: Apache-2.0 */
/* Reads PEM files of certificates. */
#include "core/trust/pem.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "apr_strings.h"

#include "core/trust/certificate.h"
#include "core/trust/der_kind.h"
#include "core/trust/pem_diagnosis.h"
#include "core/base/text.h"

static const char byte_order_mark[] = "\xef\xbb\xbf";
static const char damaged[] = "damaged or incomplete";

/* A part of a text, which may contain NUL bytes. */
typedef struct {
    const char *begin, *end;
} part_t;

/* What is between the marks, if it is no certificate. */
static const char *explain_der(const unsigned char *data, long length)
{
    static const char begin[] = "-----BEGIN ";

    return length >= (long)sizeof begin && !memcmp(data, begin, sizeof begin - 1)
               ? "its base64 is that of a PEM file, whose marks were added again; decode "
                 "what is between them: base64 -d"
               : "it is something else, or damaged, as if a line were lost or repeated: "
                 "copy it again";
}

/* Reads a PEM block of type `name`, and adds the certificate in it. */
static const char *read_block(apr_pool_t *p, const char *name, const unsigned char *data,
                              long length, apr_array_header_t *certificates)
{
    const unsigned char *end = data;
    cfo_certificate_t *certificate;
    const char *error;
    X509 *x509;

    if (strstr(name, "PRIVATE KEY"))
        return "a private key, which must not be in this file: keep only the certificate. "
               "(That of the certificate for Authenticated Origin Pulls is needed at "
               "Cloudflare only)";
    if (strcmp(name, PEM_STRING_X509) && strcmp(name, PEM_STRING_X509_OLD))
        return apr_psprintf(p, "a block of type %s; only CERTIFICATE is accepted%s%s",
                            cfo_text_quote(p, name, 40), cfo_pem_advice(name) ? ": " : "",
                            cfo_pem_advice(name) ? cfo_pem_advice(name) : "");
    x509 = d2i_X509(NULL, &end, length);
    if (!x509)
        return apr_psprintf(p, "a certificate that OpenSSL rejects (%s): %s",
                            cfo_openssl_reason(p), explain_der(data, length));
    error = cfo_certificate_make(p, x509, &certificate);
    if (!error && end != data + length)
        error = "extra bytes follow its end";
    if (error)
        return apr_psprintf(p, "a certificate that cannot be used: %s", error);
    APR_ARRAY_PUSH(certificates, const cfo_certificate_t *) = certificate;
    return NULL;
}

static int starts_with(const char *text, const char *end, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(end - text) >= length && !memcmp(text, word, length);
}

static const char *next_line(const char *line, const char *end)
{
    const char *feed = memchr(line, '\n', end - line);

    return feed ? feed + 1 : end;
}

/* Whether a line begins ("BEGIN") or ends ("END") a block, or was meant to: a line is not
 * a comment only because of invisible characters in front of it, or one dash too many. */
static int is_mark(const char *line, const char *end, const char *word)
{
    const char *dashes;

    end = next_line(line, end);
    while (line < end &&
           ((unsigned char)*line <= ' ' || strchr("\xef\xbb\xbf\xc2\xa0", *line)))
        line++;
    for (dashes = line; line < end && *line == '-';)
        line++;
    return line - dashes >= 5 && starts_with(line, end, word);
}

/* Finds the next block: from a line that begins or ends one, up to the line that ends it
 * or before the next one that begins. OpenSSL gets no more than that: it might see a
 * block in a comment, or in a part of a long line. */
static int find_block(const char *from, const char *end, part_t *block)
{
    int is_open = 0;

    for (; from < end && !is_open && !is_mark(from, end, "END");
         from = is_open ? from : next_line(from, end))
        is_open = is_mark(from, end, "BEGIN");
    if (from == end)
        return 0;
    block->begin = from;
    block->end = next_line(from, end);
    while (is_open && block->end < end && !is_mark(block->end, end, "BEGIN")) {
        is_open = !is_mark(block->end, end, "END");
        block->end = next_line(block->end, end);
    }
    if (starts_with(from, end, byte_order_mark))
        block->begin += strlen(byte_order_mark);
    return 1;
}

static int count_blocks(const char *pem, const char *end)
{
    part_t block;
    int number = 0;

    for (; find_block(pem, end, &block); pem = block.end)
        number++;
    return number;
}

static int count_lines(const char *text, const char *end)
{
    int number = 0;

    for (; text < end; text = next_line(text, end))
        number++;
    return number;
}

static const char *read_part(apr_pool_t *p, const part_t *block,
                             apr_array_header_t *certificates)
{
    BIO *bio = BIO_new_mem_buf(block->begin, (int)(block->end - block->begin));
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    const char *error;
    long length = 0;

    if (bio && PEM_read_bio(bio, &name, &header, &data, &length))
        error = read_block(p, name, data, length, certificates);
    else
        error = apr_psprintf(p, "%s (%s)", damaged, cfo_openssl_reason(p));
    BIO_free(bio);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    return error;
}

/* Old Macs end lines with CR only. An editor may have added one LF at the end. */
static const char *make_lines(apr_pool_t *p, const char *pem, apr_size_t length)
{
    const char *feed = memchr(pem, '\n', length);
    char *lines, *c;

    if (!memchr(pem, '\r', length) || (feed && feed < pem + length - 1) ||
        (feed && feed[-1] == '\r' && memchr(pem, '\r', length) == feed - 1))
        return pem;
    lines = apr_pmemdup(p, pem, length);
    for (c = lines; c < lines + length; c++)
        *c = *c == '\r' ? '\n' : *c;
    return lines;
}

/* What the text is, if it is not what it should be. */
static const char *explain(apr_pool_t *p, const char *text, const char *end,
                           const char *error)
{
    const char *what = cfo_pem_diagnose(text, (apr_size_t)(end - text));

    return what ? apr_pstrcat(p, error, ": ", what, NULL) : error;
}

/* Text outside of the blocks is a comment, but both sides of a conflict in git are not
 * what anybody wanted. */
static const char *find_conflict(apr_pool_t *p, const char *pem, const char *end)
{
    const char *line = pem;

    for (; line < end; line = next_line(line, end)) {
        if (starts_with(line, end, "<<<<<<< ") || starts_with(line, end, ">>>>>>> "))
            return apr_psprintf(
                p,
                "line %d: a mark of git (<<<<<<<, >>>>>>>) for a conflict "
                "that nobody has resolved: decide which certificates are "
                "right",
                count_lines(pem, line) + 1);
    }
    return NULL;
}

static const char *read_blocks(apr_pool_t *p, const char *pem, const char *end,
                               apr_array_header_t *certificates)
{
    const char *from = pem, *error = NULL;
    int blocks = count_blocks(pem, end), number = 0;
    part_t block;

    if (!blocks)
        return explain(
            p, pem, end,
            "it contains no certificate (no line -----BEGIN CERTIFICATE-----)");
    for (; !error && find_block(from, end, &block); from = block.end) {
        number++;
        error = read_part(p, &block, certificates);
    }
    if (!error)
        return find_conflict(p, pem, end);
    if (!strncmp(error, damaged, strlen(damaged)))
        error = explain(p, number == 1 ? pem : block.begin, end, error);
    return apr_psprintf(p, "line %d: block %d of %d is %s",
                        count_lines(pem, block.begin) + 1, number, blocks, error);
}

const char *cfo_pem_read(apr_pool_t *p, const char *pem, apr_size_t length,
                         apr_array_header_t **certificates)
{
    const char *error;

    *certificates = apr_array_make(p, 4, sizeof(cfo_certificate_t *));
    if (!length)
        return "empty";
    pem = make_lines(p, pem, length);
    ERR_set_mark();
    error = read_blocks(p, pem, pem + length, *certificates);
    ERR_pop_to_mark();
    return error;
}
