/* SPDX-License-Identifier: Apache-2.0 */
/* CFOriginPullScheme visitor: a request over plain HTTP that the visitor sent by https.
 */
#include "httpd/request/scheme.h"

#include "http_config.h"
#include "http_core.h"

#include "core/verdict/visitor_scheme.h"

int cfo_scheme_applies(const cfo_server_conf_t *conf, const cfo_request_t *request,
                       cfo_reason_t reason)
{
    cfo_verdict_t verdict;

    if (conf->scheme != CFO_SCHEME_VISITOR || !request->connection ||
        request->connection->is_tls)
        return 0;
    verdict = cfo_reason_verdict(reason);
    return (verdict == CFO_VERDICT_VERIFIED || verdict == CFO_VERDICT_TUNNEL) &&
           cfo_visitor_scheme_is_https(request->headers.visitor);
}

void cfo_scheme_set_port(request_rec *r)
{
    if (r->parsed_uri.port_str && cfo_visitor_port_is_https(r->parsed_uri.port))
        return;
    r->parsed_uri.port = DEFAULT_HTTPS_PORT;
    r->parsed_uri.port_str = "443";
}

/* %{HTTPS} asks for the connection (internals 3.9), so the mark is kept with it, which is
 * the stream's own in HTTP/2. */
static cfo_connection_t *own(conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &cf_origin_module);
}

void cfo_scheme_forget(conn_rec *c)
{
    cfo_connection_t *connection = own(c);

    if (connection)
        connection->https_request = NULL;
}

/* Its pool goes with the request, after the request was logged. */
static apr_status_t request_is_over(void *request)
{
    const request_rec *r = request;
    cfo_connection_t *connection = own(r->connection);

    if (connection && connection->https_request == r)
        connection->https_request = NULL;
    return APR_SUCCESS;
}

static void mark_connection(request_rec *first)
{
    cfo_connection_t *connection = own(first->connection);

    if (!connection) {
        connection = apr_pcalloc(first->connection->pool, sizeof *connection);
        ap_set_module_config(first->connection->conn_config, &cf_origin_module,
                             connection);
    }
    connection->https_request = first;
    apr_pool_cleanup_register(first->pool, first, request_is_over, apr_pool_cleanup_null);
}

static int is_within_subrequest(const request_rec *r)
{
    for (; r; r = r->prev) {
        if (r->main)
            return 1;
    }
    return 0;
}

void cfo_scheme_apply(request_rec *r)
{
    cfo_scheme_set_port(r);
    if (!is_within_subrequest(r))
        mark_connection(cfo_request_first(r));
}

static int is_https(const request_rec *r)
{
    const cfo_part_t *part;

    if (cfo_server_conf(r->server)->scheme != CFO_SCHEME_VISITOR)
        return 0;
    part = cfo_request_find(r);
    return part && part->is_https;
}

const char *cfo_scheme_name(const request_rec *r)
{
    return is_https(r) ? "https" : NULL;
}

/* With UseCanonicalName On, URLs have the port of the virtual host, which is that of
 * plain HTTP. They are without a port only if it is the default. */
static apr_port_t canonical_port(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    if (core->use_canonical_name != USE_CANONICAL_NAME_ON)
        return 0;
    if (!r->server->port && core->use_canonical_phys_port == USE_CANONICAL_PHYS_PORT_ON)
        return r->connection->local_addr->port;
    return r->server->port;
}

apr_port_t cfo_scheme_default_port(const request_rec *r)
{
    apr_port_t port;

    if (!is_https(r))
        return 0;
    port = canonical_port(r);
    return port && !cfo_visitor_port_is_https(port) ? port : DEFAULT_HTTPS_PORT;
}

int cfo_scheme_conn_is_https(conn_rec *c)
{
    const cfo_connection_t *connection = own(c);

    return connection && connection->https_request ? OK : DECLINED;
}
