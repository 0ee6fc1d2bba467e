/* SPDX-License-Identifier: Apache-2.0 */
/* The short form of the status, within mod_status. */
#include "httpd/status/status.h"

#include <string.h>

#include "httpd.h"
#include "http_config.h"
#include "http_main.h"
#include "http_protocol.h"
#include "mod_status.h"

#include "apr_optional_hooks.h"

#include "core/report/problem.h"
#include "version.h"

typedef struct {
    const char *key;   /* for ?auto */
    const char *label; /* for people */
    apr_uint64_t number;
} item_t;

static apr_uint64_t count_handshakes(const cfo_totals_t *totals)
{
    apr_uint64_t count = 0;
    int i;

    for (i = 0; i < CFO_HANDSHAKE_COUNT; i++)
        count += totals->handshakes[i];
    return count;
}

/* `all`: the requests of all virtual hosts, by reason. */
static void print_items(request_rec *r, const cfo_report_t *report,
                        const apr_uint64_t *all, int is_short)
{
    const char *format =
        is_short ? "%s: %" APR_UINT64_T_FMT "\n"
                 : "<tr><td>%s</td><td align=\"right\">%" APR_UINT64_T_FMT "</td></tr>\n";
    const item_t items[] = {
        { "OriginPullOn", "Virtual hosts that are On",
          cfo_report_count(report, CFO_MODE_ON) },
        { "OriginPullAudit", "in Audit", cfo_report_count(report, CFO_MODE_AUDIT) },
        { "OriginPullOff", "Off", cfo_report_count(report, CFO_MODE_OFF) },
        { "OriginPullVerified", "Requests verified",
          cfo_report_with(all, CFO_VERDICT_VERIFIED) },
        { "OriginPullTunnel", "from a tunnel", cfo_report_with(all, CFO_VERDICT_TUNNEL) },
        { "OriginPullExempt", "exempt", cfo_report_with(all, CFO_VERDICT_EXEMPT) },
        { "OriginPullUnproven", "unproven", cfo_report_with(all, CFO_VERDICT_UNPROVEN) },
        { "OriginPullEarlyDrops", "Connections dropped before the handshake",
          report->totals->early_drops },
        { "OriginPullHandshakeFailures",
          "Handshakes that failed because of the certificate",
          count_handshakes(report->totals) },
        { "OriginPullErrors", "Errors now",
          cfo_problems_count(report->problems, CFO_LEVEL_ERROR) },
        { "OriginPullWarnings", "Warnings now",
          cfo_problems_count(report->problems, CFO_LEVEL_WARNING) },
    };
    size_t i;

    for (i = 0; i < sizeof items / sizeof *items; i++)
        ap_rprintf(r, format, is_short ? items[i].key : items[i].label, items[i].number);
}

static int print(request_rec *r, int flags)
{
    cfo_report_t *report = cfo_status_report(r->pool, ap_server_conf, NULL);
    int is_short = flags & AP_STATUS_SHORT;
    apr_uint64_t all[CFO_REASON_COUNT];

    cfo_report_requests(report, all);
    if (!is_short)
        ap_rprintf(r, "<hr />\n<h2>mod_cf_origin %s</h2>\n<table border=\"0\">\n",
                   CFO_VERSION);
    print_items(r, report, all, is_short);
    if (!is_short)
        ap_rputs("</table>\n", r);
    cfo_snapshot_release(report->snapshot);
    return OK;
}

void cfo_status_short_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, print, NULL, NULL, APR_HOOK_MIDDLE);
}
