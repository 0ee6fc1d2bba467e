/* SPDX-License-Identifier: Apache-2.0 */
/* The directives. httpd puts file and line before each message. */
#include "httpd/config/directives.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_core.h"
#include "http_protocol.h"

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/stats/log_limit.h"
#include "core/base/text.h"
#include "httpd/config/conf.h"
#include "httpd/config/list_directives.h"

enum { QUOTE_MOST = 100 };

const char *cfo_directive_refuse(cmd_parms *cmd, const char *text, const char *reason)
{
    return apr_psprintf(cmd->pool, "%s: %s: %s", cmd->cmd->name,
                        cfo_text_quote(cmd->pool, text, QUOTE_MOST), reason);
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
    return cfo_directive_refuse(
        cmd, word, apr_pstrcat(cmd->pool, "expected ", choice->accepted, NULL));
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
        return cfo_directive_refuse(
            cmd, word,
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
        return cfo_directive_refuse(
            cmd, word,
            "expected a status from 400 to 599 that httpd knows, such "
            "as 403 or 404, or drop");
    conf->refuse = status;
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
        return cfo_directive_refuse(
            cmd, word,
            apr_psprintf(cmd->pool, "expected a number from %d to %d%s%s", least, most,
                         other ? ", or " : "", other ? other : ""));
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

static const char *set_log_limit(cmd_parms *cmd, void *dir, const char *word)
{
    (void)dir;
    return read_number(cmd, word, 1, CFO_LOG_LIMIT_MOST, "Off",
                       &cfo_server_conf(cmd->server)->log_limit);
}

static const size_t balancer_field = offsetof(cfo_server_conf_t, balancer_list);
static const size_t tunnel_field = offsetof(cfo_server_conf_t, tunnel_list);
static const size_t exempt_field = offsetof(cfo_server_conf_t, exempt_list);

#define CFO_INFO(x) ((void *)(apr_uintptr_t)(x))

const command_rec cfo_directives[] = {
    AP_INIT_TAKE1("CFOriginPull", set_mode, NULL, RSRC_CONF | ACCESS_CONF | OR_AUTHCFG,
                  "Off, Audit (judge and log) or On (judge and refuse)"),
    AP_INIT_RAW_ARGS("CFOriginPullZone", cfo_list_zone, NULL, RSRC_CONF,
                     "name of a zone, and what proves it: PEM files, sha256:HEX, "
                     "spki-sha256:HEX-or-BASE64"),
    AP_INIT_TAKE1("CFOriginPullZoneDir", cfo_list_zone_dir, NULL, RSRC_CONF,
                  "folder with a file NAME.pem for each zone"),
    AP_INIT_TAKE12("CFOriginPullRequire", set_require, NULL, RSRC_CONF,
                   "cert, ip or both: which proofs must hold"),
    AP_INIT_RAW_ARGS("CFOriginPullRanges", cfo_list_ranges, NULL, RSRC_CONF,
                     "builtin, files or ranges of Cloudflare's edge, or none"),
    AP_INIT_RAW_ARGS("CFOriginPullProxyProtocol", cfo_list_cidrs,
                     CFO_INFO(&balancer_field), RSRC_CONF,
                     "load balancers whose PROXY header names the edge"),
    AP_INIT_RAW_ARGS("CFOriginPullTunnel", cfo_list_cidrs, CFO_INFO(&tunnel_field),
                     RSRC_CONF, "Cloudflare Tunnel connectors, admitted and believed"),
    AP_INIT_RAW_ARGS("CFOriginPullExemptFrom", cfo_list_cidrs, CFO_INFO(&exempt_field),
                     RSRC_CONF, "addresses admitted without proof"),
    AP_INIT_RAW_ARGS("CFOriginPullExemptPath", cfo_list_exempt_paths, NULL, RSRC_CONF,
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
    AP_INIT_TAKE1(
        "CFOriginPullLogLimit", set_log_limit, NULL, RSRC_CONF,
        "refusals from 1 to 1000000 that are logged a minute for each reason, or "
        "Off"),
    AP_INIT_TAKE1("CFOriginPullLogID", set_choice, CFO_INFO(&log_id_choice), RSRC_CONF,
                  "On or Off: use CF-Ray as the log id of a request"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
