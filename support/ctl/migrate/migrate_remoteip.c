/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: mod_remoteip and mod_cloudflare, which give the visitor's address
 * until this module does. */
#include "ctl/migrate/migrate.h"

static int is_for_address(cfo_kind_t kind)
{
    return kind == CFO_KIND_REMOTEIP_CF || kind == CFO_KIND_REMOTEIP_OTHER ||
           kind == CFO_KIND_REMOTEIP_PROXY || kind == CFO_KIND_MOD_CLOUDFLARE ||
           kind == CFO_KIND_MOD_CLOUDFLARE_DENY;
}

void cfo_plan_remoteip(cfo_migration_t *migration, cfo_site_t *site, cfo_move_t move)
{
    apr_pool_t *p = migration->conf->pool;
    int i;

    if (cfo_site_found(migration, site, CFO_KIND_PROXY_PROTOCOL, 0))
        APR_ARRAY_PUSH(site->notes, const char *) =
            "a load balancer sends the PROXY header (RemoteIPProxyProtocol): name its "
            "address in CFOriginPullProxyProtocol, or every request is refused "
            "(edge-unknown)";
    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        if (is_for_address(found->kind))
            cfo_plan_change(
                site, move.on_phase, found->line, cfo_line_text(p, found->line), NULL,
                found->kind == CFO_KIND_MOD_CLOUDFLARE_DENY
                    ? "under On this module refuses strangers. Until then it keeps them "
                      "out"
                    : "under On this module sets the client address. Until then it is "
                      "needed: Audit does not change the address");
    }
}
