/* SPDX-License-Identifier: Apache-2.0 */
/* The table of directives, and those that take one value. */
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
#include "httpd/config/conf.h"
#include "httpd/config/directive_error.h"
#include "httpd/config/list_directives.h"

/* A field that takes one of a few words. */
typedef struct {
    size_t offset; /* of the int in cfo_server_conf_t */
    const char *accepted;
    struct {
        const char *word;
        int value;
    } words[4];
} choice_t;

/* A field that takes a whole number. */
typedef struct {
    size_t offset; /* of the int in cfo_server_conf_t */
    int least, most;
    const char *other; /* a word that stands for 0; NULL: none */
} number_t;

#define OFFSET(field) offsetof(cfo_server_conf_t, field)

/* clang-format off */
static const choice_t mode_choice = {
    OFFSET(mode), "Off, Audit or On",
    { { "Off", CFO_MODE_OFF }, { "Audit", CFO_MODE_AUDIT }, { "On", CFO_MODE_ON } }
};
static const choice_t require_choice = {
    OFFSET(require), "cert, ip or both; or tunnel alone",
    { { "cert", CFO_REQUIRE_CERT }, { "ip", CFO_REQUIRE_IP },
      { "tunnel", CFO_REQUIRE_TUNNEL } }
};
static const choice_t client_ip_choice = {
    OFFSET(client_ip), "verified, edge or off",
    { { "verified", CFO_CLIENT_IP_VERIFIED }, { "edge", CFO_CLIENT_IP_EDGE },
      { "off", CFO_CLIENT_IP_OFF } }
};
static const choice_t scheme_choice = {
    OFFSET(scheme), "connection or visitor",
    { { "connection", CFO_SCHEME_CONNECTION }, { "visitor", CFO_SCHEME_VISITOR } }
};
static const choice_t workers_choice = {
    OFFSET(workers), "any, same-zone or none",
    { { "any", CFO_WORKERS_ANY }, { "same-zone", CFO_WORKERS_SAME_ZONE },
      { "none", CFO_WORKERS_NONE } }
};

#define ON_OR_OFF(field) { OFFSET(field), "On or Off", { { "On", 1 }, { "Off", 0 } } }
/* clang-format on */

static const choice_t scrub_choice = ON_OR_OFF(scrub);
static const choice_t log_id_choice = ON_OR_OFF(log_id);
static const choice_t early_drop_choice = ON_OR_OFF(early_drop);

static const number_t reload_number = { OFFSET(reload), 1, 86400, "Off" };
static const number_t expiry_warn_number = { OFFSET(expiry_warn), 0, 3650, NULL };
static const number_t log_limit_number = { OFFSET(log_limit), 1, CFO_LOG_LIMIT_MOST,
                                           "Off" };

static int *field_at(cmd_parms *cmd, size_t offset)
{
    char *conf = (char *)cfo_server_conf(cmd->server);

    return (int *)(void *)(conf + offset);
}

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
    return cfo_directive_error(
        cmd, word, apr_pstrcat(cmd->pool, "expected ", choice->accepted, NULL));
}

/* cmd->info: the choice_t. */
static const char *set_choice(cmd_parms *cmd, void *dir, const char *word)
{
    const choice_t *choice = cmd->info;

    (void)dir;
    return read_choice(cmd, choice, word, field_at(cmd, choice->offset));
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
        return cfo_directive_error(
            cmd, word,
            "a directory can only raise the mode of the virtual host; to "
            "admit a path without proof use CFOriginPullExemptPath");
    ((cfo_dir_conf_t *)dir)->mode = mode;
    /* A .htaccess file is read while requests run, when the server's configuration must
     * not change. */
    if (!ap_check_cmd_context(cmd, NOT_IN_HTACCESS) && mode > conf->directory_mode)
        conf->directory_mode = mode;
    return NULL;
}

static const char *set_require(cmd_parms *cmd, void *dir, const char *first,
                               const char *second)
{
    int one = 0, two = 0;
    const char *reason = read_choice(cmd, &require_choice, first, &one);

    (void)dir;
    if (!reason && second)
        reason = read_choice(cmd, &require_choice, second, &two);
    if (!reason && second && (one | two) & CFO_REQUIRE_TUNNEL)
        return cfo_directive_error(
            cmd, apr_pstrcat(cmd->pool, first, " ", second, NULL),
            "tunnel admits nothing but the addresses of CFOriginPullTunnel, and cannot be "
            "combined with cert or ip; expected cert, ip or both; or tunnel alone. Where a "
            "tunnel is admitted next to requests with a certificate, only "
            "CFOriginPullTunnel is needed");
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
    /* httpd answers a status that it does not know with 500. */
    if (!ap_is_HTTP_ERROR(status) || atoi(ap_get_status_line(status)) != status)
        return cfo_directive_error(
            cmd, word,
            "expected a status from 400 to 599 that httpd knows, such "
            "as 403 or 404, or drop");
    conf->refuse = status;
    return NULL;
}

/* cmd->info: the number_t. All of these directives are for the main server only. */
static const char *set_number(cmd_parms *cmd, void *dir, const char *word)
{
    const number_t *field = cmd->info;
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY), *other = field->other;
    char *end;
    apr_int64_t number = apr_strtoi64(word, &end, 10);

    (void)dir;
    if (reason)
        return reason;
    if (other && !strcasecmp(word, other))
        number = 0;
    else if (!apr_isdigit(*word) || *end || number < field->least || number > field->most)
        return cfo_directive_error(
            cmd, word,
            apr_psprintf(cmd->pool, "expected a number from %d to %d%s%s", field->least,
                         field->most, other ? ", or " : "", other ? other : ""));
    *field_at(cmd, field->offset) = (int)number;
    return NULL;
}

static const size_t balancer_field = OFFSET(balancer_list);
static const size_t tunnel_field = OFFSET(tunnel_list);
static const size_t exempt_field = OFFSET(exempt_list);

#define CFO_INFO(x) ((void *)(apr_uintptr_t)(x))

/* A new directive needs a row here and a row in CFO_SERVER_FIELDS (conf.h), and a
 * choice_t or number_t; a setter only if it takes another kind of value. */
const command_rec cfo_directives[] = {
    AP_INIT_TAKE1(
        "CFOriginPull", set_mode, NULL, RSRC_CONF | ACCESS_CONF | OR_AUTHCFG,
        "Off, Audit (check and log, refuse nothing) or On (refuse requests that "
        "are not proved to come through Cloudflare)"),
    AP_INIT_RAW_ARGS("CFOriginPullZone", cfo_list_zone, NULL, RSRC_CONF,
                     "the name of a zone, and its proofs: PEM files, sha256:HEX, "
                     "spki-sha256:HEX-or-BASE64; or none"),
    AP_INIT_TAKE1("CFOriginPullZoneDir", cfo_list_zone_dir, NULL, RSRC_CONF,
                  "a folder with a file NAME.pem for each zone, or none"),
    AP_INIT_TAKE12("CFOriginPullRequire", set_require, NULL, RSRC_CONF,
                   "the proofs that a request needs: cert, ip or both; or tunnel alone"),
    AP_INIT_RAW_ARGS("CFOriginPullRanges", cfo_list_ranges, NULL, RSRC_CONF,
                     "the addresses of Cloudflare's edge: builtin, files or ranges, or "
                     "none"),
    AP_INIT_RAW_ARGS("CFOriginPullProxyProtocol", cfo_list_cidrs,
                     CFO_INFO(&balancer_field), RSRC_CONF,
                     "addresses of load balancers whose PROXY header names the edge "
                     "address, or none"),
    AP_INIT_RAW_ARGS(
        "CFOriginPullTunnel", cfo_list_cidrs, CFO_INFO(&tunnel_field), RSRC_CONF,
        "addresses of Cloudflare Tunnel connectors: admit their requests and "
        "believe their headers; or none"),
    AP_INIT_RAW_ARGS("CFOriginPullExemptFrom", cfo_list_cidrs, CFO_INFO(&exempt_field),
                     RSRC_CONF,
                     "addresses whose requests are admitted without proof, or none"),
    AP_INIT_RAW_ARGS("CFOriginPullExemptPath", cfo_list_exempt_paths, NULL, RSRC_CONF,
                     "paths that are admitted without proof, or none"),
    AP_INIT_TAKE1(
        "CFOriginPullClientIP", set_choice, CFO_INFO(&client_ip_choice), RSRC_CONF,
        "verified, edge or off: the requests whose CF-Connecting-IP becomes the client "
        "address"),
    AP_INIT_TAKE1(
        "CFOriginPullScheme", set_choice, CFO_INFO(&scheme_choice), RSRC_CONF,
        "connection, or visitor: a request that Cloudflare got by https is an https "
        "request here too"),
    AP_INIT_TAKE1("CFOriginPullScrub", set_choice, CFO_INFO(&scrub_choice), RSRC_CONF,
                  "On or Off: remove Cloudflare's headers from requests that are not "
                  "believed"),
    AP_INIT_TAKE1(
        "CFOriginPullWorkers", set_choice, CFO_INFO(&workers_choice), RSRC_CONF,
        "the Cloudflare Workers that may make requests: any, same-zone or none"),
    AP_INIT_TAKE1("CFOriginPullRefuse", set_refuse, NULL, RSRC_CONF,
                  "the answer to a refused request: a 4xx or 5xx status, or drop (close "
                  "the connection)"),
    AP_INIT_TAKE1("CFOriginPullEarlyDrop", set_choice, CFO_INFO(&early_drop_choice),
                  RSRC_CONF,
                  "On or Off: close connections from unknown addresses before the TLS "
                  "handshake"),
    AP_INIT_TAKE1("CFOriginPullReload", set_number, CFO_INFO(&reload_number), RSRC_CONF,
                  "check the files for changes every this many seconds, from 1 to 86400, "
                  "or Off"),
    AP_INIT_TAKE1(
        "CFOriginPullExpiryWarn", set_number, CFO_INFO(&expiry_warn_number), RSRC_CONF,
        "warn when a certificate expires within this many days, from 0 to 3650"),
    AP_INIT_TAKE1("CFOriginPullLogLimit", set_number, CFO_INFO(&log_limit_number),
                  RSRC_CONF,
                  "log at most this many refusals per minute for each reason, from 1 to "
                  "1000000, or Off"),
    AP_INIT_TAKE1("CFOriginPullLogID", set_choice, CFO_INFO(&log_id_choice), RSRC_CONF,
                  "On or Off: use CF-Ray as the log ID of a request"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
