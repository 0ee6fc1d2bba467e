/* SPDX-License-Identifier: Apache-2.0 */
/* The lines CFO0001 to CFO0003. */
#include "core/log/event.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"

/* httpd cuts a line at 8 KiB; escaping may make five bytes of one. */
enum { SUBJECT_MOST = 256, URI_MOST = 512, HINT_MOST = 512 };

/* Of the longest line: 16 words, with the code as one, four quoted values, and the keys.
 */
enum {
    LINE_SIZE = 16 * CFO_TEXT_WORD_SIZE + 2 * SUBJECT_MOST + URI_MOST + HINT_MOST +
                4 * CFO_TEXT_QUOTES + 256
};

/* These write behind `out` and return the end. */
static inline char *put_word(char *out, const char *key, const char *value)
{
    return cfo_text_put_word(stpcpy(out, key), value);
}

static inline char *put_quoted(char *out, const char *key, const char *value,
                               apr_size_t most)
{
    return cfo_text_put_quoted(stpcpy(out, key), value, most);
}

static int is_known(const char *value)
{
    return value && *value;
}

/* What only some lines have. */
static char *put_rest(char *out, const cfo_event_t *e)
{
    if (e->client_ip)
        out = put_word(out, " client_ip=", e->client_ip);
    if (is_known(e->cert_issuer))
        out = put_quoted(out, " cert_issuer=", e->cert_issuer, SUBJECT_MOST);
    if (is_known(e->hint))
        out = put_quoted(out, " hint=", e->hint, HINT_MOST);
    return out;
}

const char *cfo_event_render(apr_pool_t *p, const cfo_event_t *e)
{
    char line[LINE_SIZE], *out = stpcpy(line, e->code);

    out = put_word(out, " reason=", e->reason);
    out = put_word(out, " vhost=", e->vhost);
    out = put_word(out, " host=", e->host);
    out = put_word(out, " zone=", e->zone);
    out = put_word(out, " edge=", e->edge);
    out = put_word(out, " edge_known=", e->edge_known ? "yes" : "no");
    out = put_word(out, " cert=", e->cert);
    out = put_quoted(out, " cert_subject=", e->cert_subject, SUBJECT_MOST);
    out = put_word(out, " cert_zone=", e->cert_zone);
    out = put_word(out, " sni=", e->sni);
    out = put_word(out, " ray=", e->ray);
    out = put_word(out, " claimed_ray=", e->claimed_ray);
    out = put_word(out, " method=", e->method);
    out = put_quoted(out, " uri=", e->uri, URI_MOST);
    out = put_rest(out, e);
    return apr_pstrmemdup(p, line, (apr_size_t)(out - line));
}
