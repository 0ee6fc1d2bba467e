/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that arrive after the body. */
#include "httpd/request/trailers.h"

#include "http_config.h"
#include "http_core.h"
#include "util_filter.h"

#include "httpd/request/headers.h"

static const char filter_name[] = "CFO_TRAILERS";

/* httpd replaces the table when it merges (internals 3.12). */
static apr_status_t read_body(ap_filter_t *f, apr_bucket_brigade *bb,
                              ap_input_mode_t mode, apr_read_type_e block,
                              apr_off_t bytes)
{
    request_rec *r = f->r;
    apr_table_t *before = r->headers_in;
    apr_status_t status = ap_get_brigade(f->next, bb, mode, block, bytes);

    if (r->headers_in != before) {
        cfo_headers_remove(r->pool, r->trailers_in, 1);
        r->headers_in = apr_table_overlay(r->pool, before, r->trailers_in);
    }
    return status;
}

void cfo_trailers_register(void)
{
    ap_register_input_filter(filter_name, read_body, NULL, AP_FTYPE_CONTENT_SET);
}

void cfo_trailers_watch(request_rec *r)
{
    const core_server_config *core = ap_get_core_module_config(r->server->module_config);

    if (core->merge_trailers == AP_MERGE_TRAILERS_ENABLE && !r->main)
        ap_add_input_filter(filter_name, NULL, r, r->connection);
}
