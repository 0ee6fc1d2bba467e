/* SPDX-License-Identifier: Apache-2.0 */
/* The short form of the status, within mod_status. */
#include "httpd/status/status_short.h"

#include <string.h>

#include "httpd.h"
#include "http_config.h"
#include "http_main.h"
#include "http_protocol.h"
#include "mod_status.h"

#include "apr_optional_hooks.h"

#include "core/report/problem.h"
#include "version.h"
#include "httpd/status/status.h"

typedef struct {
    const char *key;   /* for ?auto */
    const char *label; /* for people */
    apr_uint64_t number;
} item_t;

enum { ITEMS = 11 };

static apr_uint64_t count_vhosts(const cfo_report_t *report, cfo_stance_t mode)
{
    apr_uint64_t count = 0;
    int i;

    for (i = 0; i < report->vhosts->nelts; i++)
        count += APR_ARRAY_IDX(report->vhosts, i, cfo_report_vhost_t).stance == mode;
    return count;
}

static apr_uint64_t count_handshakes(const cfo_totals_t *totals)
{
    apr_uint64_t count = 0;
    int i;

    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++)
        count += totals->handshakes[i];
    return count;
}

/* `requests` by reason. */
static void fill(const cfo_report_t *report, const apr_uint64_t *requests, item_t *items)
{
    const apr_array_header_t *problems = report->problems;
    const item_t all[ITEMS] = {
        { "OriginPullOn", "Virtual hosts that are On",
          count_vhosts(report, CFO_STANCE_ON) },
        { "OriginPullAudit", "in Audit", count_vhosts(report, CFO_STANCE_AUDIT) },
        { "OriginPullOff", "Off", count_vhosts(report, CFO_STANCE_OFF) },
        { "OriginPullVerified", "Requests verified",
          cfo_report_with(requests, CFO_VERDICT_VERIFIED) },
        { "OriginPullTunnel", "from a tunnel",
          cfo_report_with(requests, CFO_VERDICT_TUNNEL) },
        { "OriginPullExempt", "exempt", cfo_report_with(requests, CFO_VERDICT_EXEMPT) },
        { "OriginPullUnproven", "unproven",
          cfo_report_with(requests, CFO_VERDICT_UNPROVEN) },
        { "OriginPullEarlyDrops", "Connections dropped before the handshake",
          report->totals->early_drops },
        { "OriginPullHandshakeFailures", "Handshakes that failed for the certificate",
          count_handshakes(report->totals) },
        { "OriginPullErrors", "Errors now",
          (apr_uint64_t)cfo_problems_count(problems, CFO_WEIGHT_ERROR) },
        { "OriginPullWarnings", "Warnings now",
          (apr_uint64_t)cfo_problems_count(problems, CFO_WEIGHT_WARNING) },
    };

    memcpy(items, all, sizeof all);
}

static void print_page(request_rec *r, const item_t *items)
{
    int i;

    ap_rprintf(r, "<hr />\n<h2>mod_cf_origin %s</h2>\n<table border=\"0\">\n",
               CFO_VERSION);
    for (i = 0; i < ITEMS; i++)
        ap_rprintf(r,
                   "<tr><td>%s</td><td align=\"right\">%" APR_UINT64_T_FMT "</td></tr>\n",
                   items[i].label, items[i].number);
    ap_rputs("</table>\n", r);
}

static int print(request_rec *r, int flags)
{
    cfo_report_t *report = cfo_status_report(r->pool, ap_server_conf, NULL);
    apr_uint64_t requests[CFO_REASON_COUNT];
    item_t items[ITEMS];
    int i;

    cfo_report_requests(report, requests);
    fill(report, requests, items);
    cfo_snapshot_release(report->snapshot);
    if (!(flags & AP_STATUS_SHORT))
        print_page(r, items);
    for (i = 0; flags & AP_STATUS_SHORT && i < ITEMS; i++)
        ap_rprintf(r, "%s: %" APR_UINT64_T_FMT "\n", items[i].key, items[i].number);
    return OK;
}

void cfo_status_short_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, print, NULL, NULL, APR_HOOK_MIDDLE);
}
