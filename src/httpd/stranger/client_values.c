/* SPDX-License-Identifier: Apache-2.0 */
/* What clients may choose to send, to try out conditions with. */
#include "httpd/stranger/site.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "httpd/survey/known_edge.h"

enum { MOST_VALUES = 12, KINDS = 5 };

typedef struct {
    const char *variable; /* a part of its name */
    const char *values[MOST_VALUES];
} kind_t;

/* By the variables of a condition; the last is for all others. */
static const kind_t kinds[KINDS] = {
    { "REMOTE_", { "203.0.113.7", "2001:db8::7" } },
    { "THE_REQUEST",
      { "GET / HTTP/1.1", "POST /x?y HTTP/1.0", "HEAD /index.html HTTP/2.0" } },
    { "_METHOD", { "GET", "POST", "HEAD", "PROPFIND" } },
    { "_PORT", { "443", "80", "8443" } },
    { "", { "", "x", "https", "http", "on", "off", "443", "80", "1", "GET", "POST" } }
};

static const kind_t *kind_of(const char *text)
{
    const kind_t *kind = kinds;

    while (!ap_strstr_c(text, kind->variable))
        kind++;
    return kind;
}

/* Whether a stranger may have an address, or the beginning of one: those of Cloudflare
 * can be used by its customers, but not those of this host or of an office. */
static int is_strangers(apr_pool_t *p, const char *address)
{
    cfo_range_t network;

    return !strpbrk(address, ".:") || !cfo_network_parse(p, address, &network) ||
           cfo_known_edge_overlaps(cfo_known_edge_make(p, NULL), &network);
}

/* Whether a client may send what the pattern asks for: only headers and query strings can
 * be empty. */
static int is_possible(apr_pool_t *p, const kind_t *kind, const char *value)
{
    if (!*value)
        return !*kind->variable;
    return strcmp(kind->variable, "REMOTE_") != 0 || is_strangers(p, value);
}

/* A text that a pattern for request lines matches, made a request line. */
static const char *in_request_line(apr_pool_t *p, const char *text)
{
    const char *before = apr_isupper(*text) ? "" : *text == ' ' ? "GET" : "GET ";

    return apr_pstrcat(p, before, text, " HTTP/1.1", NULL);
}

static apr_array_header_t *list_samples(apr_pool_t *p, const kind_t *kind,
                                        const char *pattern)
{
    apr_array_header_t *all = apr_array_make(p, 32, sizeof(const char *));
    apr_array_header_t *more = apr_array_make(p, 16, sizeof(const char *));
    int i;

    for (i = 0; i < MOST_VALUES && kind->values[i]; i++)
        APR_ARRAY_PUSH(all, const char *) = kind->values[i];
    APR_ARRAY_PUSH(more, const char *) = pattern;
    cfo_pattern_samples(p, pattern, more);
    for (i = 0; i < more->nelts; i++) {
        const char *value = APR_ARRAY_IDX(more, i, const char *);

        if (!strcmp(kind->variable, "THE_REQUEST"))
            value = in_request_line(p, value);
        if (is_possible(p, kind, value))
            APR_ARRAY_PUSH(all, const char *) = value;
    }
    return all;
}

/* Those of one pattern. */
typedef struct {
    const apr_array_header_t *of_kind[KINDS];
} samples_t;

/* They are asked for again with each request that is tried. */
const apr_array_header_t *cfo_test_samples(const cfo_site_t *site, const cfo_test_t *test)
{
    const kind_t *kind = kind_of(test->text);
    samples_t *samples = apr_hash_get(site->samples, test->pattern, APR_HASH_KEY_STRING);
    const apr_array_header_t **own;

    if (!samples) {
        samples = apr_pcalloc(site->pool, sizeof *samples);
        apr_hash_set(site->samples, test->pattern, APR_HASH_KEY_STRING, samples);
    }
    own = &samples->of_kind[kind - kinds];
    if (!*own)
        *own = list_samples(site->pool, kind, test->pattern);
    return *own;
}
