/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration check. */
#include "httpd/check/config_check.h"

#include <stdlib.h>
#include <string.h>

#include "http_config.h"
#include "http_log.h"

#include "httpd/check/checks.h"

APLOG_USE_MODULE(cf_origin);

static const cfo_check_t *const files[] = {
    cfo_access_rules_checks,     cfo_ca_files_checks,       cfo_directories_checks,
    cfo_own_certificates_checks, cfo_peer_addresses_checks, cfo_policies_checks,
    cfo_proofs_checks,           cfo_ranges_checks,         cfo_remoteip_checks,
    cfo_server_names_checks,     cfo_sni_settings_checks,   cfo_status_access_checks,
    cfo_tls_leftovers_checks,    cfo_tls_settings_checks,   cfo_twins_checks,
    cfo_unreadable_checks,       cfo_zone_files_checks,     NULL,
};

static int by_code(const void *a, const void *b)
{
    return strcmp(((const cfo_check_t *)a)->code, ((const cfo_check_t *)b)->code);
}

/* The checks of all files (of cfo_check_t), by code. */
static apr_array_header_t *list_checks(apr_pool_t *p)
{
    apr_array_header_t *checks = apr_array_make(p, 32, sizeof(cfo_check_t));
    const cfo_check_t *const *file, *check;

    for (file = files; *file; file++) {
        for (check = *file; check->code; check++)
            APR_ARRAY_PUSH(checks, cfo_check_t) = *check;
    }
    qsort(checks->elts, checks->nelts, checks->elt_size, by_code);
    return checks;
}

apr_array_header_t *cfo_config_check_run(apr_pool_t *p, server_rec *main,
                                         const cfo_snapshot_t *snapshot)
{
    const apr_array_header_t *checks = list_checks(p);
    cfo_checking_t checking = { .pool = p,
                                .vhosts = cfo_vhosts_make(p, main, snapshot),
                                .findings = apr_array_make(p, 8, sizeof(cfo_finding_t)),
                                .seen = apr_hash_make(p) };
    const apr_array_header_t *vhosts = checking.vhosts->all;
    int i, j;

    for (i = 0; i < vhosts->nelts; i++) {
        const cfo_vhost_t *vhost = &APR_ARRAY_IDX(vhosts, i, cfo_vhost_t);

        for (j = 0; j < checks->nelts; j++) {
            checking.now = &APR_ARRAY_IDX(checks, j, cfo_check_t);
            if (checking.now->look)
                checking.now->look(&checking, vhost);
            else
                cfo_check_zones(&checking, vhost);
        }
    }
    return checking.findings;
}

apr_array_header_t *cfo_config_check_log(apr_pool_t *p, server_rec *main,
                                         const cfo_snapshot_t *snapshot)
{
    apr_array_header_t *findings = cfo_config_check_run(p, main, snapshot);
    int i;

    for (i = 0; i < findings->nelts; i++) {
        const cfo_finding_t *finding = &APR_ARRAY_IDX(findings, i, cfo_finding_t);

        ap_log_error(APLOG_MARK,
                     finding->level == CFO_LEVEL_NOTICE ? APLOG_NOTICE : APLOG_WARNING, 0,
                     main, "%s", cfo_finding_render(p, finding));
    }
    return findings;
}
