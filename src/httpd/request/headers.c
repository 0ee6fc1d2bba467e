/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's request headers. */
#include "httpd/request/headers.h"

#include <string.h>

#include "apr_tables.h"

#include "core/verdict/header_name.h"

/* httpd merges headers of the same name before any module sees them; if there are two
 * nevertheless, neither may count. */
static void take(const char **field, const char *value)
{
    *field = *field ? "" : value;
}

static void note(cfo_headers_t *headers, cfo_header_t name, const char *value)
{
    if (name == CFO_HEADER_LOOKALIKE)
        headers->lookalikes++;
    else {
        headers->genuine++;
        headers->values += (apr_uintptr_t)value;
    }
    if (name == CFO_HEADER_CONNECTING_IP)
        take(&headers->connecting_ip, value);
    else if (name == CFO_HEADER_CONNECTING_IPV6)
        take(&headers->connecting_ipv6, value);
    else if (name == CFO_HEADER_RAY)
        take(&headers->ray, value);
    else if (name == CFO_HEADER_WORKER)
        take(&headers->worker, value);
    else if (name == CFO_HEADER_VISITOR)
        take(&headers->visitor, value);
}

void cfo_headers_read(const request_rec *r, cfo_headers_t *headers)
{
    const apr_array_header_t *all = apr_table_elts(r->headers_in);
    const apr_table_entry_t *header = (const apr_table_entry_t *)(const void *)all->elts;
    const apr_table_entry_t *end = header + all->nelts;

    *headers = (cfo_headers_t){ 0 };
    for (; header < end; header++) {
        cfo_header_t name = cfo_header_classify(header->key);

        if (name != CFO_HEADER_FOREIGN)
            note(headers, name, header->val);
    }
}

int cfo_headers_were_taken(const request_rec *r, const cfo_headers_t *headers)
{
    cfo_headers_t now;

    cfo_headers_read(r, &now);
    return now.values != headers->values;
}

typedef int unwanted_t(const apr_table_entry_t *entry);

static int is_lookalike(const apr_table_entry_t *header)
{
    return cfo_header_classify(header->key) == CFO_HEADER_LOOKALIKE;
}

static int is_cloudflares(const apr_table_entry_t *header)
{
    return cfo_header_classify(header->key) != CFO_HEADER_FOREIGN;
}

static int has_any(const apr_array_header_t *entries, unwanted_t *is_unwanted)
{
    int i;

    for (i = 0; i < entries->nelts; i++) {
        if (is_unwanted(&APR_ARRAY_IDX(entries, i, apr_table_entry_t)))
            return 1;
    }
    return 0;
}

/* Moves entries from the table to `removed` (of apr_table_entry_t; NULL: nowhere). In one
 * pass: apr_table_unset() takes one pass for each name, and a client may send as many
 * names as LimitRequestFields allows. */
static void remove_from(apr_pool_t *p, apr_table_t *table, unwanted_t *is_unwanted,
                        apr_array_header_t *removed)
{
    const apr_array_header_t *old = apr_array_copy(p, apr_table_elts(table));
    int i;

    apr_table_clear(table);
    for (i = 0; i < old->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(old, i, apr_table_entry_t);

        if (!is_unwanted(entry))
            apr_table_addn(table, entry->key, entry->val);
        else if (removed)
            APR_ARRAY_PUSH(removed, apr_table_entry_t) = *entry;
    }
}

void cfo_headers_remove(apr_pool_t *p, apr_table_t *headers, int all)
{
    unwanted_t *is_unwanted = all ? is_cloudflares : is_lookalike;

    if (has_any(apr_table_elts(headers), is_unwanted))
        remove_from(p, headers, is_unwanted, NULL);
}

void cfo_headers_forget_upgrade(request_rec *r, int all)
{
    const char *upgrade = apr_table_get(r->headers_in, "Upgrade");

    if (upgrade && (all || ap_cstr_casecmp(upgrade, "websocket")))
        apr_table_unset(r->headers_in, "Upgrade");
}

static const char *without(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) ? NULL : text + length;
}

/* Whether this is a CGI variable of one of the headers, as an internal redirect may have
 * renamed it. */
static int is_variable(const apr_table_entry_t *variable)
{
    static const char redirect[] = "REDIRECT_";
    const char *name = variable->key;

    while (without(name, redirect))
        name = without(name, redirect);
    name = without(name, "HTTP_");
    return name && cfo_header_classify(name) != CFO_HEADER_FOREIGN;
}

void cfo_headers_remove_variables(request_rec *r)
{
    if (has_any(apr_table_elts(r->subprocess_env), is_variable))
        remove_from(r->pool, r->subprocess_env, is_variable, NULL);
}

void cfo_headers_park(request_rec *r, cfo_headers_t *headers)
{
    int count = headers->genuine + headers->lookalikes;

    if (!count)
        return;
    headers->parked = apr_array_make(r->pool, count, sizeof(apr_table_entry_t));
    remove_from(r->pool, r->headers_in, is_cloudflares, headers->parked);
}

void cfo_headers_restore(request_rec *r, cfo_headers_t *headers, int all)
{
    int i;

    all = all || !headers->lookalikes;
    for (i = 0; i < headers->parked->nelts; i++) {
        const apr_table_entry_t *header =
            &APR_ARRAY_IDX(headers->parked, i, apr_table_entry_t);

        if (all || !is_lookalike(header))
            apr_table_addn(r->headers_in, header->key, header->val);
    }
    headers->parked = NULL;
}
