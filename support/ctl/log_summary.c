/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: sums of the requests and handshakes in error logs. */
#include "log_summary.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_strings.h"

#include "core/verdict/reason.h"

cfo_ctl_summary_t *cfo_ctl_summary_create(apr_pool_t *p, const cfo_ctl_wanted_t *wanted)
{
    cfo_ctl_summary_t *summary = apr_pcalloc(p, sizeof *summary);
    apr_array_header_t *published = apr_array_make(p, 32, sizeof(cfo_range_t));

    summary->wanted = *wanted;
    summary->reasons = cfo_ctl_breakdown_create(p);
    summary->vhosts = cfo_ctl_breakdown_create(p);
    summary->zones = cfo_ctl_breakdown_create(p);
    summary->certificates = cfo_ctl_breakdown_create(p);
    summary->networks = cfo_ctl_breakdown_create(p);
    summary->sites = cfo_ctl_breakdown_create(p);
    summary->handshakes = cfo_ctl_breakdown_create(p);
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
                          const char *reason)
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
        return;
    }
    if (is_proven)
        counts[CFO_COUNT_LOST]++;
    else if (info && info->is_doubtful)
        counts[CFO_COUNT_DOUBTFUL]++;
    else
        counts[event->edge_known ? CFO_COUNT_FROM_EDGE : CFO_COUNT_DIRECT]++;
}

static void copy(char *to, size_t size, const char *from)
{
    size_t length;

    if (!from)
        from = "";
    length = strnlen(from, size);
    memcpy(to, from, length < size ? length + 1 : size);
    if (length == size)
        memcpy(to + size - 4, "...", 4);
}

static void add_example(cfo_ctl_row_t *row, const cfo_event_line_t *line, apr_time_t time)
{
    const cfo_event_t *event = &line->event;
    int is_unproven = line->kind != CFO_LINE_ADMITTED;
    cfo_ctl_example_t *example;

    if (line->kind == CFO_LINE_HELD_BACK || (row->has_unproven && !is_unproven))
        return;
    if (row->has_unproven != is_unproven)
        row->examples = 0;
    row->has_unproven = is_unproven;
    example = &row->example[row->examples++ % CFO_BREAKDOWN_EXAMPLES];
    example->time = time;
    example->is_claimed = !event->ray;
    copy(example->ray, sizeof example->ray, event->ray ? event->ray : event->claimed_ray);
    copy(example->edge, sizeof example->edge, event->edge);
    copy(example->what, sizeof example->what, event->uri ? event->uri : event->sni);
}

static void add_to_row(cfo_ctl_row_t *row, const cfo_ctl_counts_t counts,
                       const cfo_event_line_t *line, apr_time_t time)
{
    int i;

    for (i = 0; i < CFO_COUNTS; i++)
        row->counts[i] += counts[i];
    if (time && (!row->first || time < row->first))
        row->first = time;
    if (time > row->last)
        row->last = time;
    add_example(row, line, time);
}

static const char *network_of(const char *edge, char text[48])
{
    cfo_address_t address;

    if (!edge || !cfo_address_parse(edge, &address))
        return "-";
    if (address.bits == 32)
        apr_snprintf(text, 48, "%u.%u.%u.0/24", (unsigned)(address.low >> 24),
                     (unsigned)(address.low >> 16 & 255),
                     (unsigned)(address.low >> 8 & 255));
    else
        apr_snprintf(text, 48, "%x:%x:%x::/48", (unsigned)(address.high >> 48),
                     (unsigned)(address.high >> 32 & 0xffff),
                     (unsigned)(address.high >> 16 & 0xffff));
    return text;
}

static void add_request(cfo_ctl_summary_t *summary, const char *reason, apr_time_t time)
{
    const cfo_event_line_t *line = &summary->line;
    const cfo_event_t *event = &line->event;
    cfo_ctl_counts_t counts = { 0 };
    cfo_ctl_row_t *row;
    char text[600];

    count_request(counts, line, reason);
    add_to_row(&summary->total, counts, line, time);
    add_to_row(cfo_ctl_breakdown_row(summary->reasons, reason), counts, line, time);
    row = cfo_ctl_breakdown_row(summary->vhosts, event->vhost ? event->vhost : "-");
    add_to_row(row, counts, line, time);
    row = cfo_ctl_breakdown_row(summary->zones, event->zone ? event->zone : "-");
    add_to_row(row, counts, line, time);
    row = cfo_ctl_breakdown_row(summary->networks, network_of(event->edge, text));
    add_to_row(row, counts, line, time);
    row = cfo_ctl_breakdown_row(summary->certificates, event->cert ? event->cert : "-");
    copy(row->label, sizeof row->label, event->cert_subject);
    add_to_row(row, counts, line, time);
    if (!event->zone)
        return;
    apr_snprintf(text, sizeof text, "%s %s", event->vhost ? event->vhost : "-",
                 event->zone);
    add_to_row(cfo_ctl_breakdown_row(summary->sites, text), counts, line, time);
}

static void add_held_back(cfo_ctl_summary_t *summary, const char *reason, apr_time_t time)
{
    const char *lines = summary->line.lines;
    cfo_ctl_counts_t counts = { 0 };

    /* A larger number cannot be true, and would make sums overflow. */
    if (lines && strlen(lines) <= 12)
        counts[CFO_COUNT_HELD_BACK] = strtoull(lines, NULL, 10);
    add_to_row(&summary->total, counts, &summary->line, time);
    add_to_row(cfo_ctl_breakdown_row(summary->reasons, reason), counts, &summary->line,
               time);
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
    add_to_row(&summary->total, counts, line, time);
    row = cfo_ctl_breakdown_row(summary->networks, network_of(line->event.edge, text));
    add_to_row(row, counts, line, time);
    counts[at_edge ? CFO_COUNT_FROM_EDGE : CFO_COUNT_DIRECT] = 1;
    summary->failed_at_edge += at_edge;
    row = cfo_ctl_breakdown_row(summary->handshakes, reason);
    copy(row->label, sizeof row->label, line->event.cert_subject);
    add_to_row(row, counts, line, time);
}

void cfo_ctl_summary_add(void *baton, const char *text, size_t length)
{
    cfo_ctl_summary_t *summary = baton;
    const char *at = cfo_event_line_find(text, length), *reason;
    cfo_event_line_t *line = &summary->line;
    apr_time_t time;

    if (!at || !cfo_event_line_read(at, text + length - at, line) ||
        !is_wanted(&summary->wanted, line))
        return;
    time = cfo_ctl_log_time(&summary->hour, text, at - text, length);
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
        add_request(summary, reason, time);
}
