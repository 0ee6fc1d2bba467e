/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: sums of the requests and handshakes in error logs. */
#include "ctl/audit/log_summary.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "core/verdict/reason.h"
#include "ctl/audit/own_address.h"
#include "ctl/audit/summary_row.h"
#include "ctl/audit/uri_path.h"

enum { DENIED_MOST = 1024, MISDIRECTED_MOST = 256 };

cfo_ctl_summary_t *cfo_ctl_summary_create(apr_pool_t *p, const cfo_ctl_wanted_t *wanted,
                                          cfo_ctl_own_t *own)
{
    cfo_ctl_summary_t *summary = apr_pcalloc(p, sizeof *summary);
    apr_array_header_t *published = apr_array_make(p, 32, sizeof(cfo_range_t));

    summary->wanted = *wanted;
    summary->reasons = cfo_ctl_breakdown_create(p, CFO_BREAKDOWN_MOST);
    summary->vhosts = cfo_ctl_breakdown_create(p, CFO_BREAKDOWN_MOST);
    summary->zones = cfo_ctl_breakdown_create(p, CFO_BREAKDOWN_MOST);
    summary->certificates = cfo_ctl_breakdown_create(p, CFO_BREAKDOWN_MOST);
    summary->networks = cfo_ctl_breakdown_create(p, CFO_BREAKDOWN_MOST);
    summary->sites = cfo_ctl_breakdown_create(p, CFO_BREAKDOWN_MOST);
    summary->handshakes = cfo_ctl_breakdown_create(p, CFO_BREAKDOWN_MOST);
    summary->denied = cfo_ctl_breakdown_create(p, DENIED_MOST);
    summary->misdirected = cfo_ctl_breakdown_create(p, MISDIRECTED_MOST);
    summary->own = own;
    cfo_ranges_add_builtin(published);
    summary->published = cfo_ranges_build(p, published);
    return summary;
}

/* Whether `vhost`, with or without its port, has this name. */
static int is_named(const char *name, const char *vhost)
{
    size_t length = strlen(name);

    return vhost && !strncasecmp(vhost, name, length) &&
           (!vhost[length] || vhost[length] == ':');
}

/* Lines held back may be of any virtual host; an old handshake line has only the SNI. */
static int is_wanted(const cfo_ctl_wanted_t *wanted, const cfo_event_line_t *line)
{
    const char *sni = line->event.sni;

    if (!wanted->vhost || line->kind == CFO_LINE_HELD_BACK)
        return 1;
    if (line->kind != CFO_LINE_HANDSHAKE_FAILED || line->event.vhost)
        return is_named(wanted->vhost, line->event.vhost);
    return sni && is_named(sni, wanted->vhost);
}

static int is_in_time(const cfo_ctl_wanted_t *wanted, apr_time_t time)
{
    if (!wanted->since && !wanted->until)
        return 1;
    return time && time >= wanted->since && (!wanted->until || time < wanted->until);
}

/* A name that was cut is not a reason. */
static const char *reason_of(const cfo_event_line_t *line)
{
    const char *reason = line->event.reason;

    return reason && (line->is_whole || cfo_reason_find(reason)) ? reason : "?";
}

static void count_request(cfo_ctl_counts_t counts, const cfo_event_line_t *line,
                          const char *reason, int is_denied)
{
    const cfo_event_t *event = &line->event;
    const cfo_reason_info_t *info = cfo_reason_find(reason);
    int is_admitted = line->kind == CFO_LINE_ADMITTED;
    int is_proven =
        (event->zone && event->cert_zone && !strcmp(event->zone, event->cert_zone)) ||
        (is_admitted && info && info->verdict == CFO_VERDICT_VERIFIED);

    counts[CFO_COUNT_REFUSED + (line->kind - CFO_LINE_REFUSED)]++;
    if (is_proven)
        counts[CFO_COUNT_PROVEN]++;
    if (is_admitted) {
        counts[CFO_COUNT_TUNNELLED] = info && info->verdict == CFO_VERDICT_TUNNEL;
        counts[CFO_COUNT_DENIED] =
            is_denied && (is_proven || counts[CFO_COUNT_TUNNELLED]);
        return;
    }
    if (is_proven)
        counts[CFO_COUNT_LOST]++;
    else if (info && info->is_doubtful)
        counts[CFO_COUNT_DOUBTFUL]++;
    else
        counts[event->edge_known ? CFO_COUNT_FROM_EDGE : CFO_COUNT_DIRECT]++;
}

/* Of a request that was proved and then refused by another rule. */
static void add_denied(cfo_ctl_summary_t *summary, cfo_ctl_counts_t counts,
                       apr_time_t time)
{
    const cfo_event_t *event = &summary->line.event;
    char path[256];
    cfo_ctl_row_t *row;

    if (!event->uri || !cfo_ctl_uri_path(event->uri, path, sizeof path))
        strcpy(path, "-");
    counts[CFO_COUNT_EXPECTED] =
        cfo_ctl_path_is_hidden(path) || cfo_ctl_own_ignores(summary->own, path);
    row = cfo_ctl_breakdown_row(summary->denied, path);
    cfo_ctl_row_copy(row->label, sizeof row->label, event->vhost);
    cfo_ctl_row_add(row, counts, &summary->line, time);
}

static int is_unrehearsed(const cfo_event_t *event, const cfo_ctl_counts_t counts)
{
    return counts[CFO_COUNT_ADMITTED] &&
           (counts[CFO_COUNT_PROVEN] || counts[CFO_COUNT_TUNNELLED]) &&
           event->client_ip && !strcmp(event->client_ip, "off");
}

static void add_request(cfo_ctl_summary_t *summary, const char *reason, int is_denied,
                        apr_time_t time)
{
    const cfo_event_line_t *line = &summary->line;
    const cfo_event_t *event = &line->event;
    cfo_ctl_counts_t counts = { 0 };
    cfo_ctl_row_t *row;
    char text[600], *at, *end;

    count_request(counts, line, reason, is_denied);
    if (counts[CFO_COUNT_DENIED])
        add_denied(summary, counts, time);
    summary->unrehearsed += is_unrehearsed(event, counts);
    cfo_ctl_own_add(summary->own, line, counts, time);
    cfo_ctl_row_add(&summary->total, counts, line, time);
    cfo_ctl_row_add(cfo_ctl_breakdown_row(summary->reasons, reason), counts, line, time);
    row = cfo_ctl_breakdown_row(summary->vhosts, event->vhost ? event->vhost : "-");
    cfo_ctl_row_add(row, counts, line, time);
    row = cfo_ctl_breakdown_row(summary->zones, event->zone ? event->zone : "-");
    cfo_ctl_row_add(row, counts, line, time);
    row =
        cfo_ctl_breakdown_row(summary->networks, cfo_ctl_row_network(event->edge, text));
    cfo_ctl_row_add(row, counts, line, time);
    row = cfo_ctl_breakdown_row(summary->certificates, event->cert ? event->cert : "-");
    cfo_ctl_row_copy(row->label, sizeof row->label, event->cert_subject);
    cfo_ctl_row_add(row, counts, line, time);
    if (!event->zone)
        return;
    end = text + sizeof text;
    at = cfo_ctl_row_append(text, end, event->vhost ? event->vhost : "-");
    at = cfo_ctl_row_append(at, end, " ");
    cfo_ctl_row_append(at, end, event->zone);
    cfo_ctl_row_add(cfo_ctl_breakdown_row(summary->sites, text), counts, line, time);
}

static void add_held_back(cfo_ctl_summary_t *summary, const char *reason, apr_time_t time)
{
    const char *lines = summary->line.lines;
    cfo_ctl_counts_t counts = { 0 };

    /* A larger number cannot be true, and would make sums overflow. */
    if (lines && strlen(lines) <= 12)
        counts[CFO_COUNT_HELD_BACK] = strtoull(lines, NULL, 10);
    cfo_ctl_row_add(&summary->total, counts, &summary->line, time);
    cfo_ctl_row_add(cfo_ctl_breakdown_row(summary->reasons, reason), counts,
                    &summary->line, time);
}

static void add_handshake(cfo_ctl_summary_t *summary, const char *reason, apr_time_t time)
{
    const cfo_event_line_t *line = &summary->line;
    cfo_ctl_counts_t counts = { 0 };
    cfo_address_t address;
    cfo_ctl_row_t *row;
    char text[48];
    int at_edge = line->event.edge_known;

    if (!line->edge_known && line->event.edge &&
        cfo_address_parse(line->event.edge, &address))
        at_edge = cfo_ranges_contain(summary->published, &address);
    counts[CFO_COUNT_FAILED] = 1;
    cfo_ctl_row_add(&summary->total, counts, line, time);
    row = cfo_ctl_breakdown_row(summary->networks,
                                cfo_ctl_row_network(line->event.edge, text));
    cfo_ctl_row_add(row, counts, line, time);
    counts[at_edge ? CFO_COUNT_FROM_EDGE : CFO_COUNT_DIRECT] = 1;
    summary->failed_at_edge += at_edge;
    if (at_edge && time > summary->failed_last)
        summary->failed_last = time;
    row = cfo_ctl_breakdown_row(summary->handshakes, reason);
    cfo_ctl_row_copy(row->label, sizeof row->label, line->event.cert_subject);
    cfo_ctl_row_add(row, counts, line, time);
}

/* Whether the client, "address:port", has a published address of Cloudflare's. */
static int is_published(const cfo_ctl_summary_t *summary, const char *client,
                        char network[48])
{
    const char *port = strrchr(client, ':');
    cfo_address_t address;
    char text[72];

    apr_cpystrn(text, client, sizeof text);
    if (port)
        text[port - client] = '\0';
    cfo_ctl_row_network(text, network);
    return cfo_ctl_address_read(text, &address) &&
           cfo_ranges_contain(summary->published, &address);
}

static int is_wanted_name(const cfo_ctl_wanted_t *wanted, const cfo_ctl_denial_t *denial)
{
    size_t length = wanted->vhost ? strcspn(wanted->vhost, ":") : 0;

    return !wanted->vhost ||
           (strlen(denial->what) == length &&
            !strncasecmp(denial->what, wanted->vhost, length)) ||
           (strlen(denial->other) == length &&
            !strncasecmp(denial->other, wanted->vhost, length));
}

static void add_misdirected(cfo_ctl_summary_t *summary, const cfo_ctl_denial_t *denial,
                            apr_time_t time)
{
    cfo_ctl_counts_t counts = { 0 };
    char name[sizeof denial->what + sizeof denial->other], network[48];
    cfo_ctl_row_t *row;

    if (!is_wanted_name(&summary->wanted, denial))
        return;
    memset(&summary->line, 0, offsetof(cfo_event_line_t, text));
    summary->line.kind = CFO_LINE_HELD_BACK; /* not an example */
    counts[CFO_COUNT_MISDIRECTED] = 1;
    cfo_ctl_row_add(&summary->total, counts, &summary->line, time);
    counts[is_published(summary, denial->of.client, network) ? CFO_COUNT_FROM_EDGE
                                                             : CFO_COUNT_DIRECT] = 1;
    apr_snprintf(name, sizeof name, "%s %s", denial->what, denial->other);
    row = cfo_ctl_breakdown_row(summary->misdirected, name);
    cfo_ctl_row_add(row, counts, &summary->line, time);
    cfo_ctl_row_copy(row->label, sizeof row->label, network);
}

void cfo_ctl_summary_settle(cfo_ctl_summary_t *summary)
{
    int i;

    for (i = 0; i < summary->misdirected->count; i++) {
        cfo_ctl_row_t *row = &summary->misdirected->rows[i];
        const cfo_ctl_row_t *network =
            cfo_ctl_breakdown_find(summary->networks, row->label);

        if (!network ||
            !(network->counts[CFO_COUNT_PROVEN] || network->counts[CFO_COUNT_FROM_EDGE]))
            continue;
        row->counts[CFO_COUNT_FROM_EDGE] += row->counts[CFO_COUNT_DIRECT];
        row->counts[CFO_COUNT_DIRECT] = 0;
    }
}

static void add_denial(cfo_ctl_summary_t *summary, const char *text, size_t length)
{
    cfo_ctl_denial_t denial;
    apr_time_t time;

    if (!cfo_ctl_denial_read(text, length, &denial))
        return;
    time = cfo_ctl_log_time(&summary->hours, text, denial.front, length);
    if (!is_in_time(&summary->wanted, time))
        return;
    if (denial.kind == CFO_DENIAL_MISDIRECTED)
        add_misdirected(summary, &denial, time);
    else
        cfo_ctl_join_keep(&summary->join, &denial, text, time);
}

void cfo_ctl_summary_add(void *baton, const char *text, size_t length)
{
    cfo_ctl_summary_t *summary = baton;
    const char *at = cfo_event_line_find(text, length), *reason;
    cfo_event_line_t *line = &summary->line;
    apr_time_t time;
    int is_denied = 0;

    if (!at || !cfo_event_line_read(at, text + length - at, line)) {
        add_denial(summary, text, length);
        return;
    }
    time = cfo_ctl_log_time(&summary->hours, text, at - text, length);
    if (line->kind <= CFO_LINE_ADMITTED)
        is_denied =
            cfo_ctl_join_take(&summary->join, &line->event, text, at - text, time);
    if (!is_wanted(&summary->wanted, line))
        return;
    summary->untimed += !time;
    if (!is_in_time(&summary->wanted, time))
        return;
    summary->events++;
    summary->cut += !line->is_whole;
    reason = reason_of(line);
    if (line->kind == CFO_LINE_HELD_BACK)
        add_held_back(summary, reason, time);
    else if (line->kind == CFO_LINE_HANDSHAKE_FAILED)
        add_handshake(summary, reason, time);
    else
        add_request(summary, reason, is_denied, time);
}
