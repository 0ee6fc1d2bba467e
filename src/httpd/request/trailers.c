/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that arrive after the body. */
#include "httpd/request/trailers.h"

#include "http_config.h"
#include "util_filter.h"

#include "httpd/request/headers.h"
#include "httpd/request/parts.h"

static ap_filter_rec_t *handle;

static void clean(request_rec *r)
{
    const cfo_effects_t *effects = cfo_request_effects(r);

    if (effects->scrub)
        cfo_headers_remove(r->pool, r->trailers_in, 1);
    /* As a header, it may begin a tunnel (internals 3.13). */
    if (effects->mode == CFO_MODE_ON)
        apr_table_unset(r->trailers_in, "Upgrade");
}

/* httpd replaces the table of headers when it merges (internals 3.12). */
static apr_status_t read_body(ap_filter_t *f, apr_bucket_brigade *bb,
                              ap_input_mode_t mode, apr_read_type_e block,
                              apr_off_t bytes)
{
    request_rec *r = f->r;
    apr_table_t *before = r->headers_in;
    apr_status_t status = ap_get_brigade(f->next, bb, mode, block, bytes);

    if (apr_is_empty_table(r->trailers_in))
        return status;
    clean(r);
    if (r->headers_in != before)
        r->headers_in = apr_table_overlay(r->pool, before, r->trailers_in);
    return status;
}

void cfo_trailers_register(void)
{
    /* The last of the filters that are not of the protocol: it is to see the trailers
     * before any other one. */
    handle = ap_register_input_filter("CFO_TRAILERS", read_body, NULL,
                                      (ap_filter_type)(AP_FTYPE_PROTOCOL - 1));
}

static int may_have_trailers(const request_rec *r)
{
    return r->connection->master || apr_table_get(r->headers_in, "Transfer-Encoding");
}

/* The filter counts as one of the protocol, so that it stays when httpd drops the filters
 * of a request (content negotiation, internal redirects), and mod_proxy sees that nobody
 * changes the body, which it would wait for otherwise. */
void cfo_trailers_watch(request_rec *r)
{
    if (!r->main && may_have_trailers(r))
        r->proto_input_filters =
            ap_add_input_filter_handle(handle, NULL, r, r->connection);
}
