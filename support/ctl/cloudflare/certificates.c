/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's API: client certificates of a zone, and for host names. */
#include "ctl/cloudflare/api.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/cloudflare/body.h"
#include "ctl/cloudflare/call.h"
#include "ctl/cloudflare/failure.h"
#include "ctl/cloudflare/list.h"
#include "ctl/cloudflare/state.h"
#include "ctl/cloudflare/value.h"

/* Codes of the API: it is being deleted, or is (internals 12.5). */
enum { PENDING_DELETION = 1414 };

/* `id` NULL: the list. Returns NULL and sets *path, or an error. */
static const cfo_api_error_t *path_of(apr_pool_t *p, const char *zone_id,
                                      cfo_api_level_t level, const char *id,
                                      const char **path)
{
    if (!cfo_value_is_id(zone_id))
        return cfo_failure_unsent(p, "the zone has no identifier");
    if (id && !cfo_value_is_id(id))
        return cfo_failure_unsent(p, "the certificate has no identifier");
    *path = apr_pstrcat(p, "/zones/", zone_id, "/origin_tls_client_auth",
                        level == CFO_API_FOR_HOSTS ? "/hostnames/certificates" : "",
                        id ? "/" : "", id, NULL);
    return NULL;
}

static void read_certificate(apr_pool_t *p, const json_t *item, const char *id,
                             cfo_api_certificate_t *certificate)
{
    const char *state = cfo_value_string(p, item, "status");
    cfo_certificate_t *read = NULL;

    certificate->id = id;
    certificate->state = cfo_state_read(state);
    certificate->state_text = state ? cfo_text_word(p, state) : "unknown";
    certificate->uploaded = cfo_value_time(item, "uploaded_on");
    certificate->pem = cfo_value_string(p, item, "certificate");
    certificate->invalid =
        certificate->pem
            ? cfo_certificate_read(p, certificate->pem, strlen(certificate->pem), &read)
            : "the API returned no certificate";
    certificate->certificate = certificate->invalid ? NULL : read;
}

/* Sorted as it grows; those of the same time stay in the order of the API. */
static const cfo_api_error_t *add_certificate(const cfo_call_t *call, const json_t *item,
                                              const char *id, void *to)
{
    apr_array_header_t *all = to;
    cfo_api_certificate_t certificate, *at;

    read_certificate(all->pool, item, id, &certificate);
    (void)call;
    if (certificate.state == CFO_API_DELETED)
        return NULL;
    at = apr_array_push(all);
    while (at > (cfo_api_certificate_t *)all->elts &&
           at[-1].uploaded < certificate.uploaded) {
        *at = at[-1];
        at--;
    }
    *at = certificate;
    return NULL;
}

const cfo_api_error_t *cfo_api_certificates(cfo_api_t *api, apr_pool_t *p,
                                            const char *zone_id, cfo_api_level_t level,
                                            apr_array_header_t **certificates)
{
    const char *path = NULL;
    const cfo_api_error_t *error = path_of(p, zone_id, level, NULL, &path);

    *certificates = apr_array_make(p, 4, sizeof(cfo_api_certificate_t));
    return error ? error
                 : cfo_list_read(api, p, path, "", CFO_MAY_READ_CERTIFICATES,
                                 add_certificate, *certificates);
}

/* The "result" that is one certificate. */
static const cfo_api_error_t *read_result(const cfo_call_t *call, const json_t *envelope,
                                          cfo_api_certificate_t *certificate)
{
    const json_t *result = json_object_get(envelope, "result");
    const char *id = cfo_value_id(call->pool, result, "id");

    if (!id)
        return cfo_failure_broken(call, "the answer has no \"id\"");
    read_certificate(call->pool, result, id, certificate);
    return NULL;
}

const cfo_api_error_t *cfo_api_certificate(cfo_api_t *api, apr_pool_t *p,
                                           const char *zone_id, cfo_api_level_t level,
                                           const char *id,
                                           cfo_api_certificate_t *certificate)
{
    const char *path = NULL;
    const cfo_api_error_t *error = path_of(p, zone_id, level, id, &path);
    cfo_call_t call = cfo_call_get(api, p, path, CFO_MAY_READ_CERTIFICATES);
    json_auto_t *envelope = NULL;

    if (!error)
        error = cfo_call_send(&call, &envelope);
    return error ? error : read_result(&call, envelope, certificate);
}

typedef struct {
    const char *leaf, *key;
} pair_t;

static void write_pair(cfo_json_t *json, const void *of)
{
    const pair_t *pair = of;

    cfo_json_string(json, "certificate", pair->leaf);
    cfo_json_string(json, "private_key", pair->key);
}

const cfo_api_error_t *cfo_api_upload(cfo_api_t *api, apr_pool_t *p, const char *zone_id,
                                      cfo_api_level_t level, const char *leaf_pem,
                                      const char *key_pem,
                                      cfo_api_certificate_t *certificate)
{
    pair_t pair = { leaf_pem, key_pem };
    const char *path = NULL;
    const cfo_api_error_t *error = path_of(p, zone_id, level, NULL, &path);
    cfo_call_t call = { api, p, { "POST", path, NULL, 0 }, CFO_MAY_EDIT_CERTIFICATES };
    json_auto_t *envelope = NULL;

    if (error)
        return error;
    call.request.body = cfo_body_make(p, write_pair, &pair, &call.request.length);
    error = cfo_call_send(&call, &envelope);
    cfo_body_erase(call.request.body, call.request.length);
    return error ? error : read_result(&call, envelope, certificate);
}

static int is_gone(const cfo_api_error_t *error)
{
    return error->failure == CFO_API_ABSENT || error->code == PENDING_DELETION ||
           (error->failure == CFO_API_REFUSED &&
            strstr(error->reason, "already deleted"));
}

const cfo_api_error_t *cfo_api_delete(cfo_api_t *api, apr_pool_t *p, const char *zone_id,
                                      cfo_api_level_t level, const char *id)
{
    const char *path = NULL;
    const cfo_api_error_t *error = path_of(p, zone_id, level, id, &path);
    cfo_call_t call = { api, p, { "DELETE", path, NULL, 0 }, CFO_MAY_EDIT_CERTIFICATES };
    json_auto_t *envelope = NULL;

    if (error)
        return error;
    error = cfo_call_send(&call, &envelope);
    return error && is_gone(error) ? NULL : error;
}
