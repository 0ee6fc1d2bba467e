/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses requests. */
#include "httpd/request/gate.h"

#include <string.h>

#include "http_config.h"
#include "http_core.h"
#include "http_protocol.h"
#include "http_request.h"

#include "apr_hash.h"
#include "apr_strings.h"

#include "core/verdict/exempt_path.h"
#include "httpd/request/request_log.h"
#include "httpd/request/request.h"
#include "httpd/request/request_path.h"
#include "httpd/request/scheme.h"

/* A copy of the core's configuration without the ErrorDocument for `status` (0: without
 * any); NULL if there is none. */
static core_dir_config *without_error_document(request_rec *r, int status)
{
    core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    apr_hash_t *documents = core->response_code_exprs;
    int key = ap_index_of_response(status);

    if (!documents || (status && !apr_hash_get(documents, &key, sizeof key)))
        return NULL;
    core = apr_pmemdup(r->pool, core, sizeof *core);
    core->response_code_exprs = status ? apr_hash_copy(r->pool, documents) : NULL;
    if (status)
        apr_hash_set(core->response_code_exprs, &key, sizeof key, NULL);
    return core;
}

/* What a module has set for this request comes before any ErrorDocument (internals 3.14).
 */
static void forget_custom_response(request_rec *r, int status)
{
    core_request_config *core = ap_get_core_module_config(r->request_config);

    if (!status)
        core->response_code_strings = NULL;
    else if (core->response_code_strings)
        core->response_code_strings[ap_index_of_response(status)] = NULL;
}

/* Removes the ErrorDocument for `status` (0: every one) for this request, so that httpd's
 * built-in page answers: no script and no redirect may run for a refused request. The
 * directive itself could only do this for a single place. */
static void forget_error_documents(request_rec *r, int status)
{
    core_dir_config *bare = without_error_document(r, status);
    ap_conf_vector_t *copy;
    module *m;

    forget_custom_response(r, status);
    if (!bare)
        return;
    copy = ap_create_conn_config(r->pool); /* an empty vector of the right size */
    for (m = ap_top_module; m; m = m->next)
        ap_set_module_config(copy, m, ap_get_module_config(r->per_dir_config, m));
    ap_set_core_module_config(copy, bare);
    r->per_dir_config = copy;
}

/* No answer at all: the core's output filter writes nothing to an aborted connection. */
static int drop(request_rec *r)
{
    r->status = HTTP_FORBIDDEN; /* for the access log */
    r->connection->aborted = 1;
    return DONE;
}

/* Refuses a whole request. */
static int refuse(request_rec *r, cfo_request_t *request)
{
    int status = cfo_server_conf(r->server)->refuse;

    cfo_request_log_refused(r, request);
    if (status == CFO_REFUSE_DROP)
        return drop(r);
    forget_error_documents(r, 0);
    /* Caches such as Cloudflare may store a 404 or 410, which is for this client only. */
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    return status;
}

/* Whether `r` is the ErrorDocument of a request that was not refused. The error is
 * answered in any case: with httpd's built-in page if the ErrorDocument is refused. */
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

/* Whether `r` looks up a second path that the client itself named (COPY and MOVE): if it
 * is refused, the whole request is. */
static int is_second_path(const request_rec *r)
{
    return r->main && r->method_number != M_GET && r->method_number != M_POST;
}

/* Whether mod_negotiation is looking at one of the variants to choose from. */
static int is_variant(const request_rec *r)
{
    request_rec *whole = r->main;
    size_t length;

    if (!whole || r->prev || whole->finfo.filetype != APR_NOFILE || !whole->filename ||
        !r->filename || !(ap_allow_options(whole) & OPT_MULTI))
        return 0;
    length = strlen(whole->filename);
    return !strncmp(r->filename, whole->filename, length) && r->filename[length] == '.' &&
           !ap_strchr_c(r->filename + length, '/');
}

/* For lookups only. If it is chosen, or something makes a file or a proxied URL of it,
 * it, or the whole request that becomes it, comes to a gate again; another one may be
 * served. */
static int pass_by(request_rec *r)
{
    cfo_request_part(r)->is_unserved = 1;
    return DECLINED;
}

/* Refuses a part of a request; the request goes on without it. */
static int refuse_part(request_rec *r, cfo_part_t *part)
{
    cfo_part_t *whole = r->main ? cfo_request_own(r->main) : NULL;
    int is_index = whole && whole->index_of;
    request_rec *each;

    /* mod_dir skips an index that does not exist, unless FallbackResource replaces it. */
    if (is_index && r->finfo.filetype == APR_NOFILE &&
        !cfo_request_part(r)->index_is_refused)
        return pass_by(r);
    cfo_request_log_part(r, part, 1);
    if (is_variant(r))
        return pass_by(r);
    if (is_index) {
        /* mod_dir tries the next index; if none is left, the whole request is refused. */
        whole->index_is_refused = 1;
        return HTTP_NOT_FOUND;
    }
    forget_error_documents(r, 0);
    /* The 403 may become the status of the whole request. If that ends with another
     * status, it keeps its own page for it. */
    for (each = r->main; each; each = each->main)
        forget_error_documents(each, HTTP_FORBIDDEN);
    /* The client gets the first error; an error of the error page is only logged. */
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

    if (!r->main && !r->prev) /* nearly always */
        return decide_whole(r, part, mode);
    if (is_second_path(r)) {
        status = decide_whole(cfo_request_first(r), part, mode);
        return status == DONE ? HTTP_FORBIDDEN : status; /* it is looked up, not served */
    }
    if (r->main || is_error_page(r))
        return decide_part(r, part, mode);
    return decide_whole(r, part, mode);
}

/* To be called where the request may have left an exempt path. In a forward proxy the
 * path belongs to another server, so it is never exempt. A first request that mod_rewrite
 * gives another path stays exempt: the configuration leads it there. */
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
    part = cfo_request_require(r, mode);
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
    part = follow(r, cfo_request_require(r, mode), r->uri);
    if (part->is_https && r->main)
        cfo_scheme_set_port(r); /* httpd has made it anew */
    if (!r->main)
        part->uri = r->uri;
    return decide(r, part, mode);
}

int cfo_gate_before_index(request_rec *r)
{
    cfo_part_t *part = cfo_request_find(r);

    /* mod_negotiation has chosen a variant before. */
    if (part && part->uri && part->uri != r->uri && !r->main &&
        cfo_exempt_path_is_variant(part->uri, r->uri))
        part->uri = r->uri;
    /* On in the server: the whole request was checked before any index. */
    if (cfo_server_conf(r->server)->mode == CFO_MODE_ON)
        return DECLINED;
    if (r->finfo.filetype == APR_DIR || r->finfo.filetype == APR_NOFILE)
        cfo_request_part(r)->index_of = r->uri;
    return DECLINED;
}

/* Whether every index that mod_dir found was refused. */
static int has_refused_index(const request_rec *r)
{
    cfo_part_t *own = cfo_request_own(r);
    const char *index_of = own ? own->index_of : NULL;

    if (!index_of)
        return 0;
    own->index_of = NULL; /* later subrequests are not by mod_dir */
    return own->index_is_refused && index_of == r->uri;
}

int cfo_gate_assert(request_rec *r)
{
    cfo_mode_t mode = cfo_mode_in_directory(r);
    cfo_part_t *part;

    if (mode == CFO_MODE_OFF)
        return DECLINED;
    part = cfo_request_require(r, mode);
    /* mod_dir turns the request itself into one for the index or FallbackResource,
     * without a redirect that would pass a gate. */
    if (!r->main && r->uri != part->uri)
        part = cfo_request_follow(r, part, r->uri);
    return decide(r, part, mode);
}

int cfo_gate_after_index(request_rec *r)
{
    if (has_refused_index(r))
        return decide(r, cfo_request_follow(r, cfo_request_require(r, CFO_MODE_ON), NULL),
                      CFO_MODE_ON);
    return cfo_gate_assert(r);
}

int cfo_gate_serve(request_rec *r)
{
    const cfo_part_t *own = cfo_request_own(r);

    return own && own->is_unserved ? HTTP_FORBIDDEN : DECLINED;
}
