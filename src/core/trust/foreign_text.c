/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are something else than PEM. */
#include "core/trust/foreign_text.h"

#include <string.h>

#include <openssl/evp.h>

#include "core/base/utf16.h"
#include "core/trust/der_kind.h"
#include "core/trust/text_part.h"

static int is_utf16(const cfo_part_t *text)
{
    return cfo_utf16_is(text->begin, (apr_size_t)(text->end - text->begin));
}

static int has_nul(const cfo_part_t *text)
{
    return memchr(text->begin, '\0', (size_t)(text->end - text->begin)) != NULL;
}

/* A tag, a declaration or a comment at the beginning. */
static int is_html(const cfo_part_t *text)
{
    const char *c = cfo_part_first_word(text);

    return text->end - c > 2 && *c == '<' &&
           (apr_isalpha(c[1]) || c[1] == '!' || c[1] == '?') &&
           !cfo_part_begins_with(text, "<?php");
}

static int is_json(const cfo_part_t *text)
{
    const char *c = cfo_part_first_word(text);

    if (c == text->end || (*c != '{' && *c != '['))
        return 0;
    for (c++; c < text->end && apr_isspace(*c);)
        c++;
    return c < text->end && strchr("\"{[}", *c);
}

static int is_pgp(const cfo_part_t *text)
{
    return cfo_part_find(text, "-----BEGIN PGP ") != NULL;
}

enum { BASE64_LEAST = 60, BASE64_MOST = 65536 };

static int is_base64(const cfo_part_t *text)
{
    const char *c = cfo_part_first_word(text);
    int count = 0;

    if (text->end - c < 4 || memcmp(c, "MI", 2) ||
        cfo_part_find(text, "-----")) /* 0x30 0x82 or 0x30 0x81 */
        return 0;
    for (; c < text->end; c++) {
        if (!apr_isalnum(*c) && !apr_isspace(*c) && !strchr("+/=-_", *c))
            return 0;
        count += !apr_isspace(*c);
    }
    return count > BASE64_LEAST;
}

/* Of one certificate and nothing else. */
static int is_base64_certificate(const cfo_part_t *text)
{
    EVP_ENCODE_CTX *ctx;
    unsigned char der[BASE64_MOST];
    int length = 0, rest = 0, ok;

    if (text->end - text->begin > BASE64_MOST || !is_base64(text))
        return 0;
    ctx = EVP_ENCODE_CTX_new();
    if (!ctx)
        return 0;
    EVP_DecodeInit(ctx);
    ok = EVP_DecodeUpdate(ctx, der, &length, (const unsigned char *)text->begin,
                          (int)(text->end - text->begin)) >= 0 &&
         EVP_DecodeFinal(ctx, der + length, &rest) >= 0;
    EVP_ENCODE_CTX_free(ctx);
    return ok && cfo_der_is_certificate((const char *)der,
                                        (apr_size_t)length + (apr_size_t)rest);
}

/* "308203...", "30:82:03:...", and as xxd prints it. */
static int is_hexadecimal(const cfo_part_t *text)
{
    const char *c = cfo_part_first_word(text);
    size_t left = (size_t)(text->end - c), digits = 0;

    if (cfo_part_begins_with(text, "00000000: 3082") ||
        cfo_part_begins_with(text, "0000000 82 30") ||
        cfo_part_begins_with(text, "00000000  30 82"))
        return 1;
    if (!cfo_part_begins_with(text, "3082") && !cfo_part_begins_with(text, "30:82:") &&
        !cfo_part_begins_with(text, "30 82 "))
        return 0;
    for (; left; c++, left--) {
        digits += apr_isxdigit(*c) != 0;
        if (!apr_isxdigit(*c) && !apr_isspace(*c) && *c != ':')
            return 0;
    }
    return digits > 120;
}

static int is_keystore(const cfo_part_t *text)
{
    return text->end - text->begin > 4 && !memcmp(text->begin, "\xfe\xed\xfe\xed", 4);
}

static int is_archive(const cfo_part_t *text)
{
    return text->end - text->begin > 4 &&
           (!memcmp(text->begin, "PK\3\4", 4) || !memcmp(text->begin, "\x1f\x8b", 2));
}

static int is_text_form(const cfo_part_t *text)
{
    return cfo_part_begins_with(text, "Certificate:") &&
           !cfo_part_find(text, "-----BEGIN ");
}

static int is_ssh(const cfo_part_t *text)
{
    return cfo_part_begins_with(text, "ssh-") ||
           cfo_part_begins_with(text, "ecdsa-sha2-") ||
           cfo_part_begins_with(text, "sk-ssh-") ||
           cfo_part_begins_with(text, "sk-ecdsa-") ||
           cfo_part_begins_with(text, "PuTTY-User-Key-File") ||
           cfo_part_begins_with(text, "---- BEGIN SSH2 ") ||
           cfo_part_find(text, " ssh-rsa AAAA") ||
           cfo_part_find(text, " ssh-ed25519 AAAA");
}

/* As in the secrets of Kubernetes. A byte order mark before it leaves this as it is. */
static int is_encoded_twice(const cfo_part_t *text)
{
    return cfo_part_find(text, "LS0tLS1CRUdJTi") != NULL;
}

/* In this order: the first one that applies. What comes after has_nul is not asked about
 * texts with NUL bytes, which strchr() would find in any set of characters. */
static const struct {
    int (*applies)(const cfo_part_t *text);
    const char *what;
} kinds[] = {
    { is_utf16, "it is in UTF-16 (\"Unicode\" in editors of Windows), not in ASCII: save "
                "it as UTF-8 or ANSI, or convert it: iconv -f UTF-16 -t UTF-8" },
    { is_keystore, "it is a keystore of Java; take the certificate out of it: keytool "
                   "-exportcert -rfc -alias NAME -keystore FILE" },
    { is_archive,
      "it is an archive (zip, gzip): unpack it, and use the certificate in it" },
    { has_nul, "it has NUL bytes, so that it is not a text file: copy it again" },
    { is_html,
      "it is a page of HTML or XML, as a site answers instead of the file (an "
      "error, a login, \"Just a moment...\"): download the certificate again, and "
      "look at it before you use it" },
    { is_json, "it is JSON, such as an answer of an API, in which the certificate is a "
               "string; take it out: jq -r '.. | strings | select(test(\"BEGIN CERT\"))' "
               "FILE" },
    { is_pgp, "it is a key or a message for PGP, not a certificate for TLS" },
    { is_encoded_twice,
      "it is the base64 of a PEM file, as in a secret of Kubernetes; decode what begins "
      "with LS0t: base64 -d" },
    { is_base64_certificate,
      "it is only the base64 of a certificate: put -----BEGIN CERTIFICATE----- "
      "on a line before it, and -----END CERTIFICATE----- on a line after it" },
    { is_base64,
      "it is base64 without a BEGIN line, and not that of a certificate: a key, a "
      "request and PKCS#7 look like this" },
    { is_hexadecimal,
      "it is a certificate or a key in hexadecimal digits: convert it to DER "
      "(xxd -r), and that: openssl x509 -inform der -out FILE.pem" },
    { is_text_form, "it is the printed form of a certificate, without the certificate "
                    "itself: openssl x509 -text prints both, without -noout" },
    { is_ssh, "it is a key for SSH, not a certificate for TLS" },
};

const char *cfo_foreign_text(const char *text, apr_size_t length)
{
    const cfo_part_t part = { text, text + length };
    const char *what = cfo_der_kind(text, length);
    size_t i;

    for (i = 0; !what && i < sizeof kinds / sizeof *kinds; i++)
        what = kinds[i].applies(&part) ? kinds[i].what : NULL;
    return what;
}
