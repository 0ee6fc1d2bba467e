/* SPDX-License-Identifier: Apache-2.0 */
/* Where requests are turned away. */
#include "httpd/request/gate.h"

#include <string.h>

#include "http_config.h"
#include "http_core.h"
#include "http_request.h"

#include "apr_strings.h"

#include "core/verdict/exempt_path.h"
#include "httpd/request/request_log.h"
#include "httpd/request/request.h"
#include "httpd/request/request_path.h"

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

/* Turns a whole request away. */
static int refuse(request_rec *r, cfo_request_t *request)
{
    int status = cfo_server_conf(r->server)->refuse;

    cfo_request_log_refused(r, request);
    if (status == CFO_REFUSE_DROP)
        return drop(r);
    forget_error_documents(r);
    /* Cloudflare and others may keep a 404 or 410; it is meant for this client only. */
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return status;
}

/* The page for an error of a request that was not refused: that is answered in any case,
 * with httpd's own page if this one is refused. */
static int is_error_page(const request_rec *r)
{
    const cfo_part_t *before;

    if (!r->prev || !ap_is_HTTP_ERROR(r->prev->status))
        return 0;
    before = cfo_request_find(r->prev);
    if (!before)
        return cfo_server_conf(r->server)->mode == CFO_MODE_OFF;
    return !before->request->refused;
}

/* Where the client himself says to which second path the request is to go; the answer to
 * that is the answer to the whole. */
static int is_second_path(const request_rec *r)
{
    return r->main && r->method_number != M_GET && r->method_number != M_POST;
}

/* Whether mod_negotiation is looking at one of the files to choose from. */
static int is_variant(const request_rec *r)
{
    request_rec *whole = r->main;
    size_t length;

    if (!whole || r->prev || whole->finfo.filetype != APR_NOFILE || !whole->filename ||
        !r->filename || !(ap_allow_options(whole) & OPT_MULTI))
        return 0;
    length = strlen(whole->filename);
    return !strncmp(r->filename, whole->filename, length) && r->filename[length] == '.' &&
           !strchr(r->filename + length, '/');
}

/* A part of a request, which goes on without it: its line is that of the whole. */
static int refuse_part(request_rec *r, cfo_part_t *part)
{
    cfo_part_t *whole = r->main ? cfo_request_own(r->main) : NULL;
    request_rec *each;

    cfo_request_log_part(r, part, 1);
    if (is_variant(r)) {
        /* If it is chosen, the whole becomes it and is refused; any other may be. */
        cfo_request_part(r)->is_unserved = 1;
        return DECLINED;
    }
    if (whole && whole->index_of) {
        /* mod_dir goes on to the next, and if there is none, the whole is refused. */
        whole->index_is_refused = 1;
        return HTTP_NOT_FOUND;
    }
    /* The status may become that of the request it belongs to. */
    for (each = r; each; each = each->main)
        forget_error_documents(each);
    /* An error page's own error would be logged; the client is told the first. */
    return is_error_page(r) ? r->prev->status : HTTP_FORBIDDEN;
}

static int decide_part(request_rec *r, cfo_part_t *part, cfo_mode_t mode)
{
    if (cfo_reason_verdict(part->outcome.reason) != CFO_VERDICT_UNPROVEN)
        return DECLINED;
    if (mode == CFO_MODE_ON)
        return refuse_part(r, part);
    cfo_request_log_part(r, part, 0);
    return DECLINED;
}

static int decide_whole(request_rec *r, cfo_part_t *part, cfo_mode_t mode)
{
    cfo_request_t *request = part->request;

    request->outcome = part->outcome;
    if (mode > request->mode)
        request->mode = mode;
    if (mode != CFO_MODE_ON ||
        cfo_reason_verdict(part->outcome.reason) != CFO_VERDICT_UNPROVEN)
        return DECLINED;
    return refuse(r, request);
}

static int decide(request_rec *r, cfo_part_t *part, cfo_mode_t mode)
{
    int status;

    if (is_second_path(r)) {
        status = decide_whole(cfo_request_first(r), part, mode);
        return status == DONE ? HTTP_FORBIDDEN : status; /* it is looked up, not run */
    }
    if (r->main || is_error_page(r))
        return decide_part(r, part, mode);
    return decide_whole(r, part, mode);
}

/* Where the request may have left an exempt path. To a forward proxy, the path is that of
 * another server, which nobody exempted. What rewriting makes of the path of the request
 * as it came is the administrator's own doing. */
static cfo_part_t *follow(request_rec *r, cfo_part_t *part, const char *path)
{
    int is_forward = r->proxyreq == PROXYREQ_PROXY;

    if (!r->prev && !r->main && !is_forward)
        return part;
    return cfo_request_follow(r, part, is_forward ? NULL : path);
}

int cfo_gate_server(request_rec *r, int lookup)
{
    cfo_mode_t mode = (cfo_mode_t)cfo_server_conf(r->server)->mode;
    cfo_part_t *part;

    (void)lookup;
    if (mode == CFO_MODE_OFF)
        return DECLINED;
    part = cfo_request_require(r);
    if (part->outcome.reason == CFO_REASON_EXEMPT_PATH)
        part = follow(r, part, cfo_request_path(r));
    return decide(r, part, mode);
}

int cfo_gate_directory(request_rec *r)
{
    cfo_mode_t mode = cfo_mode_in_directory(r);
    cfo_part_t *part;

    if (mode == CFO_MODE_OFF)
        return DECLINED;
    part = follow(r, cfo_request_require(r), r->uri);
    if (!r->main)
        part->uri = r->uri;
    return decide(r, part, mode);
}

int cfo_gate_before_index(request_rec *r)
{
    cfo_part_t *part = cfo_request_find(r);

    /* mod_negotiation has chosen a variant by now. */
    if (part && part->uri && !r->main && cfo_exempt_path_is_variant(part->uri, r->uri))
        part->uri = r->uri;
    /* Under On, no index is refused before the whole is. */
    if (cfo_server_conf(r->server)->mode == CFO_MODE_ON)
        return DECLINED;
    if (r->finfo.filetype == APR_DIR || r->finfo.filetype == APR_NOFILE)
        cfo_request_part(r)->index_of = r->uri;
    return DECLINED;
}

/* Whether all that mod_dir found is refused. */
static int has_refused_index(const request_rec *r)
{
    cfo_part_t *own = cfo_request_own(r);
    const char *index_of = own ? own->index_of : NULL;

    if (!index_of)
        return 0;
    own->index_of = NULL; /* what is looked up from here on is not for mod_dir */
    return own->index_is_refused && index_of == r->uri;
}

int cfo_gate_assert(request_rec *r)
{
    cfo_mode_t mode = cfo_mode_in_directory(r);
    cfo_part_t *part;

    if (mode == CFO_MODE_OFF)
        return DECLINED;
    part = cfo_request_require(r);
    /* mod_dir makes a directory's index, and a FallbackResource, of the request itself,
     * without a redirect that would come to a gate. */
    if (!r->main && r->uri != part->uri)
        part = cfo_request_follow(r, part, r->uri);
    return decide(r, part, mode);
}

int cfo_gate_after_index(request_rec *r)
{
    if (has_refused_index(r))
        return decide(r, cfo_request_follow(r, cfo_request_require(r), NULL),
                      CFO_MODE_ON);
    return cfo_gate_assert(r);
}

int cfo_gate_serve(request_rec *r)
{
    const cfo_part_t *own = cfo_request_own(r);

    return own && own->is_unserved ? HTTP_FORBIDDEN : DECLINED;
}
