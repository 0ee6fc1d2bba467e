/* SPDX-License-Identifier: Apache-2.0 */
/* Cloudflare's API: the token, zones, and their settings. */
#include "ctl/cloudflare/api.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "ctl/cloudflare/call.h"
#include "ctl/cloudflare/failure.h"
#include "ctl/cloudflare/list.h"
#include "ctl/cloudflare/value.h"
#include "ctl/command/ctl.h"

enum { NAME_MOST = 253 };

/* A token that belongs to an account is "invalid" to the call that verifies a user's. */
static int is_of_account(cfo_api_t *api, apr_pool_t *p)
{
    cfo_call_t call = cfo_call_get(api, p, "/zones?per_page=5", CFO_MAY_READ_ZONES);
    json_auto_t *envelope = NULL;

    return !cfo_call_send(&call, &envelope);
}

const cfo_api_error_t *cfo_api_token_status(cfo_api_t *api, apr_pool_t *p,
                                            const char **status)
{
    cfo_call_t call = cfo_call_get(api, p, "/user/tokens/verify", NULL);
    json_auto_t *envelope = NULL;
    const cfo_api_error_t *error = cfo_call_send(&call, &envelope);

    if (error && error->failure == CFO_API_TOKEN && is_of_account(api, p)) {
        *status = "active";
        return NULL;
    }
    if (error)
        return error;
    *status = cfo_value_string(p, json_object_get(envelope, "result"), "status");
    if (!*status)
        return cfo_failure_broken(&call, "the answer has no \"status\"");
    *status = cfo_ctl_shown(p, *status);
    return NULL;
}

/* A zone of that name, the active one if several accounts have it. */
typedef struct {
    apr_pool_t *pool;
    const char *name;
    cfo_api_zone_t zone; /* `id` NULL: none yet */
} search_t;

static const cfo_api_error_t *add_zone(const cfo_call_t *call, const json_t *item,
                                       const char *id, void *to)
{
    search_t *search = to;
    const char *name = cfo_value_string(search->pool, item, "name");
    const char *status = cfo_value_string(search->pool, item, "status");

    if (!name)
        return cfo_failure_broken(call, "a zone has no \"name\"");
    if (strcasecmp(name, search->name))
        return NULL;
    if (!search->zone.id || (status && !strcmp(status, "active")))
        search->zone =
            (cfo_api_zone_t){ id, search->name,
                              status ? cfo_ctl_shown(search->pool, status) : "unknown" };
    return NULL;
}

static int is_name(const char *name)
{
    const char *c = name;

    while (apr_isalnum(*c) || *c == '-' || *c == '_' || *c == '.')
        c++;
    return c > name && !*c && c - name <= NAME_MOST && *name != '.';
}

/* In lower case, and without the dot of the root. */
static const char *plain_name(apr_pool_t *p, const char *name)
{
    char *plain = apr_pstrdup(p, name);
    size_t length = strlen(plain);
    char *c;

    if (length > 1 && plain[length - 1] == '.')
        plain[length - 1] = '\0';
    for (c = plain; *c; c++)
        *c = (char)apr_tolower(*c);
    return plain;
}

const cfo_api_error_t *cfo_api_zone(cfo_api_t *api, apr_pool_t *p, const char *name,
                                    cfo_api_zone_t *zone)
{
    search_t search = { p, name, { NULL, NULL, NULL } };
    const cfo_api_error_t *error;

    if (!is_name(name))
        return cfo_failure_unsent(p, apr_pstrcat(p, cfo_ctl_shown(p, name),
                                                 " is not a name that a zone can have",
                                                 NULL));
    name = search.name = plain_name(p, name);
    error = cfo_list_read(api, p, "/zones",
                          apr_pstrcat(p, "?name=", cfo_transport_escape(p, name), NULL),
                          CFO_MAY_READ_ZONES, add_zone, &search);
    if (error)
        return error;
    if (!search.zone.id)
        return cfo_failure_absent(
            p, apr_pstrcat(p, "the token sees no zone ", name, NULL),
            "check its spelling; give the token the permission " CFO_MAY_READ_ZONES
            " for it");
    *zone = search.zone;
    return NULL;
}

const cfo_api_error_t *cfo_api_zone_of_host(cfo_api_t *api, apr_pool_t *p,
                                            const char *host, cfo_api_zone_t *zone)
{
    const char *name = !strncmp(host, "*.", 2) ? host + 2 : host;
    const cfo_api_error_t *error;

    if (!is_name(name))
        return cfo_failure_unsent(
            p, apr_pstrcat(p, cfo_ctl_shown(p, host), " is not a host name", NULL));
    for (; strchr(name, '.') && name[strcspn(name, ".") + 1];
         name += strcspn(name, ".") + 1) {
        if (*name == '.')
            continue;
        error = cfo_api_zone(api, p, name, zone);
        if (!error || error->failure != CFO_API_ABSENT)
            return error;
    }
    return cfo_failure_absent(
        p, apr_pstrcat(p, "the token sees no zone that ", host, " belongs to", NULL),
        "check its spelling; give the token the permission " CFO_MAY_READ_ZONES
        " for its zone");
}

/* Returns NULL and sets *path, or an error. */
static const cfo_api_error_t *path_of_zone(apr_pool_t *p, const char *zone_id,
                                           const char *rest, const char **path)
{
    if (!cfo_value_is_id(zone_id))
        return cfo_failure_unsent(p, "the zone has no identifier");
    *path = apr_pstrcat(p, "/zones/", zone_id, rest, NULL);
    return NULL;
}

/* A setting's "value". */
static const cfo_api_error_t *read_setting(cfo_api_t *api, apr_pool_t *p,
                                           const char *zone_id, const char *rest,
                                           const char **value)
{
    const char *path = NULL;
    const cfo_api_error_t *error = path_of_zone(p, zone_id, rest, &path);
    cfo_call_t call = cfo_call_get(api, p, path, CFO_MAY_READ_SETTINGS);
    json_auto_t *envelope = NULL;

    if (!error)
        error = cfo_call_send(&call, &envelope);
    if (error)
        return error;
    *value = cfo_value_string(p, json_object_get(envelope, "result"), "value");
    return *value ? NULL : cfo_failure_broken(&call, "the answer has no \"value\"");
}

const cfo_api_error_t *cfo_api_ssl_mode(cfo_api_t *api, apr_pool_t *p,
                                        const char *zone_id, const char **mode)
{
    const cfo_api_error_t *error = read_setting(api, p, zone_id, "/settings/ssl", mode);

    if (!error)
        *mode = cfo_ctl_shown(p, *mode);
    return error;
}

#define GLOBAL_PATH "/settings/tls_client_auth"
#define ZONE_PATH "/origin_tls_client_auth/settings"

static const cfo_api_error_t *read_global(cfo_api_t *api, apr_pool_t *p,
                                          const char *zone_id, int *is_on)
{
    const char *value;
    const cfo_api_error_t *error = read_setting(api, p, zone_id, GLOBAL_PATH, &value);
    cfo_call_t call =
        cfo_call_get(api, p, apr_pstrcat(p, "/zones/", zone_id, GLOBAL_PATH, NULL), NULL);

    if (error)
        return error;
    *is_on = !strcmp(value, "on");
    return *is_on || !strcmp(value, "off")
               ? NULL
               : cfo_failure_broken(&call, "the value is neither \"on\" nor \"off\"");
}

static const cfo_api_error_t *read_zone_level(cfo_api_t *api, apr_pool_t *p,
                                              const char *zone_id, int *is_on)
{
    const char *path = NULL;
    const cfo_api_error_t *error = path_of_zone(p, zone_id, ZONE_PATH, &path);
    cfo_call_t call = cfo_call_get(api, p, path, CFO_MAY_READ_CERTIFICATES);
    json_auto_t *envelope = NULL;
    const json_t *value;

    if (!error)
        error = cfo_call_send(&call, &envelope);
    if (error)
        return error;
    value = json_object_get(json_object_get(envelope, "result"), "enabled");
    *is_on = json_is_true(value);
    return json_is_boolean(value)
               ? NULL
               : cfo_failure_broken(&call, "\"enabled\" is neither true nor false");
}

const cfo_api_error_t *cfo_api_switch_get(cfo_api_t *api, apr_pool_t *p,
                                          const char *zone_id, cfo_api_switch_t which,
                                          int *is_on)
{
    return which == CFO_API_GLOBAL ? read_global(api, p, zone_id, is_on)
                                   : read_zone_level(api, p, zone_id, is_on);
}

const cfo_api_error_t *cfo_api_switch_set(cfo_api_t *api, apr_pool_t *p,
                                          const char *zone_id, cfo_api_switch_t which,
                                          int is_on)
{
    int is_global = which == CFO_API_GLOBAL;
    const char *path = NULL;
    const cfo_api_error_t *error =
        path_of_zone(p, zone_id, is_global ? GLOBAL_PATH : ZONE_PATH, &path);
    json_auto_t *envelope = NULL;
    cfo_call_t call = { api, p, { "PUT", path, NULL, 0 }, CFO_MAY_EDIT_CERTIFICATES };

    if (error)
        return error;
    call.request.body = is_on ? "{\"enabled\":true}" : "{\"enabled\":false}";
    if (is_global) {
        call.request.method = "PATCH";
        call.request.body = is_on ? "{\"value\":\"on\"}" : "{\"value\":\"off\"}";
        call.needs = CFO_MAY_EDIT_SETTINGS;
    }
    call.request.length = strlen(call.request.body);
    return cfo_call_send(&call, &envelope);
}
