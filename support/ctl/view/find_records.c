/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: DNS records that are not proxied. */
#include "ctl/view/findings.h"

#include <string.h>

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/net/address.h"

enum { CHAIN_MOST = 8 };

static const cfo_api_record_t *record_at(const apr_array_header_t *records, int i)
{
    return &APR_ARRAY_IDX(records, i, cfo_api_record_t);
}

/* An address in one spelling; NULL: it is none. */
static const char *address_of(apr_pool_t *p, const cfo_api_record_t *record)
{
    cfo_address_t address;

    if (!strcmp(record->type, "CNAME") || !cfo_address_parse(record->content, &address))
        return NULL;
    return apr_psprintf(p, "%d %" APR_UINT64_T_HEX_FMT " %" APR_UINT64_T_HEX_FMT,
                        address.bits, address.high, address.low);
}

/* Records by name, as arrays. */
static apr_hash_t *by_name(apr_pool_t *p, const apr_array_header_t *records)
{
    apr_hash_t *names = apr_hash_make(p);
    int i;

    for (i = 0; i < records->nelts; i++) {
        const cfo_api_record_t *record = record_at(records, i);
        apr_array_header_t *same = apr_hash_get(names, record->name, APR_HASH_KEY_STRING);

        if (!same) {
            same = apr_array_make(p, 1, sizeof(const cfo_api_record_t *));
            apr_hash_set(names, record->name, APR_HASH_KEY_STRING, same);
        }
        APR_ARRAY_PUSH(same, const cfo_api_record_t *) = record;
    }
    return names;
}

/* The addresses behind a record, followed through CNAMEs of the zone. */
static void add_hidden(apr_pool_t *p, apr_hash_t *names, apr_hash_t *hidden,
                       const cfo_api_record_t *record, int steps)
{
    const char *address = address_of(p, record);
    const apr_array_header_t *next;
    int i;

    if (address)
        apr_hash_set(hidden, address, APR_HASH_KEY_STRING, "");
    if (strcmp(record->type, "CNAME") != 0 || !steps)
        return;
    next = apr_hash_get(names, record->content, APR_HASH_KEY_STRING);
    for (i = 0; next && i < next->nelts; i++)
        add_hidden(p, names, hidden, APR_ARRAY_IDX(next, i, const cfo_api_record_t *),
                   steps - 1);
}

/* What proxied records hide. */
static apr_hash_t *hidden_addresses(apr_pool_t *p, const apr_array_header_t *records)
{
    apr_hash_t *names = by_name(p, records), *hidden = apr_hash_make(p);
    int i;

    for (i = 0; i < records->nelts; i++) {
        if (record_at(records, i)->is_proxied)
            add_hidden(p, names, hidden, record_at(records, i), CHAIN_MOST);
    }
    return hidden;
}

static void add_name(apr_array_header_t *names, const char *name)
{
    if (!names->nelts ||
        strcmp(APR_ARRAY_IDX(names, names->nelts - 1, const char *), name) != 0)
        APR_ARRAY_PUSH(names, const char *) = name;
}

static void find(const cfo_edge_finder_t *finder, cfo_edge_level_t level,
                 const char *code, const apr_array_header_t *names, const char *text,
                 const char *remedy)
{
    if (names->nelts)
        cfo_edge_find(
            finder, level, code, APR_ARRAY_IDX(names, 0, const char *), names->nelts,
            apr_pstrcat(finder->ctl->pool, cfo_edge_names(finder->ctl->pool, names), ": ",
                        text, NULL),
            remedy);
}

/* A virtual host that is not Off refuses those who come directly. */
static void find_direct_hosts(const cfo_edge_finder_t *finder)
{
    const apr_array_header_t *hosts = finder->look->hosts;
    apr_array_header_t *names =
        apr_array_make(finder->ctl->pool, 4, sizeof(const char *));
    int i;

    for (i = 0; i < hosts->nelts; i++) {
        const cfo_look_host_t *host = &APR_ARRAY_IDX(hosts, i, cfo_look_host_t);

        if (host->is_virtual && host->is_dns_only)
            add_name(names, host->name);
    }
    find(finder, CFO_EDGE_WARNING, "dns-only-host", names,
         "a virtual host that is not Off has this name, but its record is DNS-only, so "
         "that visitors come without Cloudflare",
         "set the record to proxied, or CFOriginPull Off for this virtual host");
}

void cfo_edge_find_records(const cfo_edge_finder_t *finder)
{
    const apr_array_header_t *records = finder->look->records;
    apr_pool_t *p = finder->ctl->pool;
    apr_array_header_t *showing = apr_array_make(p, 4, sizeof(const char *));
    apr_array_header_t *others = apr_array_make(p, 4, sizeof(const char *));
    apr_hash_t *hidden;
    int i;

    if (!records)
        return;
    hidden = hidden_addresses(p, records);
    for (i = 0; i < records->nelts; i++) {
        const cfo_api_record_t *record = record_at(records, i);
        const char *address = address_of(p, record);

        if (record->is_proxied)
            continue;
        if (address && apr_hash_get(hidden, address, APR_HASH_KEY_STRING))
            add_name(showing, record->name);
        else
            add_name(others, record->name);
    }
    find(finder, CFO_EDGE_WARNING, "dns-only-address", showing,
         "DNS-only, and shows an address that proxied names hide",
         "set the record to proxied, or give that service another address; then give "
         "the origin a new one, because the old one is known");
    find(finder, CFO_EDGE_NOTE, "dns-only", others, "DNS-only", NULL);
    find_direct_hosts(finder);
}
