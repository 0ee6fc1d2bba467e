/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration check. */
#include "httpd/check/check.h"

#include "http_config.h"
#include "http_log.h"

#include "apr_strings.h"

#include "httpd/check/peer_addresses.h"
#include "httpd/check/ca_files.h"
#include "httpd/check/server_names.h"
#include "httpd/check/policies.h"
#include "httpd/check/status_access.h"
#include "httpd/check/tls_settings.h"

APLOG_USE_MODULE(cf_origin);

static const cfo_check_t checks[] = {
    { CFO_LEVEL_WARNING, "CFO0201 no-tls", cfo_check_no_tls },
    { CFO_LEVEL_WARNING, "CFO0202 never-asks", cfo_check_never_asks },
    { CFO_LEVEL_WARNING, "CFO0203 name-without-zone", cfo_check_name_without_zone },
    { CFO_LEVEL_WARNING, "CFO0204 shared-ca", cfo_check_shared_ca },
    { CFO_LEVEL_WARNING, "CFO0205 ca-file-unfit", cfo_check_ca_file_unfit },
    { CFO_LEVEL_WARNING, "CFO0206 depth-too-small", cfo_check_depth_too_small },
    { CFO_LEVEL_WARNING, "CFO0207 verify-per-directory", cfo_check_verify_per_directory },
    { CFO_LEVEL_WARNING, "CFO0208 ticket-key-file", cfo_check_ticket_key_file },
    { CFO_LEVEL_WARNING, "CFO0209 sni-policy-insecure", cfo_check_sni_policy_insecure },
    { CFO_LEVEL_WARNING, "CFO0210 plain-twin", cfo_check_plain_twin },
    { CFO_LEVEL_WARNING, "CFO0211 remoteip-header", cfo_check_remoteip_header },
    { CFO_LEVEL_WARNING, "CFO0212 mod-evasive", cfo_check_mod_evasive },
    { CFO_LEVEL_WARNING, "CFO0213 early-drop-beside", cfo_check_early_drop_beside },
    { CFO_LEVEL_WARNING, "CFO0214 require-ends-it", cfo_check_require_ends_it },
    { CFO_LEVEL_WARNING, "CFO0215 cache-before-gate", cfo_check_cache_before_gate },
    { CFO_LEVEL_WARNING, "CFO0216 name-with-two-cas", cfo_check_name_with_two_cas },
    { CFO_LEVEL_WARNING, "CFO0217 protocol-unsafe", cfo_check_protocol_unsafe },
    { CFO_LEVEL_WARNING, "CFO0218 ip-alone", cfo_check_ip_alone },
    { CFO_LEVEL_NOTICE, "CFO0219 roll-out-setting", cfo_check_roll_out_setting },
    { CFO_LEVEL_WARNING, "CFO0220 no-server-name", cfo_check_no_server_name },
    { CFO_LEVEL_WARNING, "CFO0221 balancer-unlisted", cfo_check_balancer_unlisted },
    { CFO_LEVEL_WARNING, "CFO0222 balancer-unheard", cfo_check_balancer_unheard },
    { CFO_LEVEL_NOTICE, "CFO0223 directory-only", cfo_check_directory_only },
    { CFO_LEVEL_WARNING, "CFO0224 mod-ssl-differs", cfo_check_mod_ssl_differs },
    { CFO_LEVEL_WARNING, "CFO0225 early-drop-all", cfo_check_early_drop_all },
    { CFO_LEVEL_WARNING, "CFO0226 early-drop-idle", cfo_check_early_drop_idle },
    { CFO_LEVEL_NOTICE, "CFO0227 early-drop-exempt-path",
      cfo_check_early_drop_exempt_path },
    { CFO_LEVEL_WARNING, "CFO0228 status-open", cfo_check_status_open },
    { CFO_LEVEL_WARNING, "CFO0229 proof-unfit", cfo_check_proof_unfit },
    { CFO_LEVEL_NOTICE, "CFO0230 ca-taken-for-leaf", cfo_check_ca_taken_for_leaf },
};

/* The strings of the configuration tree may live no longer than this run. */
static void add(cfo_checking_t *checking, const cfo_vhost_t *vhost, const char *file,
                int line, const char *text)
{
    const char *key = apr_psprintf(checking->pool, "%s %d %s", checking->now->code, line,
                                   file ? file : "");
    cfo_finding_t *finding;

    if (apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING))
        return;
    apr_hash_set(checking->seen, key, APR_HASH_KEY_STRING, key);
    finding = apr_array_push(checking->findings);
    finding->level = checking->now->level;
    finding->code = checking->now->code;
    finding->vhost = vhost->name;
    finding->file = file ? apr_pstrdup(checking->pool, file) : NULL;
    finding->line = line;
    finding->text = text;
}

void cfo_check_add(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                   const ap_directive_t *line, const char *text)
{
    if (line)
        add(checking, vhost, line->filename, line->line_num, text);
    else
        add(checking, vhost, vhost->s->defn_name, (int)vhost->s->defn_line_number, text);
}

void cfo_check_add_file(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                        const char *file, const char *text)
{
    add(checking, vhost, file, 0, text);
}

apr_array_header_t *cfo_check_findings(apr_pool_t *p, server_rec *main,
                                       const cfo_snapshot_t *snapshot)
{
    cfo_vhosts_t *vhosts = cfo_vhosts_make(p, main, snapshot);
    cfo_checking_t checking = { p, vhosts, NULL, NULL, apr_hash_make(p) };
    size_t i;
    int j;

    checking.findings = apr_array_make(p, 8, sizeof(cfo_finding_t));
    for (j = 0; j < vhosts->all->nelts; j++) {
        for (i = 0; i < sizeof checks / sizeof *checks; i++) {
            checking.now = &checks[i];
            checks[i].look(&checking, &APR_ARRAY_IDX(vhosts->all, j, cfo_vhost_t));
        }
    }
    return checking.findings;
}

apr_array_header_t *cfo_check_log(apr_pool_t *p, server_rec *main,
                                  const cfo_snapshot_t *snapshot)
{
    apr_array_header_t *findings = cfo_check_findings(p, main, snapshot);
    int i;

    for (i = 0; i < findings->nelts; i++) {
        const cfo_finding_t *finding = &APR_ARRAY_IDX(findings, i, cfo_finding_t);

        ap_log_error(APLOG_MARK,
                     finding->level == CFO_LEVEL_NOTICE ? APLOG_NOTICE : APLOG_WARNING, 0,
                     main, "%s", cfo_finding_render(p, finding));
    }
    return findings;
}
