/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: answers of httpd's other modules to requests of visitors. */
#include "ctl/audit/readiness_answers.h"

#include <string.h>

#include "apr_strings.h"

#include "ctl/command/ctl.h"
#include "ctl/command/terminal.h"

enum { NAMES_SHOWN = 5, PATHS_SHOWN = 3 };

/* "12 x /shop/, 3 x /" */
static const char *denied_paths(cfo_ctl_inquiry_t *q)
{
    const apr_array_header_t *rows = cfo_ctl_breakdown_sorted(q->summary->denied, q->p);
    const char *list = "";
    int i, shown = 0;

    for (i = 0; i < rows->nelts && shown < PATHS_SHOWN; i++) {
        const cfo_ctl_row_t *row = APR_ARRAY_IDX(rows, i, const cfo_ctl_row_t *);

        if (row->counts[CFO_COUNT_DENIED] == row->counts[CFO_COUNT_EXPECTED])
            continue;
        list = apr_pstrcat(q->p, list, shown++ ? ", " : "",
                           cfo_ctl_thousands(q->p, row->counts[CFO_COUNT_DENIED]), " x ",
                           cfo_ctl_shown(q->p, row->name), " at ",
                           cfo_ctl_shown(q->p, row->label), NULL);
    }
    return list;
}

/* Whether a rule refuses most of what was proved for some virtual host: then it is one
 * that knows visitors by the addresses of Cloudflare. */
static int is_denied_to_most(const cfo_ctl_inquiry_t *q)
{
    const cfo_ctl_breakdown_t *vhosts = q->summary->vhosts;
    int i;

    for (i = 0; i < vhosts->count; i++) {
        const apr_uint64_t *counts = vhosts->rows[i].counts;
        apr_uint64_t denied = counts[CFO_COUNT_DENIED] - counts[CFO_COUNT_EXPECTED];

        if (denied &&
            denied * 2 >= counts[CFO_COUNT_PROVEN] + counts[CFO_COUNT_TUNNELLED])
            return 1;
    }
    return 0;
}

/* A rule that refuses some paths may be meant to; the log does not tell. */
static void look_at_denied(cfo_ctl_inquiry_t *q)
{
    apr_uint64_t all = q->total[CFO_COUNT_DENIED];
    apr_uint64_t denied = all - q->total[CFO_COUNT_EXPECTED];
    int most = is_denied_to_most(q);

    if (denied)
        cfo_ctl_object(
            q, most ? CFO_READY_NO : CFO_READY_UNKNOWN,
            apr_pstrcat(
                q->p, cfo_ctl_counted(q->p, denied, "request"),
                denied == 1 ? " that was" : " that were",
                " admitted as proved got status 403 from another access rule (AH01630, "
                "AH01797): ",
                denied_paths(q),
                ". Look there, also in .htaccess, for Require ip or Allow from with "
                "Cloudflare's addresses: On replaces these by the visitor's. For a path "
                "that nobody should get use \"--ignore /path\"",
                NULL));
    if (all > denied)
        cfo_ctl_note(
            q, apr_pstrcat(q->p, cfo_ctl_counted(q->p, all - denied, "request"),
                           " got status 403 from another access rule for files with a "
                           "leading dot, or for an ignored path, which is usual",
                           NULL));
    all = cfo_ctl_join_alone(&q->summary->join);
    if (all && !q->total[CFO_COUNT_ADMITTED])
        cfo_ctl_note(
            q, apr_pstrcat(
                   q->p, cfo_ctl_counted(q->p, all, "request"),
                   " got status 403 from another access rule (AH01630, AH01797); whether "
                   "they were proved is only known with \"LogLevel warn cf_origin:info\"",
                   NULL));
}

/* "shop.example.com (SNI example.com)" */
static const char *misdirected_name(cfo_ctl_inquiry_t *q, const cfo_ctl_row_t *row)
{
    const char *host = strchr(row->name, ' ');
    const char *sni = apr_pstrndup(q->p, row->name, strcspn(row->name, " "));

    return apr_pstrcat(q->p, cfo_ctl_shown(q->p, host ? host + 1 : "-"), " (SNI ",
                       cfo_ctl_shown(q->p, sni), ")", NULL);
}

static void look_at_misdirected(cfo_ctl_inquiry_t *q)
{
    const apr_array_header_t *rows =
        cfo_ctl_breakdown_sorted(q->summary->misdirected, q->p);
    apr_uint64_t at_edge = 0;
    const char *list = "";
    int i, shown = 0;

    for (i = 0; i < rows->nelts; i++) {
        const cfo_ctl_row_t *row = APR_ARRAY_IDX(rows, i, const cfo_ctl_row_t *);

        at_edge += row->counts[CFO_COUNT_FROM_EDGE];
        if (row->counts[CFO_COUNT_FROM_EDGE] && shown < NAMES_SHOWN)
            list = apr_pstrcat(q->p, list, shown++ ? ", " : "", misdirected_name(q, row),
                               NULL);
    }
    if (at_edge)
        cfo_ctl_object(
            q, CFO_READY_NO,
            apr_pstrcat(q->p, cfo_ctl_counted(q->p, at_edge, "request"),
                        " from Cloudflare's addresses got status 421 from mod_ssl "
                        "(AH02032): ",
                        list,
                        ". The TLS settings of the virtual hosts of an address must be "
                        "alike, SSLVerifyClient included",
                        NULL));
    if (q->total[CFO_COUNT_MISDIRECTED] > at_edge)
        cfo_ctl_note(
            q, apr_pstrcat(
                   q->p,
                   cfo_ctl_counted(q->p, q->total[CFO_COUNT_MISDIRECTED] - at_edge,
                                   "request"),
                   " from other addresses got status 421 from mod_ssl (AH02032)", NULL));
}

void cfo_ctl_look_at_answers(cfo_ctl_inquiry_t *q)
{
    look_at_denied(q);
    look_at_misdirected(q);
}
