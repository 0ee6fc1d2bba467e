/* SPDX-License-Identifier: Apache-2.0 */
/* The variables that tell CGI scripts, expressions and logs about the verdict. */
#include "httpd/request/environment.h"

#include "core/verdict/ray.h"

enum { ORIGIN, REASON, EDGE, ZONE, CERT, CLIENT_IP, RAY, COLO, VARIABLES };

static const char *const names[VARIABLES] = {
    "CF_ORIGIN",      "CF_ORIGIN_REASON",    "CF_ORIGIN_EDGE", "CF_ORIGIN_ZONE",
    "CF_ORIGIN_CERT", "CF_ORIGIN_CLIENT_IP", "CF_RAY",         "CF_COLO",
};

apr_table_t *cfo_environment_prepare(apr_pool_t *p)
{
    apr_table_t *all = apr_table_make(p, VARIABLES);
    int i;

    for (i = 0; i < VARIABLES; i++)
        apr_table_addn(all, names[i], "");
    return all;
}

/* The word for what became of the client address of a believed request. */
static const char *client_ip_name(const request_rec *r, const cfo_request_t *request)
{
    const cfo_effects_t *effects = cfo_request_effects(r);

    if (effects->client_ip == CFO_CLIENT_IP_OFF)
        return cfo_visitor_status_name(CFO_VISITOR_OFF);
    return cfo_visitor_status_name(request->client_ip);
}

static void collect(const request_rec *r, const cfo_part_t *part, const char **values)
{
    const cfo_request_t *request = part->request;
    const cfo_connection_t *connection = request->connection;
    const cfo_reason_info_t *reason = cfo_reason_info(part->outcome.reason);

    values[ORIGIN] = cfo_verdict_name(reason->verdict);
    values[REASON] = reason->name;
    values[EDGE] = request->edge;
    values[ZONE] = request->zone_name;
    if (connection && connection->certificate)
        values[CERT] = connection->certificate->sha256_hex;
    if (!part->outcome.believed)
        return;
    values[CLIENT_IP] = client_ip_name(r, request);
    values[RAY] = request->ray;
    values[COLO] = request->ray ? cfo_ray_colo(request->ray) : NULL;
}

static int has_all(const char *const *values)
{
    int i = 0;

    while (i < VARIABLES && values[i])
        i++;
    return i == VARIABLES;
}

/* As most admitted requests need it: the table of all names is copied to the end as a
 * whole, and then has its values set. That costs a fifth of adding them one by one. */
static void add_all(apr_table_t *env, const apr_table_t *all, const char *const *values)
{
    const apr_array_header_t *entries = apr_table_elts(env);
    int i, first = entries->nelts;

    apr_table_overlap(env, all, APR_OVERLAP_TABLES_ADD);
    for (i = 0; i < VARIABLES; i++)
        APR_ARRAY_IDX(entries, first + i, apr_table_entry_t).val = (char *)values[i];
}

/* To look for an old value costs four times as much as to add one. */
static void set_each(apr_table_t *env, int is_fresh, const char *const *values)
{
    int i;

    for (i = 0; i < VARIABLES; i++) {
        if (!values[i])
            continue;
        if (is_fresh)
            apr_table_addn(env, names[i], values[i]);
        else
            apr_table_setn(env, names[i], values[i]);
    }
}

void cfo_environment_set(request_rec *r, const cfo_part_t *part, int is_fresh)
{
    const cfo_server_conf_t *conf = cfo_server_conf(r->server);
    const char *values[VARIABLES] = { NULL };

    collect(r, part, values);
    if (is_fresh && has_all(values))
        add_all(r->subprocess_env, conf->shared->variables, values);
    else
        set_each(r->subprocess_env, is_fresh, values);
    if (part->is_https)
        apr_table_setn(r->subprocess_env, "HTTPS", "on");
    if (values[RAY] && conf->log_id)
        r->log_id = values[RAY];
}
