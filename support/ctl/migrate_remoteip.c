/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: mod_remoteip, and mod_cloudflare, which it replaces first. */
#include "migrate.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "apr_strings.h"

/* "104.16.0.0/13" */
static const char *range_text(apr_pool_t *p, const cfo_range_t *range)
{
    unsigned char bytes[16];
    char text[INET6_ADDRSTRLEN];
    int length = range->first.bits, bits = length, i;
    apr_uint64_t high = range->first.high ^ range->last.high,
                 low = range->first.low ^ range->last.low;

    for (; low; low >>= 1)
        bits--;
    for (; high; high >>= 1)
        bits--;
    for (i = 0; i < length / 8; i++) {
        int shift = length - 8 - 8 * i;

        bytes[i] = (unsigned char)(shift < 64 ? range->first.low >> shift
                                              : range->first.high >> (shift - 64));
    }
    inet_ntop(length == 32 ? AF_INET : AF_INET6, bytes, text, sizeof text);
    return apr_psprintf(p, "%s/%d", text, bits);
}

static const char *join(apr_pool_t *p, const char *before, const char *between,
                        const char *after)
{
    apr_array_header_t *ranges = apr_array_make(p, 32, sizeof(cfo_range_t));
    const char *result = before;
    int i;

    cfo_ranges_add_builtin(ranges);
    for (i = 0; i < ranges->nelts; i++)
        result = apr_pstrcat(p, result, i ? between : "",
                             range_text(p, &APR_ARRAY_IDX(ranges, i, cfo_range_t)), NULL);
    return apr_pstrcat(p, result, after, NULL);
}

void cfo_plan_remoteip(cfo_migration_t *migration, cfo_site_t *site, cfo_move_t move)
{
    apr_pool_t *p = migration->conf->pool;
    int i;

    if (cfo_site_found(migration, site, CFO_KIND_PROXY_PROTOCOL, 0))
        APR_ARRAY_PUSH(site->notes, const char *) =
            "a load balancer sends the PROXY header (RemoteIPProxyProtocol): name its "
            "address in CFOriginPullProxyProtocol, or every request is edge-unknown";
    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        if (found->kind == CFO_KIND_REMOTEIP_CF ||
            found->kind == CFO_KIND_REMOTEIP_OTHER ||
            found->kind == CFO_KIND_REMOTEIP_PROXY)
            cfo_plan_change(site, move.on_phase, found->line,
                            cfo_line_text(p, found->line), NULL,
                            "under On this module sets the client address. Until then it "
                            "is needed: Audit does not change the address");
    }
}

#define FROM_EDGE "%{CONN_REMOTE_ADDR} -ipmatch '"

/* mod_remoteip does what mod_cloudflare did, without touching the connection. */
void cfo_plan_mod_cloudflare(cfo_migration_t *migration, cfo_site_t *site)
{
    apr_pool_t *p = migration->conf->pool;
    const cfo_found_t *deny =
        cfo_site_found(migration, site, CFO_KIND_MOD_CLOUDFLARE_DENY, 1);
    const cfo_conf_line_t *first = NULL;
    int i;

    for (i = 0; i < site->found->nelts; i++) {
        const cfo_found_t *found = &APR_ARRAY_IDX(site->found, i, cfo_found_t);

        if (found->kind != CFO_KIND_MOD_CLOUDFLARE &&
            found->kind != CFO_KIND_MOD_CLOUDFLARE_DENY)
            continue;
        first = first ? first : found->line;
        cfo_plan_change(
            site, 1, found->line, cfo_line_text(p, found->line), NULL,
            "mod_cloudflare changes the address of the connection, which this "
            "module compares with the ranges: unload it (a2dismod cloudflare)");
    }
    if (!first)
        return;
    cfo_plan_add(
        site, 1, first,
        join(p, "RemoteIPHeader CF-Connecting-IP\nRemoteIPTrustedProxy ", " ", ""),
        "in the same reload (a2enmod remoteip): it goes on giving the visitor's "
        "address until On does. Remove both lines then, where no other virtual "
        "host needs them");
    if (deny)
        cfo_plan_add(site, 1, first,
                     join(p,
                          "<Location \"/\">\nAuthMerging And\nRequire expr \"" FROM_EDGE,
                          "' || " FROM_EDGE, "'\"\n</Location>"),
                     "what DenyAllButCloudFlare did, in the same reload. It compares the "
                     "TCP peer, so it stays right under On; remove it after that");
}
