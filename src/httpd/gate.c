/* SPDX-License-Identifier: Apache-2.0 */
/* Where requests are turned away. */
#include "gate.h"

#include "http_config.h"
#include "http_core.h"
#include "http_request.h"

#include "apr_strings.h"

#include "audit.h"
#include "request.h"

/* Makes httpd forget every ErrorDocument for this request, so that its built-in page
 * answers: neither a script nor a redirect is to run for whom we refuse. Only
 * ErrorDocument itself could say so otherwise, and only for one status and place. */
static void forget_error_documents(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    ap_conf_vector_t *copy;
    core_dir_config *bare;
    module *m;

    if (!core->response_code_exprs)
        return;
    copy = ap_create_conn_config(r->pool); /* an empty vector of the right size */
    for (m = ap_top_module; m; m = m->next)
        ap_set_module_config(copy, m, ap_get_module_config(r->per_dir_config, m));
    bare = apr_pmemdup(r->pool, core, sizeof *core);
    bare->response_code_exprs = NULL;
    ap_set_core_module_config(copy, bare);
    r->per_dir_config = copy;
}

/* No answer at all: what httpd still writes for this request ends in the core's output
 * filter, which does not write to a connection that is aborted. */
static int drop(request_rec *r)
{
    r->status = HTTP_FORBIDDEN; /* for the access log */
    r->connection->aborted = 1;
    r->connection->keepalive = AP_CONN_CLOSE;
    return DONE;
}

/* The page for an error of a request that was itself admitted. */
static int is_error_page(const request_rec *r)
{
    const cfo_request_t *before = r->prev ? cfo_request_find(r->prev) : NULL;

    return before && ap_is_HTTP_ERROR(r->prev->status) &&
           cfo_reason_verdict(before->reason) != CFO_VERDICT_UNPROVEN;
}

/* A part of a request, which goes on without it: its line is that of the whole. */
static int refuse_part(request_rec *r, cfo_request_t *request)
{
    request_rec *each;

    cfo_audit_part(r, request, 1);
    /* The status may become that of the request it belongs to. */
    for (each = r; each; each = each->main)
        forget_error_documents(each);
    /* An error page's own error would be logged; the client is told the first. After a
     * 404, mod_dir would go on and list the directory. */
    return is_error_page(r) ? r->prev->status : HTTP_FORBIDDEN;
}

static int refuse(request_rec *r, cfo_request_t *request)
{
    int status = cfo_server_conf(r->server)->refuse;

    if (r->main || is_error_page(r))
        return refuse_part(r, request);
    cfo_audit_refused(r, request);
    if (status == CFO_REFUSE_DROP)
        return drop(r);
    forget_error_documents(r);
    /* Cloudflare and others may keep a 404 or 410; it is meant for this client only. */
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return status;
}

static int decide(request_rec *r, cfo_request_t *request, cfo_mode_t mode)
{
    if (!r->main && mode > request->mode)
        request->mode = mode;
    if (cfo_reason_verdict(request->reason) != CFO_VERDICT_UNPROVEN)
        return DECLINED;
    if (mode == CFO_MODE_ON)
        return refuse(r, request);
    if (r->main)
        cfo_audit_part(r, request, 0);
    return DECLINED;
}

int cfo_gate_server(request_rec *r, int lookup)
{
    cfo_mode_t mode = (cfo_mode_t)cfo_server_conf(r->server)->mode;
    cfo_request_t *request;

    (void)lookup;
    if (mode == CFO_MODE_OFF)
        return DECLINED;
    request = cfo_request_require(r);
    if (r->prev && request->reason == CFO_REASON_EXEMPT_PATH)
        request = cfo_request_follow(r, request, cfo_request_path(r));
    return decide(r, request, mode);
}

int cfo_gate_directory(request_rec *r)
{
    cfo_mode_t mode = cfo_mode_in_directory(r);
    cfo_request_t *request;

    if (mode == CFO_MODE_OFF)
        return DECLINED;
    request = cfo_request_require(r);
    if (r->prev)
        request = cfo_request_follow(r, request, r->uri);
    if (!r->main)
        request->uri = r->uri;
    return decide(r, request, mode);
}

int cfo_gate_assert(request_rec *r)
{
    cfo_mode_t mode = cfo_mode_in_directory(r);
    cfo_request_t *request;

    if (mode == CFO_MODE_OFF)
        return DECLINED;
    request = cfo_request_require(r);
    /* mod_dir makes a directory's index, and a FallbackResource, of the request itself,
     * without a redirect that would come to a gate. */
    if (!r->main && r->uri != request->uri)
        request = cfo_request_follow(r, request, r->uri);
    return decide(r, request, mode);
}
