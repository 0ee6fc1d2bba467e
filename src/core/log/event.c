/* SPDX-License-Identifier: Apache-2.0 */
/* The lines CFO0001 to CFO0003. */
#include "core/log/event.h"

#include "apr_strings.h"

#include "core/base/text.h"

/* httpd cuts a line at 8 KiB; escaping may make five bytes of one. */
enum { SUBJECT_MOST = 256, URI_MOST = 512, HINT_MOST = 512 };

static const char *optional(apr_pool_t *p, const char *key, const char *value,
                            apr_size_t most)
{
    if (!value || !*value)
        return "";
    return apr_pstrcat(p, " ", key, "=", cfo_text_quote(p, value, most), NULL);
}

const char *cfo_event_render(apr_pool_t *p, const cfo_event_t *e)
{
    const char *client_ip =
        e->client_ip ? apr_pstrcat(p, " client_ip=", e->client_ip, NULL) : "";

    return apr_pstrcat(
        p, e->code, " reason=", e->reason, " vhost=", cfo_text_word(p, e->vhost),
        " host=", cfo_text_word(p, e->host), " zone=", cfo_text_word(p, e->zone),
        " edge=", cfo_text_word(p, e->edge), " edge_known=", e->edge_known ? "yes" : "no",
        " cert=", cfo_text_word(p, e->cert),
        " cert_subject=", cfo_text_quote(p, e->cert_subject, SUBJECT_MOST),
        " cert_zone=", cfo_text_word(p, e->cert_zone), " sni=", cfo_text_word(p, e->sni),
        " ray=", cfo_text_word(p, e->ray),
        " claimed_ray=", cfo_text_word(p, e->claimed_ray),
        " method=", cfo_text_word(p, e->method),
        " uri=", cfo_text_quote(p, e->uri, URI_MOST), client_ip,
        optional(p, "cert_issuer", e->cert_issuer, SUBJECT_MOST),
        optional(p, "hint", e->hint, HINT_MOST), NULL);
}
