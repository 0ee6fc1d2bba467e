/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's request headers. */
#include "headers.h"

#include "apr_tables.h"

#include "../core/header_name.h"

static apr_table_entry_t *entry(const request_rec *r, int i)
{
    return &APR_ARRAY_IDX(apr_table_elts(r->headers_in), i, apr_table_entry_t);
}

static int count(const request_rec *r)
{
    return apr_table_elts(r->headers_in)->nelts;
}

/* httpd joins headers of one name before anybody sees them; should it ever not, neither
 * value may count. */
static void take(const char **field, const char *value)
{
    *field = *field ? "" : value;
}

static void note(cfo_headers_t *headers, cfo_header_t name, const char *value)
{
    headers->lookalikes += name == CFO_HEADER_LOOKALIKE;
    headers->genuine += name != CFO_HEADER_LOOKALIKE;
    if (name == CFO_HEADER_CONNECTING_IP)
        take(&headers->connecting_ip, value);
    else if (name == CFO_HEADER_CONNECTING_IPV6)
        take(&headers->connecting_ipv6, value);
    else if (name == CFO_HEADER_RAY)
        take(&headers->ray, value);
    else if (name == CFO_HEADER_WORKER)
        take(&headers->worker, value);
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

void cfo_headers_remove(request_rec *r, int all)
{
    int i = 0;

    while (i < count(r)) {
        cfo_header_t name = cfo_header_classify(entry(r, i)->key);

        if (name == CFO_HEADER_LOOKALIKE || (all && name != CFO_HEADER_FOREIGN))
            apr_table_unset(r->headers_in, entry(r, i)->key); /* the rest moves up */
        else
            i++;
    }
}

void cfo_headers_park(request_rec *r, cfo_headers_t *headers)
{
    int i, n = count(r);

    if (!headers->genuine && !headers->lookalikes)
        return;
    headers->parked = apr_array_make(r->pool, headers->genuine + headers->lookalikes,
                                     sizeof(apr_table_entry_t));
    for (i = 0; i < n; i++) {
        if (cfo_header_classify(entry(r, i)->key) != CFO_HEADER_FOREIGN)
            APR_ARRAY_PUSH(headers->parked, apr_table_entry_t) = *entry(r, i);
    }
    cfo_headers_remove(r, 1);
}

void cfo_headers_restore(request_rec *r, cfo_headers_t *headers, int all)
{
    int i;

    for (i = 0; headers->parked && i < headers->parked->nelts; i++) {
        const apr_table_entry_t *header =
            &APR_ARRAY_IDX(headers->parked, i, apr_table_entry_t);

        if (all || cfo_header_classify(header->key) != CFO_HEADER_LOOKALIKE)
            apr_table_addn(r->headers_in, header->key, header->val);
    }
    headers->parked = NULL;
}
