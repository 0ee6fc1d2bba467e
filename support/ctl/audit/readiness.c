/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: whether Audit can be changed to On. */
#include "ctl/audit/readiness.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/command/ctl.h"
#include "ctl/audit/readiness_answers.h"
#include "ctl/command/terminal.h"

enum { SITES_SHOWN = 5, ENOUGH_REQUESTS = 100, ENOUGH_SECONDS = 86400 };

/* "12 edge-unknown, 3 worker-foreign" */
static const char *by_reason(cfo_ctl_inquiry_t *q, cfo_ctl_count_t count)
{
    apr_array_header_t *rows = cfo_ctl_breakdown_sorted(q->summary->reasons, q->p);
    const char *list = "";
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const cfo_ctl_row_t *row = APR_ARRAY_IDX(rows, i, const cfo_ctl_row_t *);

        if (row->counts[count])
            list = apr_pstrcat(q->p, list, *list ? ", " : "",
                               cfo_ctl_thousands(q->p, row->counts[count]), " ",
                               cfo_ctl_shown(q->p, row->name), NULL);
    }
    return list;
}

static const char *verb(const cfo_ctl_inquiry_t *q)
{
    if (!q->total[CFO_COUNT_REFUSED])
        return "would have been refused";
    return q->total[CFO_COUNT_WOULD_REFUSE] ? "were or would have been refused"
                                            : "were refused";
}

static void look_at_lost(cfo_ctl_inquiry_t *q)
{
    if (q->total[CFO_COUNT_LOST])
        cfo_ctl_object(
            q, CFO_READY_NO,
            apr_pstrcat(q->p, cfo_ctl_counted(q->p, q->total[CFO_COUNT_LOST], "request"),
                        " with a valid certificate of the zone ", verb(q), ": ",
                        by_reason(q, CFO_COUNT_LOST), NULL));
    if (q->total[CFO_COUNT_DOUBTFUL])
        cfo_ctl_object(
            q, CFO_READY_NO,
            apr_pstrcat(q->p,
                        cfo_ctl_counted(q->p, q->total[CFO_COUNT_DOUBTFUL], "request"),
                        " with a certificate that the zone's CA issued but that is not "
                        "valid ",
                        verb(q), ": ", by_reason(q, CFO_COUNT_DOUBTFUL), NULL));
}

static void look_at_handshakes(cfo_ctl_inquiry_t *q)
{
    apr_uint64_t at_edge = q->summary->failed_at_edge;

    const char *last =
        q->summary->failed_last
            ? apr_pstrcat(q->p, ", the last one at ",
                          cfo_text_time(q->p, q->summary->failed_last),
                          " (if the cause has been fixed since, use --since)", NULL)
            : "";

    if (at_edge)
        cfo_ctl_object(q, CFO_READY_NO,
                       apr_pstrcat(q->p, cfo_ctl_counted(q->p, at_edge, "handshake"),
                                   " with Cloudflare's addresses failed because of the "
                                   "certificate: those visitors saw 520 or 525",
                                   last, NULL));
    if (q->total[CFO_COUNT_FAILED] > at_edge)
        cfo_ctl_note(
            q,
            apr_pstrcat(
                q->p,
                cfo_ctl_counted(q->p, q->total[CFO_COUNT_FAILED] - at_edge, "handshake"),
                " with addresses that are not Cloudflare's failed because of the "
                "certificate",
                NULL));
}

/* Cloudflare connects there, but never with the certificate. */
static int is_bare(const cfo_ctl_row_t *site)
{
    return site->counts[CFO_COUNT_FROM_EDGE] && !site->counts[CFO_COUNT_PROVEN] &&
           !site->counts[CFO_COUNT_TUNNELLED];
}

static void look_at_sites(cfo_ctl_inquiry_t *q)
{
    apr_array_header_t *rows = cfo_ctl_breakdown_sorted(q->summary->sites, q->p);
    apr_uint64_t bare = 0, quiet = 0;
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const cfo_ctl_row_t *row = APR_ARRAY_IDX(rows, i, const cfo_ctl_row_t *);

        quiet += !row->counts[CFO_COUNT_FROM_EDGE] && !row->counts[CFO_COUNT_PROVEN] &&
                 !row->counts[CFO_COUNT_ADMITTED];
        if (!is_bare(row) || bare++ >= SITES_SHOWN)
            continue;
        cfo_ctl_object(
            q, CFO_READY_NO,
            apr_pstrcat(
                q->p, cfo_ctl_shown(q->p, row->name), ": ",
                cfo_ctl_counted(q->p, row->counts[CFO_COUNT_FROM_EDGE], "request"),
                " came from Cloudflare's addresses, and none with the "
                "certificate of the zone: is Authenticated Origin Pulls on "
                "there, and does the virtual host ask for it?",
                NULL));
    }
    if (bare > SITES_SHOWN)
        cfo_ctl_object(q, CFO_READY_NO,
                       apr_pstrcat(q->p, "the same goes for ",
                                   cfo_ctl_counted(q->p, bare - SITES_SHOWN, "more site"),
                                   NULL));
    if (q->summary->sites->missed)
        cfo_ctl_object(
            q, CFO_READY_UNKNOWN,
            "there are too many sites (a virtual host and a zone) to count separately: "
            "check them one by one with --vhost");
    if (quiet)
        cfo_ctl_note(q, apr_pstrcat(q->p, "nothing is known of ",
                                    cfo_ctl_counted(q->p, quiet, "site"),
                                    " (a virtual host and a zone): no request came there "
                                    "through Cloudflare",
                                    NULL));
}

static void look_at_admitted(cfo_ctl_inquiry_t *q)
{
    if (!q->summary->events)
        cfo_ctl_object(
            q, CFO_READY_UNKNOWN,
            "there is no line about a request: is it the right log and the right time, "
            "and is CFOriginPull Audit or On?");
    else if (!q->total[CFO_COUNT_ADMITTED])
        cfo_ctl_object(
            q, CFO_READY_UNKNOWN,
            "there is no line of an admitted request (CFO0003), so it is not known how "
            "many come with the certificate: set \"LogLevel warn cf_origin:info\" and "
            "wait until all kinds of visits have come");
    else if (!q->total[CFO_COUNT_PROVEN] && !q->total[CFO_COUNT_TUNNELLED])
        cfo_ctl_object(
            q, CFO_READY_UNKNOWN,
            "no request came with a valid certificate of its zone: is Authenticated "
            "Origin Pulls on?");
    else
        look_at_sites(q);
}

static void look_at_gaps(cfo_ctl_inquiry_t *q)
{
    const cfo_ctl_summary_t *summary = q->summary;
    apr_uint64_t held = q->total[CFO_COUNT_HELD_BACK];

    if (held)
        cfo_ctl_object(q, CFO_READY_UNKNOWN,
                       apr_pstrcat(q->p, cfo_ctl_counted(q->p, held, "line"),
                                   " held back, with unknown content: increase "
                                   "CFOriginPullLogLimit for the time of the audit",
                                   NULL));
    if (summary->cut)
        cfo_ctl_object(q, CFO_READY_UNKNOWN,
                       apr_pstrcat(q->p, cfo_ctl_counted(q->p, summary->cut, "line"),
                                   " of the module cut, with unknown content", NULL));
    if (summary->untimed && (summary->wanted.since || summary->wanted.until))
        cfo_ctl_object(q, CFO_READY_UNKNOWN,
                       apr_pstrcat(q->p, cfo_ctl_counted(q->p, summary->untimed, "line"),
                                   " left out, without a readable time", NULL));
}

static const char *sentence(cfo_ctl_inquiry_t *q)
{
    const cfo_ctl_row_t *total = &q->summary->total;
    const char *when = "in these logs";

    if (total->first)
        when = apr_pstrcat(q->p, "from ", cfo_text_time(q->p, total->first), " to ",
                           cfo_text_time(q->p, total->last), NULL);
    return apr_pstrcat(
        q->p, when, ", ", cfo_ctl_thousands(q->p, q->total[CFO_COUNT_LOST]), " of ",
        cfo_ctl_counted(q->p, q->total[CFO_COUNT_PROVEN], "request"),
        " that came with a valid certificate of their zone ", verb(q), ", and of others ",
        cfo_ctl_thousands(q->p, q->total[CFO_COUNT_DIRECT]),
        " that bypassed Cloudflare and ",
        cfo_ctl_thousands(q->p, q->total[CFO_COUNT_FROM_EDGE]),
        " that came from Cloudflare's addresses", NULL);
}

/* What On would do to own requests. */
static void look_at_own(cfo_ctl_inquiry_t *q)
{
    apr_uint64_t more = 0;
    int i;

    q->result->exempt = cfo_ctl_exemptions(q->p, q->summary->own, verb(q));
    for (i = 0; i < q->result->exempt->nelts; i++) {
        const cfo_ctl_exemption_t *exemption =
            &APR_ARRAY_IDX(q->result->exempt, i, cfo_ctl_exemption_t);

        if (i < SITES_SHOWN)
            cfo_ctl_object(q, exemption->is_certain ? CFO_READY_NO : CFO_READY_UNKNOWN,
                           exemption->why);
        else
            more += exemption->source.unproven;
    }
    if (more)
        cfo_ctl_object(
            q, CFO_READY_NO,
            apr_pstrcat(q->p, "the same goes for ",
                        cfo_ctl_counted(q->p, more, "request"),
                        " from other own addresses: see \"exempt\" in the JSON", NULL));
}

/* Audit leaves address and headers as they are, unless a directive says otherwise. */
static void look_at_rehearsal(cfo_ctl_inquiry_t *q)
{
    if (q->summary->unrehearsed)
        cfo_ctl_note(
            q, "the visitor's address was not set (client_ip=off): before you set On, "
               "set \"CFOriginPullClientIP verified\" and \"CFOriginPullScrub On\" in "
               "Audit for some time, to see whether access rules and the application are "
               "ready for it");
}

static const char *shown_span(apr_pool_t *p, apr_int64_t seconds)
{
    if (seconds < 2 * 60)
        return apr_psprintf(p, "%d s", (int)seconds);
    if (seconds < 2 * 3600)
        return apr_psprintf(p, "%d min", (int)(seconds / 60));
    if (seconds < 2 * ENOUGH_SECONDS)
        return apr_psprintf(p, "%d h", (int)(seconds / 3600));
    return apr_psprintf(p, "%d days", (int)(seconds / 86400));
}

/* A yes from a few requests says little about the others. */
static void look_at_amount(cfo_ctl_inquiry_t *q)
{
    const cfo_ctl_row_t *total = &q->summary->total;
    apr_int64_t seconds = apr_time_sec(total->last - total->first);
    apr_uint64_t proved = q->total[CFO_COUNT_PROVEN] + q->total[CFO_COUNT_TUNNELLED];

    if (q->result->answer == CFO_READY_YES &&
        (proved < ENOUGH_REQUESTS || (total->first && seconds < ENOUGH_SECONDS)))
        cfo_ctl_note(
            q, apr_pstrcat(q->p, "the log covers ",
                           total->first ? shown_span(q->p, seconds) : "an unknown time",
                           " and ", cfo_ctl_counted(q->p, proved, "proved request"),
                           ": a busy site needs a day or more, in which all kinds of "
                           "visits come",
                           NULL));
}

cfo_ctl_readiness_t cfo_ctl_readiness(apr_pool_t *p, const cfo_ctl_summary_t *summary)
{
    cfo_ctl_readiness_t result = { CFO_READY_YES, NULL,
                                   apr_array_make(p, 4, sizeof(const char *)),
                                   apr_array_make(p, 4, sizeof(const char *)), NULL };
    cfo_ctl_inquiry_t q = { p, summary, summary->total.counts, &result };

    result.sentence = sentence(&q);
    look_at_lost(&q);
    look_at_handshakes(&q);
    cfo_ctl_look_at_answers(&q);
    look_at_own(&q);
    look_at_admitted(&q);
    look_at_gaps(&q);
    look_at_rehearsal(&q);
    look_at_amount(&q);
    if (q.total[CFO_COUNT_FROM_EDGE])
        cfo_ctl_note(
            &q,
            "requests from Cloudflare's addresses without a certificate of the zone come "
            "from other customers' zones that point here, from health checks, or for "
            "host names for which Authenticated Origin Pulls is off");
    return result;
}

const char *cfo_ctl_ready_name(cfo_ctl_ready_t answer)
{
    static const char *const names[] = {
        [CFO_READY_YES] = "yes",
        [CFO_READY_UNKNOWN] = "unknown",
        [CFO_READY_NO] = "no",
    };

    return names[answer];
}
