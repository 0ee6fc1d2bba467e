/* SPDX-License-Identifier: Apache-2.0 */
/* The directives. httpd puts file and line before each message. */
#include "directives.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_core.h"
#include "http_protocol.h"

#include "apr_lib.h"
#include "apr_strings.h"

#include "../core/exempt_path.h"
#include "../core/text.h"
#include "../core/zone_name.h"
#include "conf.h"

enum { QUOTE_MOST = 100 };

/* "Directive: "text": reason" */
static const char *refuse(cmd_parms *cmd, const char *text, const char *reason)
{
    return apr_psprintf(cmd->pool, "%s: %s: %s", cmd->cmd->name,
                        cfo_text_quote(cmd->pool, text, QUOTE_MOST), reason);
}

/* RAW_ARGS, because TAKE_ARGV ends at 64 words. */
static apr_array_header_t *split_words(cmd_parms *cmd, const char *args)
{
    apr_array_header_t *words = apr_array_make(cmd->pool, 8, sizeof(const char *));

    while (*args)
        APR_ARRAY_PUSH(words, const char *) = ap_getword_conf(cmd->pool, &args);
    return words;
}

static const char *word_at(const apr_array_header_t *words, int i)
{
    return APR_ARRAY_IDX(words, i, const char *);
}

static int is_none(const char *word)
{
    return !strcasecmp(word, "none");
}

/* "none" empties a list, so it makes sense alone only. */
static const char *check_list(cmd_parms *cmd, const apr_array_header_t *words,
                              const char *accepted)
{
    int i;

    if (!words->nelts)
        return apr_psprintf(cmd->pool, "%s takes %s", cmd->cmd->name, accepted);
    for (i = 0; words->nelts > 1 && i < words->nelts; i++) {
        if (is_none(word_at(words, i)))
            return refuse(cmd, "none", "stands alone or not at all");
    }
    return NULL;
}

/* A field that takes one of a few words. */
typedef struct {
    size_t offset; /* of the int in cfo_server_conf_t */
    const char *accepted;
    struct {
        const char *word;
        int value;
    } words[4];
} choice_t;

#define CHOICE(field) offsetof(cfo_server_conf_t, field)

static const choice_t mode_choice = {
    CHOICE(mode),
    "Off, Audit or On",
    { { "Off", CFO_MODE_OFF }, { "Audit", CFO_MODE_AUDIT }, { "On", CFO_MODE_ON } }
};
static const choice_t client_ip_choice = { CHOICE(client_ip),
                                           "verified, edge or off",
                                           { { "verified", CFO_CLIENT_IP_VERIFIED },
                                             { "edge", CFO_CLIENT_IP_EDGE },
                                             { "off", CFO_CLIENT_IP_OFF } } };
static const choice_t workers_choice = { CHOICE(workers),
                                         "any, same-zone or none",
                                         { { "any", CFO_WORKERS_ANY },
                                           { "same-zone", CFO_WORKERS_SAME_ZONE },
                                           { "none", CFO_WORKERS_NONE } } };
static const choice_t scrub_choice = { CHOICE(scrub),
                                       "On or Off",
                                       { { "On", 1 }, { "Off", 0 } } };
static const choice_t log_id_choice = { CHOICE(log_id),
                                        "On or Off",
                                        { { "On", 1 }, { "Off", 0 } } };
static const choice_t early_drop_choice = { CHOICE(early_drop),
                                            "On or Off",
                                            { { "On", 1 }, { "Off", 0 } } };

static const char *read_choice(cmd_parms *cmd, const choice_t *choice, const char *word,
                               int *value)
{
    int i;

    for (i = 0; i < 4 && choice->words[i].word; i++) {
        if (!strcasecmp(choice->words[i].word, word)) {
            *value = choice->words[i].value;
            return NULL;
        }
    }
    return refuse(cmd, word, apr_pstrcat(cmd->pool, "expected ", choice->accepted, NULL));
}

static const char *set_choice(cmd_parms *cmd, void *dir, const char *word)
{
    const choice_t *choice = cmd->info;
    char *conf = (char *)cfo_server_conf(cmd->server);

    (void)dir;
    return read_choice(cmd, choice, word, (int *)(void *)(conf + choice->offset));
}

static const char *set_mode(cmd_parms *cmd, void *dir, const char *word)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    const char *reason = ap_check_cmd_context(cmd, NOT_IN_LIMIT);
    int mode = CFO_MODE_OFF;

    if (!reason)
        reason = read_choice(cmd, &mode_choice, word, &mode);
    if (reason)
        return reason;
    if (!cmd->path) {
        conf->mode = mode;
        return NULL;
    }
    if (mode == CFO_MODE_OFF)
        return refuse(cmd, word,
                      "a directory can only raise what the virtual host says; to "
                      "admit a path without proof use CFOriginPullExemptPath");
    ((cfo_dir_conf_t *)dir)->mode = mode;
    /* .htaccess is read while requests run, and must not write to the server's. */
    if (!ap_check_cmd_context(cmd, NOT_IN_HTACCESS) && mode > conf->directory_mode)
        conf->directory_mode = mode;
    return NULL;
}

static const char *set_require(cmd_parms *cmd, void *dir, const char *first,
                               const char *second)
{
    static const choice_t require_choice = { CHOICE(require),
                                             "cert, ip or both",
                                             { { "cert", CFO_REQUIRE_CERT },
                                               { "ip", CFO_REQUIRE_IP } } };
    int one = 0, two = 0;
    const char *reason = read_choice(cmd, &require_choice, first, &one);

    (void)dir;
    if (!reason && second)
        reason = read_choice(cmd, &require_choice, second, &two);
    if (!reason)
        cfo_server_conf(cmd->server)->require = one | two;
    return reason;
}

static const char *set_refuse(cmd_parms *cmd, void *dir, const char *word)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    int status = strlen(word) == 3 && strspn(word, "0123456789") == 3 ? atoi(word) : 0;

    (void)dir;
    if (!strcasecmp(word, "drop")) {
        conf->refuse = CFO_REFUSE_DROP;
        return NULL;
    }
    /* A status that httpd does not know has the text of 500. */
    if (!ap_is_HTTP_ERROR(status) || atoi(ap_get_status_line(status)) != status)
        return refuse(cmd, word,
                      "expected a status from 400 to 599 that httpd knows, such "
                      "as 403 or 404, or drop");
    conf->refuse = status;
    return NULL;
}

/* What the same server has in a list so far. */
static apr_array_header_t *own_list(cmd_parms *cmd, apr_array_header_t **field,
                                    size_t size)
{
    if (!*field)
        *field = apr_array_make(cmd->pool, 4, (int)size);
    return *field;
}

/* "none" also takes back what stands above it in the same server, as everybody would read
 * it. (Which keeps a list from being inherited: an empty one is set.) */
static const char *empty_list(cmd_parms *cmd, apr_array_header_t **field, size_t size)
{
    apr_array_clear(own_list(cmd, field, size));
    return NULL;
}

static const char *add_cidr(cmd_parms *cmd, const char *word, apr_array_header_t *list)
{
    cfo_range_t range;
    const char *reason = cfo_range_parse(cmd->pool, word, &range);

    if (reason)
        return refuse(cmd, word, reason);
    APR_ARRAY_PUSH(list, cfo_range_t) = range;
    return NULL;
}

/* A file that httpd reads now and follows later; read once, however many name it. */
static const char *load_source(cmd_parms *cmd, cfo_content_kind_t kind, const char *path,
                               cfo_source_t **source)
{
    cfo_sources_t *sources = cfo_conf_plan(cmd->pool)->sources;

    *source = cfo_sources_add(sources, sources->start, kind, path);
    (*source)->is_named = 1;
    return cfo_source_load(sources, *source);
}

static const char *add_cidrs(cmd_parms *cmd, void *dir, const char *args)
{
    char *conf = (char *)cfo_server_conf(cmd->server);
    apr_array_header_t **field =
        (apr_array_header_t **)(void *)(conf + *(const size_t *)cmd->info);
    apr_array_header_t *words = split_words(cmd, args), *list;
    const char *reason = check_list(cmd, words,
                                    "addresses, ranges (192.0.2.0/24, "
                                    "2001:db8::/32) or none");
    int i;

    (void)dir;
    if (reason)
        return reason;
    if (is_none(word_at(words, 0)))
        return empty_list(cmd, field, sizeof(cfo_range_t));
    list = own_list(cmd, field, sizeof(cfo_range_t));
    for (i = 0; !reason && i < words->nelts; i++)
        reason = add_cidr(cmd, word_at(words, i), list);
    return reason;
}

static const char *add_range_file(cmd_parms *cmd, const char *word,
                                  apr_array_header_t *list)
{
    const char *path = ap_server_root_relative(cmd->pool, word);
    cfo_edge_part_t part = { NULL };
    const char *reason;

    if (!path)
        return refuse(cmd, word, "not a usable path");
    reason = load_source(cmd, CFO_CONTENT_RANGES, path, &part.source);
    if (reason && part.source->state.status != APR_SUCCESS)
        reason = apr_pstrcat(cmd->pool,
                             "neither builtin nor a range, and as a file it cannot be "
                             "read: ",
                             reason, NULL);
    if (reason)
        return refuse(cmd, path, reason);
    APR_ARRAY_PUSH(list, cfo_edge_part_t) = part;
    return NULL;
}

static void add_edge_range(apr_array_header_t *list, const cfo_range_t *range,
                           int is_builtin)
{
    APR_ARRAY_PUSH(list, cfo_edge_part_t) = (cfo_edge_part_t){ NULL, *range, is_builtin };
}

static const char *add_range(cmd_parms *cmd, const char *word, apr_array_header_t *list)
{
    apr_array_header_t *ranges = apr_array_make(cmd->pool, 32, sizeof(cfo_range_t));
    int is_builtin = !strcasecmp(word, "builtin"), i;
    const char *reason = NULL;

    if (is_builtin)
        cfo_ranges_add_builtin(ranges);
    else if (cfo_range_looks_like(word))
        reason = add_cidr(cmd, word, ranges);
    else
        reason = add_range_file(cmd, word, list);
    for (i = 0; i < ranges->nelts; i++)
        add_edge_range(list, &APR_ARRAY_IDX(ranges, i, cfo_range_t), is_builtin);
    return reason;
}

static const char *add_ranges(cmd_parms *cmd, void *dir, const char *args)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    apr_array_header_t *words = split_words(cmd, args), *list;
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    int i;

    (void)dir;
    if (!reason)
        reason = check_list(cmd, words, "builtin, files, ranges or none");
    if (reason)
        return reason;
    if (is_none(word_at(words, 0)))
        return empty_list(cmd, &conf->edge_list, sizeof(cfo_edge_part_t));
    list = own_list(cmd, &conf->edge_list, sizeof(cfo_edge_part_t));
    for (i = 0; !reason && i < words->nelts; i++)
        reason = add_range(cmd, word_at(words, i), list);
    return reason;
}

static const char *add_exempt_paths(cmd_parms *cmd, void *dir, const char *args)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    apr_array_header_t *words = split_words(cmd, args), *list;
    const char *reason = check_list(cmd, words,
                                    "paths such as /.well-known/acme-challenge/ "
                                    "or none");
    int i;

    (void)dir;
    if (reason)
        return reason;
    if (is_none(word_at(words, 0)))
        return empty_list(cmd, &conf->exempt_paths, sizeof(const char *));
    list = own_list(cmd, &conf->exempt_paths, sizeof(const char *));
    for (i = 0; i < words->nelts; i++) {
        reason = cfo_exempt_path_check(word_at(words, i));
        if (reason)
            return refuse(cmd, word_at(words, i), reason);
        APR_ARRAY_PUSH(list, const char *) = word_at(words, i);
    }
    return NULL;
}

static const char *read_proof(cmd_parms *cmd, const char *word, cfo_zone_part_t *part)
{
    const char *path, *reason;

    if (cfo_proof_is_pin(word)) {
        reason = cfo_proof_read_pin(cmd->pool, word, &part->pin);
        return reason ? refuse(cmd, word, reason) : NULL;
    }
    path = ap_server_root_relative(cmd->pool, word);
    if (!path)
        return refuse(cmd, word, "not a usable path");
    reason = load_source(cmd, CFO_CONTENT_PROOFS, path, &part->source);
    if (!reason)
        return NULL;
    return refuse(cmd, path,
                  apr_pstrcat(cmd->pool, reason,
                              "; expected a PEM file of certificates, sha256:HEX or "
                              "spki-sha256:HEX-or-BASE64",
                              NULL));
}

static const char *add_proofs(cmd_parms *cmd, const char *name,
                              const apr_array_header_t *words)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    cfo_plan_t *plan = cfo_conf_plan(cmd->pool);
    const char *reason = NULL;
    int i;

    if (!conf->zones)
        conf->zones = cfo_plan_add_table(plan, NULL);
    for (i = 1; !reason && i < words->nelts; i++) {
        cfo_zone_part_t part = { NULL, NULL };

        reason = read_proof(cmd, word_at(words, i), &part);
        if (!reason)
            cfo_table_plan_add(plan, conf->zones, name, &part);
    }
    return reason;
}

static const char *add_zone(cmd_parms *cmd, void *dir, const char *args)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    apr_array_header_t *words = split_words(cmd, args);
    const char *name, *reason;

    (void)dir;
    if (words->nelts == 1 && is_none(word_at(words, 0))) {
        conf->zones_none = 1;
        conf->zones = NULL;
        return NULL;
    }
    if (words->nelts < 2)
        return apr_psprintf(
            cmd->pool,
            "%s takes the name of a zone and one or more proofs "
            "(a PEM file, sha256:HEX, spki-sha256:HEX-or-BASE64), or none",
            cmd->cmd->name);
    reason = cfo_zone_name_read(cmd->pool, word_at(words, 0), &name);
    if (reason)
        return refuse(cmd, word_at(words, 0),
                      apr_pstrcat(cmd->pool, reason,
                                  "; expected a "
                                  "DNS name such as example.com, or *",
                                  NULL));
    return add_proofs(cmd, name, words);
}

static const char *add_zone_dir(cmd_parms *cmd, void *dir, const char *word)
{
    cfo_server_conf_t *conf = cfo_server_conf(cmd->server);
    const char *path;
    apr_finfo_t info;

    (void)dir;
    if (is_none(word)) {
        conf->folders_none = 1;
        conf->folders = NULL;
        return NULL;
    }
    path = ap_server_root_relative(cmd->pool, word);
    if (!path)
        return refuse(cmd, word, "not a usable path");
    if (apr_stat(&info, path, APR_FINFO_TYPE, cmd->temp_pool) != APR_SUCCESS ||
        info.filetype != APR_DIR)
        return refuse(cmd, path,
                      "not a folder that can be read; expected a folder "
                      "with a file NAME.pem for each zone, or none");
    APR_ARRAY_PUSH(own_list(cmd, &conf->folders, sizeof(cfo_table_plan_t *)),
                   cfo_table_plan_t *) =
        cfo_plan_add_table(cfo_conf_plan(cmd->pool), path);
    return NULL;
}

/* A whole number within bounds; `other` (NULL: none) is a word that stands for 0. */
static const char *read_number(cmd_parms *cmd, const char *word, int least, int most,
                               const char *other, int *value)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    char *end;
    apr_int64_t number = apr_strtoi64(word, &end, 10);

    if (reason)
        return reason;
    if (other && !strcasecmp(word, other)) {
        *value = 0;
        return NULL;
    }
    if (!apr_isdigit(*word) || *end || number < least || number > most)
        return refuse(cmd, word,
                      apr_psprintf(cmd->pool, "expected a number from %d to %d%s%s",
                                   least, most, other ? ", or " : "",
                                   other ? other : ""));
    *value = (int)number;
    return NULL;
}

static const char *set_reload(cmd_parms *cmd, void *dir, const char *word)
{
    (void)dir;
    return read_number(cmd, word, 1, 86400, "Off", &cfo_server_conf(cmd->server)->reload);
}

static const char *set_expiry_warn(cmd_parms *cmd, void *dir, const char *word)
{
    (void)dir;
    return read_number(cmd, word, 0, 3650, NULL,
                       &cfo_server_conf(cmd->server)->expiry_warn);
}

static const size_t balancer_field = offsetof(cfo_server_conf_t, balancer_list);
static const size_t tunnel_field = offsetof(cfo_server_conf_t, tunnel_list);
static const size_t exempt_field = offsetof(cfo_server_conf_t, exempt_list);

#define CFO_INFO(x) ((void *)(apr_uintptr_t)(x))

const command_rec cfo_directives[] = {
    AP_INIT_TAKE1("CFOriginPull", set_mode, NULL, RSRC_CONF | ACCESS_CONF | OR_AUTHCFG,
                  "Off, Audit (judge and log) or On (judge and refuse)"),
    AP_INIT_RAW_ARGS("CFOriginPullZone", add_zone, NULL, RSRC_CONF,
                     "name of a zone, and what proves it: PEM files, sha256:HEX, "
                     "spki-sha256:HEX-or-BASE64"),
    AP_INIT_TAKE1("CFOriginPullZoneDir", add_zone_dir, NULL, RSRC_CONF,
                  "folder with a file NAME.pem for each zone"),
    AP_INIT_TAKE12("CFOriginPullRequire", set_require, NULL, RSRC_CONF,
                   "cert, ip or both: which proofs must hold"),
    AP_INIT_RAW_ARGS("CFOriginPullRanges", add_ranges, NULL, RSRC_CONF,
                     "builtin, files or ranges of Cloudflare's edge, or none"),
    AP_INIT_RAW_ARGS("CFOriginPullProxyProtocol", add_cidrs, CFO_INFO(&balancer_field),
                     RSRC_CONF, "load balancers whose PROXY header names the edge"),
    AP_INIT_RAW_ARGS("CFOriginPullTunnel", add_cidrs, CFO_INFO(&tunnel_field), RSRC_CONF,
                     "Cloudflare Tunnel connectors, admitted and believed"),
    AP_INIT_RAW_ARGS("CFOriginPullExemptFrom", add_cidrs, CFO_INFO(&exempt_field),
                     RSRC_CONF, "addresses admitted without proof"),
    AP_INIT_RAW_ARGS("CFOriginPullExemptPath", add_exempt_paths, NULL, RSRC_CONF,
                     "paths admitted without proof"),
    AP_INIT_TAKE1("CFOriginPullClientIP", set_choice, CFO_INFO(&client_ip_choice),
                  RSRC_CONF, "verified, edge or off: whose CF-Connecting-IP is believed"),
    AP_INIT_TAKE1("CFOriginPullScrub", set_choice, CFO_INFO(&scrub_choice), RSRC_CONF,
                  "On or Off: remove Cloudflare's headers from requests not believed"),
    AP_INIT_TAKE1("CFOriginPullWorkers", set_choice, CFO_INFO(&workers_choice), RSRC_CONF,
                  "any, same-zone or none: whose Workers may make requests"),
    AP_INIT_TAKE1("CFOriginPullRefuse", set_refuse, NULL, RSRC_CONF,
                  "a 4xx or 5xx status, or drop"),
    AP_INIT_TAKE1("CFOriginPullEarlyDrop", set_choice, CFO_INFO(&early_drop_choice),
                  RSRC_CONF, "On or Off: close connections of strangers before TLS"),
    AP_INIT_TAKE1("CFOriginPullReload", set_reload, NULL, RSRC_CONF,
                  "seconds from 1 to 86400 between looks at the files, or Off"),
    AP_INIT_TAKE1("CFOriginPullExpiryWarn", set_expiry_warn, NULL, RSRC_CONF,
                  "days before their end from which on certificates are warned of"),
    AP_INIT_TAKE1("CFOriginPullLogID", set_choice, CFO_INFO(&log_id_choice), RSRC_CONF,
                  "On or Off: use CF-Ray as the log id of a request"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
