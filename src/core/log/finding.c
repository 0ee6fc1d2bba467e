/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of the configuration check. */
#include "core/log/finding.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"

enum { PLACE_MOST = 400 };

/* A file name may have slashes, unlike a host. mod_macro adds text to it, which needs
 * quotes. */
static const char *render_place(apr_pool_t *p, const cfo_finding_t *finding)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789/.:-_+@~";
    const char *place = finding->file;

    if (!place)
        return "-";
    if (finding->line)
        place = apr_psprintf(p, "%s:%d", place, finding->line);
    return place[strspn(place, plain)] ? cfo_text_quote(p, place, PLACE_MOST) : place;
}

const char *cfo_level_name(cfo_level_t level)
{
    static const char *const names[] = { "notice", "warning", "error" };

    return names[level];
}

const char *cfo_finding_render(apr_pool_t *p, const cfo_finding_t *finding)
{
    return apr_psprintf(p, "%s vhost=%s at=%s %s", finding->code,
                        cfo_text_word(p, finding->vhost), render_place(p, finding),
                        finding->text);
}

apr_array_header_t *cfo_findings_copy(apr_pool_t *p, const apr_array_header_t *findings)
{
    apr_array_header_t *copy = apr_array_copy(p, findings);
    int i;

    for (i = 0; i < copy->nelts; i++) {
        cfo_finding_t *finding = &APR_ARRAY_IDX(copy, i, cfo_finding_t);

        finding->vhost = apr_pstrdup(p, finding->vhost);
        finding->file = apr_pstrdup(p, finding->file);
        finding->text = apr_pstrdup(p, finding->text);
    }
    return copy;
}
