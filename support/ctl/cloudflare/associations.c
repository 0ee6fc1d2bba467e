/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's API: which certificate a host name uses. */
#include "ctl/cloudflare/api.h"

#include <string.h>

#include "apr_strings.h"

#include "ctl/cloudflare/body.h"
#include "ctl/cloudflare/call.h"
#include "ctl/cloudflare/failure.h"
#include "ctl/cloudflare/state.h"
#include "ctl/cloudflare/value.h"
#include "ctl/command/ctl.h"

/* `host` NULL: of all. Returns NULL and sets *path, or an error. */
static const cfo_api_error_t *path_of(apr_pool_t *p, const char *zone_id,
                                      const char *host, const char **path)
{
    if (!cfo_value_is_id(zone_id))
        return cfo_failure_unsent(p, "the zone has no identifier");
    if (host && (!*host || strspn(host, ".") == strlen(host)))
        return cfo_failure_unsent(
            p, apr_pstrcat(p, cfo_ctl_shown(p, host), " is not a host name", NULL));
    *path = apr_pstrcat(p, "/zones/", zone_id, "/origin_tls_client_auth/hostnames",
                        host ? "/" : "", host ? cfo_transport_escape(p, host) : "", NULL);
    return NULL;
}

static const cfo_api_error_t *read_use(const cfo_call_t *call, const json_t *result,
                                       cfo_api_use_t *use)
{
    const json_t *enabled = json_object_get(result, "enabled");

    if (enabled && !json_is_null(enabled) && !json_is_boolean(enabled))
        return cfo_failure_broken(call, "\"enabled\" is neither true, false nor null");
    *use = json_is_true(enabled)    ? CFO_API_USED
           : json_is_false(enabled) ? CFO_API_NONE
                                    : CFO_API_VOID;
    return NULL;
}

static void read_leaf(apr_pool_t *p, const json_t *result,
                      cfo_api_association_t *association)
{
    const char *pem = cfo_value_string(p, result, "certificate");
    cfo_certificate_t *certificate = NULL;

    if (pem && !cfo_certificate_read(p, pem, strlen(pem), &certificate))
        association->certificate = certificate;
}

static const cfo_api_error_t *read_result(const cfo_call_t *call, const json_t *envelope,
                                          cfo_api_association_t *association)
{
    const json_t *result = json_object_get(envelope, "result");
    apr_pool_t *p = call->pool;

    if (!json_is_object(result))
        return cfo_failure_broken(call, "the answer has no \"result\"");
    association->cert_id = cfo_value_id(p, result, "cert_id");
    association->state = cfo_state_read(cfo_value_string(p, result, "status"));
    association->cert_state = cfo_state_read(cfo_value_string(p, result, "cert_status"));
    read_leaf(p, result, association);
    return read_use(call, result, &association->use);
}

const cfo_api_error_t *cfo_api_association(cfo_api_t *api, apr_pool_t *p,
                                           const char *zone_id, const char *host,
                                           cfo_api_association_t *association)
{
    const char *path = NULL;
    const cfo_api_error_t *error = path_of(p, zone_id, host, &path);
    cfo_call_t call = cfo_call_get(api, p, path, CFO_MAY_READ_CERTIFICATES);
    json_auto_t *envelope = NULL;

    memset(association, 0, sizeof *association);
    association->host = apr_pstrdup(p, host);
    association->use = CFO_API_VOID;
    association->state = association->cert_state = CFO_API_STATE_UNKNOWN;
    if (error)
        return error;
    error = cfo_call_send(&call, &envelope);
    if (error)
        return error->failure == CFO_API_ABSENT ? NULL : error;
    return read_result(&call, envelope, association);
}

typedef struct {
    const char *host, *cert_id;
    cfo_api_use_t use;
} wish_t;

static void write_wish(cfo_json_t *json, const void *of)
{
    const wish_t *wish = of;

    cfo_json_open(json, "config", '[');
    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "hostname", wish->host);
    cfo_json_string(json, "cert_id", wish->cert_id);
    if (wish->use == CFO_API_VOID)
        cfo_json_string(json, "enabled", NULL);
    else
        cfo_json_truth(json, "enabled", wish->use == CFO_API_USED);
    cfo_json_close(json, '}');
    cfo_json_close(json, ']');
}

/* The API wants the certificate named, also where there is to be none (internals 12.5).
 * *cert_id stays NULL: there is no association. */
static const cfo_api_error_t *find_certificate(cfo_api_t *api, apr_pool_t *p,
                                               const char *zone_id, const char *host,
                                               const char **cert_id)
{
    cfo_api_association_t association;
    const cfo_api_error_t *error =
        cfo_api_association(api, p, zone_id, host, &association);

    if (!error)
        *cert_id = association.cert_id;
    return error;
}

const cfo_api_error_t *cfo_api_associate(cfo_api_t *api, apr_pool_t *p,
                                         const char *zone_id, const char *host,
                                         const char *cert_id, cfo_api_use_t use)
{
    wish_t wish = { host, cert_id, use };
    const char *path = NULL;
    const cfo_api_error_t *error = path_of(p, zone_id, NULL, &path);
    cfo_call_t call = { api, p, { "PUT", path, NULL, 0 }, CFO_MAY_EDIT_CERTIFICATES };
    json_auto_t *envelope = NULL;

    if (!error && !cert_id)
        error = find_certificate(api, p, zone_id, host, &wish.cert_id);
    if (error)
        return error;
    if (!wish.cert_id && use == CFO_API_VOID)
        return NULL;
    call.request.body = cfo_body_make(p, write_wish, &wish, &call.request.length);
    return cfo_call_send(&call, &envelope);
}
