/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is that should be a PEM file of certificates, and is none. */
#include "core/trust/pem_diagnosis.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"

#include "core/base/utf16.h"
#include "core/trust/der_kind.h"
#include "core/trust/pem_front.h"

#define BEGIN "-----BEGIN "
#define END "-----END "

/* The text, without a mark at its beginning. It may contain NUL bytes. */
typedef struct {
    const char *begin, *end;
} text_t;

static const char *find(const text_t *text, const char *word)
{
    return memmem(text->begin, (size_t)(text->end - text->begin), word, strlen(word));
}

static const char *first_word(const text_t *text)
{
    const char *c = text->begin;

    while (c < text->end && apr_isspace(*c))
        c++;
    return c;
}

static int begins_with(const text_t *text, const char *word)
{
    const char *c = first_word(text);

    return (size_t)(text->end - c) >= strlen(word) && !strncasecmp(c, word, strlen(word));
}

static int is_utf16(const text_t *text)
{
    return cfo_utf16_is(text->begin, (apr_size_t)(text->end - text->begin));
}

static int has_nul(const text_t *text)
{
    return memchr(text->begin, '\0', (size_t)(text->end - text->begin)) != NULL;
}

static int is_html(const text_t *text)
{
    return begins_with(text, "<!doctype") || begins_with(text, "<html") ||
           begins_with(text, "<?xml") || begins_with(text, "<head") ||
           begins_with(text, "<!--");
}

static int is_json(const text_t *text)
{
    const char *c = first_word(text);

    if (c == text->end || (*c != '{' && *c != '['))
        return 0;
    for (c++; c < text->end && apr_isspace(*c);)
        c++;
    return c < text->end && strchr("\"{[}", *c) && *c;
}

/* Hyphens that are typographic: U+2010 to U+2015, U+2212, U+FF0D, the soft hyphen, and
 * the same in Windows-1252. */
static int is_dash(const char *c, const char *end)
{
    const unsigned char *u = (const unsigned char *)c;

    if (end - c >= 3 && u[0] == 0xe2 &&
        ((u[1] == 0x80 && u[2] >= 0x90 && u[2] <= 0x95) ||
         (u[1] == 0x88 && u[2] == 0x92)))
        return 1;
    if (end - c >= 3 && u[0] == 0xef && u[1] == 0xbc && u[2] == 0x8d)
        return 1;
    if (end - c >= 2 && u[0] == 0xc2 && u[1] == 0xad)
        return 1;
    return u[0] == 0x96 || u[0] == 0x97 || u[0] == 0xad;
}

static int has_dashes(const text_t *text)
{
    const char *c;

    if (!find(text, "BEGIN") && !find(text, "END"))
        return 0;
    for (c = text->begin; c < text->end; c++) {
        if (is_dash(c, text->end))
            return 1;
    }
    return 0;
}

/* A backslash with n or r before or after a mark. */
static int has_escaped_newlines(const text_t *text)
{
    return find(text, "-----\\n") || find(text, "\\n-----") || find(text, "-----\\r") ||
           find(text, "-----\\\\n");
}

static int has_escaped_slashes(const text_t *text)
{
    return find(text, BEGIN) && find(text, "\\/");
}

static int is_percent_encoded(const text_t *text)
{
    return find(text, "-----BEGIN%20") || find(text, "-----BEGIN+CERT") ||
           find(text, "-----%0A") || find(text, "-----%0D") || find(text, "-----&#");
}

static int is_glued(const text_t *text)
{
    return find(text, "----------BEGIN ") || find(text, "----- -----BEGIN ");
}

/* What follows the mark on its line is not white space. */
static int is_one_line(const text_t *text)
{
    const char *c = find(text, BEGIN);

    if (!c)
        return 0;
    for (c += strlen(BEGIN); c < text->end && *c != '-' && *c != '\n';)
        c++;
    while (c < text->end && *c == '-')
        c++;
    while (c < text->end && (*c == ' ' || *c == '\t' || *c == '\r'))
        c++;
    return c < text->end && *c != '\n';
}

static int has_no_end(const text_t *text)
{
    return find(text, BEGIN) && !find(text, END);
}

static int has_no_begin(const text_t *text)
{
    return find(text, END) && !find(text, BEGIN);
}

/* The words of a mark, but not the mark. */
static int has_bad_mark(const text_t *text)
{
    const char *c;

    if (find(text, BEGIN))
        return 0;
    for (c = text->begin; text->end - c >= 17; c++) {
        if (!strncasecmp(c, "BEGIN CERTIFICATE", 17))
            return 1;
    }
    return 0;
}

static int is_base64(const text_t *text)
{
    const char *c = first_word(text);
    int count = 0;

    if (text->end - c < 4 || memcmp(c, "MI", 2)) /* 0x30 0x82 or 0x30 0x81 */
        return 0;
    for (; c < text->end; c++) {
        if (!apr_isalnum(*c) && !apr_isspace(*c) && (!*c || !strchr("+/=-_", *c)))
            return 0;
        count += !apr_isspace(*c);
    }
    return count > 60;
}

static int is_text_form(const text_t *text)
{
    return begins_with(text, "Certificate:") && !find(text, BEGIN);
}

static int is_ssh(const text_t *text)
{
    return begins_with(text, "ssh-") || begins_with(text, "ecdsa-sha2-");
}

/* The END line does not match the BEGIN line, or is cut off. */
static int has_bad_end(const text_t *text)
{
    const char *begin = find(text, BEGIN), *end = find(text, END), *c;

    if (!begin || !end || end < begin)
        return 0;
    begin += strlen(BEGIN);
    end += strlen(END);
    for (c = begin; c < text->end && *c != '-' && *c != '\n'; c++)
        ;
    return text->end - end < (c - begin) + 5 || memcmp(begin, end, (size_t)(c - begin)) ||
           memcmp(end + (c - begin), "-----", 5);
}

static int has_empty_lines(const text_t *text)
{
    const char *begin = find(text, BEGIN), *c;

    for (c = begin; c && c + 1 < text->end && memcmp(c, "\n-", 2); c++) {
        if (c[0] == '\n' && (c[1] == '\n' || (c[1] == '\r' && c[2] == '\n')))
            return 1;
    }
    return 0;
}

/* The last one: nothing else is known. */
static int has_block(const text_t *text)
{
    return find(text, BEGIN) && find(text, END);
}

/* As in the secrets of Kubernetes. */
static int is_encoded_twice(const text_t *text)
{
    return begins_with(text, "LS0tLS1CRUdJTi");
}

/* In this order: the first one that applies. */
static const struct {
    int (*applies)(const text_t *text);
    const char *what;
} kinds[] = {
    { is_utf16, "it is in UTF-16 (\"Unicode\" in editors of Windows), not in ASCII: save "
                "it as UTF-8 or ANSI, or convert it: iconv -f UTF-16 -t UTF-8" },
    { has_nul, "it has NUL bytes, so that it is not a text file: copy it again" },
    { is_html,
      "it is a page of HTML or XML, as a site answers instead of the file (an "
      "error, a login, \"Just a moment...\"): download the certificate again, and "
      "look at it before you use it" },
    { is_json, "it is JSON, such as an answer of an API, in which the certificate is a "
               "string; take it out: jq -r '.. | .certificate? // empty' FILE" },
    { has_escaped_newlines,
      "its line breaks are written as \\n, as in JSON or in a "
      "variable; make lines of them: printf '%b\\n' \"$(cat FILE)\"" },
    { is_percent_encoded,
      "it is encoded as in a URL or in HTML (%20, %0A, &#10;): decode "
      "it, or copy it again" },
    { has_dashes, "its hyphens are typographic dashes, as word processors and web pages "
                  "make them: replace those in each BEGIN and END line by five plain "
                  "hyphens, or copy it again" },
    { is_glued,
      "an END and a BEGIN are on one line, as when files are joined of which one "
      "does not end with a newline; begin a new line between them: sed "
      "'s/----------/-----\\n-----/' FILE" },
    { NULL, NULL }, /* what is in front of the lines */
    { is_one_line,
      "its line breaks are lost: the BEGIN line and the END line must be lines of "
      "their own, with lines of 64 characters between them; copy it again" },
    { has_escaped_slashes, "its slashes are written as \\/, as in JSON: remove the "
                           "backslashes" },
    { has_no_end, "its -----END CERTIFICATE----- line is missing, as if it were cut off: "
                  "copy it again, to its end" },
    { has_no_begin,
      "its -----BEGIN CERTIFICATE----- line is missing: copy it again, from "
      "its beginning" },
    { has_bad_mark, "its BEGIN line is not exactly -----BEGIN CERTIFICATE----- (five "
                    "hyphens on each side, capital letters, no other spaces)" },
    { is_encoded_twice,
      "it is the base64 of a PEM file, as in a secret of Kubernetes; decode it: base64 -d "
      "FILE" },
    { is_base64,
      "it is only the base64 of a certificate: put -----BEGIN CERTIFICATE----- "
      "on a line before it, and -----END CERTIFICATE----- on a line after it" },
    { is_text_form, "it is the printed form of a certificate, without the certificate "
                    "itself: openssl x509 -text prints both, without -noout" },
    { is_ssh, "it is a key for SSH, not a certificate for TLS" },
    { has_bad_end, "its END line is not exactly -----END CERTIFICATE-----" },
    { has_empty_lines, "it has empty lines between BEGIN and END: remove them" },
    { has_block, "the base64 between BEGIN and END is damaged, as if a part were lost or "
                 "changed: copy it again" },
};

const char *cfo_pem_diagnose(const char *text, apr_size_t length)
{
    const char *what = NULL;
    text_t part;
    size_t i;

    if (!length)
        return NULL;
    cfo_utf8_skip_mark(&text, &length);
    part = (text_t){ text, text + length };
    what = length ? cfo_der_kind(text, length) : NULL;
    for (i = 0; !what && length && i < sizeof kinds / sizeof *kinds; i++) {
        if (!kinds[i].applies)
            what = cfo_pem_front(text, length);
        else if (kinds[i].applies(&part))
            what = kinds[i].what;
    }
    return what;
}
