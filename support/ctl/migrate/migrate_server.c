/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: lines of the main server, which virtual hosts inherit. */
#include "ctl/migrate/migrate.h"

#include <strings.h>

#include "apr_strings.h"

/* Whether it serves clients that this module does not judge. */
static int is_unjudged(const cfo_migration_t *migration, const cfo_site_t *site)
{
    const cfo_conf_line_t *mode = cfo_site_line(migration, site, "CFOriginPull", 1);

    if (mode)
        return !strcasecmp(cfo_conf_word(migration->conf->pool, mode, 0), "off");
    return site->has_tls ? !site->is_planned : cfo_site_is_open(migration, site);
}

/* Whether nothing but virtual hosts that move, and redirects, would notice that a line of
 * the main server is gone. */
static int moves_whole(const cfo_migration_t *migration)
{
    int i;

    for (i = 0; i < migration->sites->nelts; i++) {
        if (is_unjudged(migration,
                        APR_ARRAY_IDX(migration->sites, i, const cfo_site_t *)))
            return 0;
    }
    return 1;
}

static void note_global(cfo_migration_t *migration, const cfo_found_t *found)
{
    APR_ARRAY_PUSH(migration->server->notes, const char *) = apr_psprintf(
        migration->conf->pool,
        "%s:%d (%s) is in force for all virtual hosts: leave it until all "
        "that need it are On%s",
        found->line->file, found->line->line, cfo_kind_name(found->kind),
        found->kind == CFO_KIND_CERT_RULE
            ? ", and then replace it by Require expr \"%{reqenv:CF_ORIGIN} == "
              "'verified'\" where SSLVerifyClient becomes optional_no_ca"
            : ", and then remove it");
}

/* The main server's lines count for virtual hosts that do not move, too. */
void cfo_plan_server(cfo_migration_t *migration)
{
    static const cfo_kind_t kinds[] = {
        CFO_KIND_CERT_RULE,      CFO_KIND_HEADER_GATE,    CFO_KIND_REMOTEIP_CF,
        CFO_KIND_REMOTEIP_OTHER, CFO_KIND_MOD_CLOUDFLARE, CFO_KIND_MOD_CLOUDFLARE_DENY
    };
    int i, whole = moves_whole(migration);

    cfo_plan_address_rules(migration, migration->server, (cfo_move_t){ 1, 1, 0 });
    if (whole)
        cfo_plan_remoteip(migration, migration->server, (cfo_move_t){ 2, 1, 0 });
    for (i = 0; i < (whole ? 2 : 6); i++) {
        const cfo_found_t *found =
            cfo_site_found(migration, migration->server, kinds[i], 1);

        if (found)
            note_global(migration, found);
    }
}
