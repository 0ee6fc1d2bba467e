/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: requests that are the administrator's own. */
#include "ctl/audit/own_state.h"

#include <stdlib.h>
#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "ctl/audit/own_address.h"
#include "ctl/audit/steady.h"
#include "ctl/audit/summary_row.h"
#include "ctl/audit/uri_path.h"

enum {
    PATHS_MOST = 512,   /* of own addresses */
    STEADY_MOST = 2048, /* of others */
    TOKEN_FEWEST = 22,  /* 128 bits in base64url (RFC 8555, section 8.1) */
};

#define CHALLENGES "/.well-known/acme-challenge/"

cfo_ctl_own_t *cfo_ctl_own_create(apr_pool_t *p)
{
    cfo_ctl_own_t *own = apr_pcalloc(p, sizeof *own);
    apr_array_header_t *interfaces = apr_array_make(p, 8, sizeof(cfo_range_t));

    own->pool = p;
    cfo_ctl_address_add_interfaces(interfaces);
    own->interfaces = cfo_ranges_build(p, interfaces);
    own->listed_ranges = apr_array_make(p, 2, sizeof(cfo_range_t));
    own->ignored_ranges = apr_array_make(p, 2, sizeof(cfo_range_t));
    own->ignored_paths = apr_array_make(p, 2, sizeof(const char *));
    own->paths = cfo_ctl_breakdown_create(p, PATHS_MOST);
    own->steady = cfo_ctl_breakdown_create(p, STEADY_MOST);
    return own;
}

static const char *add_range(apr_pool_t *p, const char *text, apr_array_header_t *ranges,
                             cfo_ranges_t **set)
{
    cfo_range_t range;
    const char *reason = cfo_range_parse(p, text, &range);

    if (reason)
        return reason;
    APR_ARRAY_PUSH(ranges, cfo_range_t) = range;
    *set = cfo_ranges_build(p, ranges);
    return NULL;
}

const char *cfo_ctl_own_list(cfo_ctl_own_t *own, const char *range)
{
    return add_range(own->pool, range, own->listed_ranges, &own->listed);
}

const char *cfo_ctl_own_ignore(cfo_ctl_own_t *own, const char *range_or_path)
{
    if (*range_or_path != '/')
        return add_range(own->pool, range_or_path, own->ignored_ranges, &own->ignored);
    APR_ARRAY_PUSH(own->ignored_paths, const char *) = range_or_path;
    return NULL;
}

static int is_ignored_path(const cfo_ctl_own_t *own, const char *path)
{
    int i;

    for (i = 0; i < own->ignored_paths->nelts; i++) {
        if (cfo_ctl_path_is_below(path, APR_ARRAY_IDX(own->ignored_paths, i, char *)))
            return 1;
    }
    return 0;
}

int cfo_ctl_own_ignores(const cfo_ctl_own_t *own, const char *uri)
{
    char path[256];

    return uri && cfo_ctl_uri_path(uri, path, sizeof path) && is_ignored_path(own, path);
}

static cfo_ctl_own_kind_t kind_of(const cfo_ctl_own_t *own, const cfo_address_t *address)
{
    if (cfo_ranges_contain(own->listed, address))
        return CFO_OWN_LISTED;
    if (cfo_ctl_address_is_loopback(address))
        return CFO_OWN_LOOPBACK;
    if (cfo_ranges_contain(own->interfaces, address))
        return CFO_OWN_HOST;
    return cfo_ctl_address_is_private(address) ? CFO_OWN_NETWORK : CFO_OWN_NONE;
}

/* NULL: there is no room for another one. */
static cfo_ctl_own_source_t *source_of(cfo_ctl_own_t *own, cfo_ctl_own_kind_t kind,
                                       const char *address)
{
    cfo_ctl_own_source_t *source = own->sources, *end = source + own->count;

    for (; source < end; source++) {
        if (source->kind == kind && !strcmp(source->address, address))
            return source;
    }
    if (own->count == CFO_OWN_ADDRESSES_MOST)
        return NULL;
    own->count++;
    source->kind = kind;
    apr_cpystrn(source->address, address, sizeof source->address);
    return source;
}

static void add_row(cfo_ctl_breakdown_t *table, const char *source, const char *vhost,
                    const char *path, apr_time_t time)
{
    char name[sizeof table->rows->name], *at, *end = name + sizeof name;
    cfo_ctl_row_t *row;

    at = cfo_ctl_row_append(name, end, source);
    at = cfo_ctl_row_append(at, end, " ");
    at = cfo_ctl_row_append(at, end, vhost ? vhost : "-");
    at = cfo_ctl_row_append(at, end, " ");
    cfo_ctl_row_append(at, end, path);
    row = cfo_ctl_breakdown_row(table, name);
    row->counts[CFO_COUNT_WOULD_REFUSE]++;
    cfo_ctl_steady_add(row, time);
    if (time > row->last)
        row->last = time;
}

/* A certificate authority asks for a random token; others ask for anything. */
static int is_challenge(const char *path)
{
    size_t begin = sizeof CHALLENGES - 1, length = 0;

    if (strncmp(path, CHALLENGES, begin))
        return 0;
    while (apr_isalnum(path[begin + length]) ||
           (path[begin + length] && strchr("-_", path[begin + length])))
        length++;
    return length >= TOKEN_FEWEST && !path[begin + length];
}

/* As WordPress calls itself. Its host may have another address to the outside than any of
 * its interfaces. */
static int is_wordpress(const cfo_event_t *event)
{
    return event->method && !strcmp(event->method, "POST") &&
           strstr(event->uri, "/wp-cron.php?doing_wp_cron=");
}

/* Requests that only their regularity may tell from others'. */
static void add_to_steady(cfo_ctl_own_t *own, const cfo_event_t *event, const char *path,
                          apr_time_t time)
{
    if (event->edge_known) {
        add_row(own->steady, CFO_OWN_EDGE, event->vhost, path, time);
        return;
    }
    add_row(own->steady, event->edge, event->vhost, path, time);
    add_row(own->steady, CFO_OWN_SEVERAL, event->vhost, path, time);
}

static void add_unproven(cfo_ctl_own_t *own, const cfo_event_t *event,
                         cfo_ctl_own_kind_t kind, const char *path, apr_time_t time)
{
    cfo_ctl_own_source_t *source = NULL;
    int is_own;

    if (kind == CFO_OWN_NONE && is_wordpress(event))
        kind = CFO_OWN_WORDPRESS;
    is_own = kind != CFO_OWN_NONE && !event->edge_known;

    if (is_challenge(path)) {
        source = source_of(own, CFO_OWN_ACME, "");
        add_row(own->paths, CFO_OWN_CHALLENGE, event->vhost, CHALLENGES, time);
    }
    else if (is_own) {
        source = source_of(own, kind, event->edge);
        add_row(own->paths, event->edge, event->vhost, path, time);
    }
    else
        add_to_steady(own, event, path, time);
    if (!source)
        return;
    source->unproven++;
    source->rays += event->claimed_ray != NULL;
}

/* The address of an old log, or of a balancer, may be missing. */
void cfo_ctl_own_add(cfo_ctl_own_t *own, const cfo_event_line_t *line,
                     const cfo_ctl_counts_t counts, apr_time_t time)
{
    const cfo_event_t *event = &line->event;
    cfo_ctl_own_source_t *source;
    cfo_ctl_own_kind_t kind;
    cfo_address_t address;
    char path[200];

    if (!event->edge || !cfo_ctl_address_read(event->edge, &address))
        return;
    kind = kind_of(own, &address);
    if (kind != CFO_OWN_NONE && counts[CFO_COUNT_PROVEN]) {
        source = source_of(own, kind, event->edge);
        if (source)
            source->proven++;
    }
    /* httpd asks itself for "*" to wake its processes, which a refusal does as well. */
    if (!(counts[CFO_COUNT_DIRECT] || counts[CFO_COUNT_FROM_EDGE]) || !event->uri ||
        !cfo_ctl_uri_path(event->uri, path, sizeof path) ||
        cfo_ranges_contain(own->ignored, &address) || is_ignored_path(own, path))
        return;
    add_unproven(own, event, kind, path, time);
}
