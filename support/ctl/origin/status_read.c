/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the status JSON of a running origin. */
#include "ctl/origin/status_fetch.h"

#include <string.h>

#include <jansson.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "core/trust/zone_name.h"

static const char not_a_status[] = "its answer is no status of mod_cf_origin: ";

typedef struct {
    apr_pool_t *p;
    cfo_origin_running_t *running;
} reader_t;

/* NULL: it is missing, or something else. */
static const char *text_of(const reader_t *reader, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) ? apr_pstrdup(reader->p, json_string_value(value))
                                 : NULL;
}

/* A digest in hex; NULL: it is something else. */
static const char *digest_of(const reader_t *reader, const json_t *object)
{
    const char *text = text_of(reader, object, "sha256");

    return text && strlen(text) == 2 * CFO_DIGEST_SIZE &&
                   strspn(text, "0123456789abcdef") == 2 * CFO_DIGEST_SIZE
               ? text
               : NULL;
}

/* null: never. 0: it is neither that nor a time. */
static int time_of(const reader_t *reader, const json_t *object, const char *name,
                   apr_time_t *time)
{
    const json_t *value = json_object_get(object, name);

    *time = 0;
    if (json_is_null(value))
        return 1;
    return json_is_string(value) &&
           cfo_ctl_time_read(text_of(reader, object, name), time);
}

static int read_proof(const reader_t *reader, const json_t *proof,
                      const cfo_origin_live_t *zone)
{
    cfo_origin_use_t use = { zone->name, digest_of(reader, proof), 0, 0 };

    if (!json_is_object(proof) || !time_of(reader, proof, "last_used", &use.last_used))
        return 0;
    if (!use.sha256)
        return json_is_null(json_object_get(proof, "sha256"));
    APR_ARRAY_PUSH(zone->proofs, const char *) = use.sha256;
    APR_ARRAY_PUSH(reader->running->proofs, cfo_origin_use_t) = use;
    return 1;
}

static int read_zone(const reader_t *reader, const json_t *object)
{
    const json_t *proofs = json_object_get(object, "proofs");
    const json_t *shut = json_object_get(object, "shut");
    cfo_origin_live_t *zone = apr_array_push(reader->running->zones);
    const char *name = text_of(reader, object, "name");
    size_t i;

    *zone = (cfo_origin_live_t){ NULL, 0, NULL };
    if (!name || cfo_zone_name_read(reader->p, name, &zone->name) ||
        !json_is_boolean(shut) || !json_is_array(proofs))
        return 0;
    zone->is_shut = json_is_true(shut);
    zone->proofs = apr_array_make(reader->p, 2, sizeof(const char *));
    for (i = 0; i < json_array_size(proofs); i++) {
        if (!read_proof(reader, json_array_get(proofs, i), zone))
            return 0;
    }
    return 1;
}

static int read_presented(const reader_t *reader, const json_t *object)
{
    cfo_origin_use_t use = { text_of(reader, object, "zone"), digest_of(reader, object),
                             0, 0 };

    if (!use.zone || !use.sha256 ||
        !time_of(reader, object, "first_used", &use.first_used) ||
        !time_of(reader, object, "last_used", &use.last_used))
        return 0;
    APR_ARRAY_PUSH(reader->running->presented, cfo_origin_use_t) = use;
    return 1;
}

static int read_trouble(const reader_t *reader, const json_t *object)
{
    const char *path = text_of(reader, object, "path");
    const char *reason = text_of(reader, object, "reason");

    if (!path || !reason)
        return 0;
    APR_ARRAY_PUSH(reader->running->in_trouble, const char *) =
        apr_psprintf(reader->p, "%s: %s", cfo_ctl_shown(reader->p, path),
                     cfo_text_quote(reader->p, reason, 300));
    return 1;
}

/* Where a certificate is asked for; elsewhere none is judged. */
static int is_on(const json_t *object, const char *name)
{
    const char *policy = json_string_value(json_object_get(object, name));
    const char *require = json_string_value(json_object_get(object, "require"));

    return policy && !strcmp(policy, "On") && (!require || strstr(require, "cert"));
}

static int read_server(const reader_t *reader, const json_t *object)
{
    const char *name = text_of(reader, object, "name");
    const char *port = name ? strrchr(name, ':') : NULL;

    if (!name)
        return 0;
    if (port)
        name = apr_pstrmemdup(reader->p, name, (apr_size_t)(port - name));
    APR_ARRAY_PUSH(reader->running->servers, cfo_origin_server_t) =
        (cfo_origin_server_t){ name, is_on(object, "policy") ||
                                         is_on(object, "policy_in_directories") };
    return 1;
}

typedef int read_one_t(const reader_t *reader, const json_t *object);

/* Every element of an array that must be there. */
static const char *read_array(const reader_t *reader, const json_t *root,
                              const char *name, read_one_t *read_one)
{
    const json_t *array = json_object_get(root, name);
    size_t i;

    if (!json_is_array(array))
        return apr_psprintf(reader->p, "%s\"%s\" is missing", not_a_status, name);
    for (i = 0; i < json_array_size(array); i++) {
        if (!read_one(reader, json_array_get(array, i)))
            return apr_psprintf(reader->p, "%s\"%s\" is malformed", not_a_status, name);
    }
    return NULL;
}

static const char *explain_no_json(apr_pool_t *p, const char *text, apr_size_t length,
                                   const json_error_t *error)
{
    const char *begin = text;

    while (begin < text + length && apr_isspace(*begin))
        begin++;
    if (*begin == '<')
        return "its answer is HTML: the URL must end in ?json";
    if (!*begin)
        return "its answer is empty";
    if (*begin == '#')
        return "its answer is metrics: the URL must end in ?json";
    return apr_psprintf(p, "its answer is no JSON (line %d: %s)", error->line,
                        cfo_text_quote(p, error->text, 120));
}

static const char *read_root(const reader_t *reader, const json_t *root)
{
    const char *reason;

    if (!json_is_object(root) || !json_is_string(json_object_get(root, "version")))
        return apr_pstrcat(reader->p, not_a_status, "\"version\" is missing", NULL);
    reason = read_array(reader, root, "zones", read_zone);
    if (!reason)
        reason = read_array(reader, root, "presented", read_presented);
    if (!reason)
        reason = read_array(reader, root, "files_in_trouble", read_trouble);
    if (!reason)
        reason = read_array(reader, root, "vhosts", read_server);
    return reason;
}

const char *cfo_status_read(apr_pool_t *p, const char *text, apr_size_t length,
                            cfo_origin_running_t *running)
{
    reader_t reader = { p, running };
    json_error_t error;
    const char *reason;
    json_t *root;

    running->zones = apr_array_make(p, 16, sizeof(cfo_origin_live_t));
    running->servers = apr_array_make(p, 16, sizeof(cfo_origin_server_t));
    running->proofs = apr_array_make(p, 16, sizeof(cfo_origin_use_t));
    running->presented = apr_array_make(p, 16, sizeof(cfo_origin_use_t));
    running->in_trouble = apr_array_make(p, 1, sizeof(const char *));
    root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return explain_no_json(p, text, length, &error);
    reason = read_root(&reader, root);
    json_decref(root);
    return reason;
}
