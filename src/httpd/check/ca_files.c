/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: whether the certificates of the zones can prove them, and whether
 * mod_ssl lets them pass. */
#include "httpd/check/checks.h"

#include "apr_strings.h"

#include "httpd/tls/ssl_context.h"

/* The zones of a server's names, each once; of const cfo_zone_t *. */
static apr_array_header_t *zones_of(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    apr_array_header_t *names = cfo_vhost_names(checking->vhosts, vhost);
    apr_array_header_t *zones =
        apr_array_make(checking->pool, 2, sizeof(const cfo_zone_t *));
    int i, j;

    for (i = 0; i < names->nelts; i++) {
        const cfo_zone_t *zone = cfo_vhost_zone(checking->vhosts, vhost,
                                                APR_ARRAY_IDX(names, i, const char *));

        for (j = 0; j < zones->nelts; j++) {
            if (APR_ARRAY_IDX(zones, j, const cfo_zone_t *) == zone)
                break;
        }
        if (zone && j == zones->nelts)
            APR_ARRAY_PUSH(zones, const cfo_zone_t *) = zone;
    }
    return zones;
}

static int asks_over_tls(const cfo_vhost_t *vhost)
{
    return vhost->needs_certificate && vhost->tls == CFO_TLS_ON &&
           vhost->verify != CFO_VERIFY_NONE;
}

/* Whether mod_ssl asks for certificates there and verifies them itself. */
static int verifies(const cfo_vhost_t *vhost)
{
    return vhost->verify == CFO_VERIFY_OPTIONAL || vhost->verify == CFO_VERIFY_REQUIRE;
}

/* What mod_ssl verifies with. Only SSLOpenSSLConfCmd can add certificates to those that
 * mod_ssl's own directives name, so the copy, which is slow for many virtual hosts, is
 * made only where that is set.
 */
static const cfo_ca_store_t *store_of(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_ca_store_t *store = NULL;

    if (!vhost->ca_path && cfo_vhost_line(checking->vhosts, vhost, "SSLOpenSSLConfCmd"))
        store = cfo_ssl_context_store(checking->pool, vhost->s);
    return store ? store : cfo_vhost_store(checking->vhosts, vhost);
}

/* What mod_ssl can verify of the certificates of a zone. (Pins have no certificate.)
 */
typedef struct {
    int certificates;
    int counts[CFO_CA_ROOTED + 1]; /* by cfo_ca_result_t */
} judgement_t;

static judgement_t judge_zone(const cfo_ca_store_t *store, const cfo_zone_t *zone)
{
    judgement_t judgement = { 0 };
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        if (!proof->certificate)
            continue;
        judgement.certificates++;
        judgement.counts[cfo_ca_store_check(store, proof->certificate, NULL)]++;
    }
    return judgement;
}

/* Why mod_ssl cannot verify the certificates of a zone; NULL: it can, or need not. */
static const char *find_fault(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                              const cfo_ca_store_t *store, const cfo_zone_t *zone)
{
    judgement_t judgement = judge_zone(store, zone);

    if (judgement.counts[CFO_CA_BARE])
        return apr_psprintf(
            checking->pool,
            "the CA file of mod_ssl has an intermediate CA of zone %s, but not the "
            "self-signed root above it, so that mod_ssl ends every handshake with such a "
            "certificate (AH02039, error 2), even under optional_no_ca: add the root to "
            "the CA file, or remove SSLCACertificateFile, which this module does not "
            "need",
            cfo_check_quote(checking, zone->name));
    if (judgement.certificates && !judgement.counts[CFO_CA_ROOTED] && verifies(vhost))
        return apr_psprintf(
            checking->pool,
            "mod_ssl verifies client certificates here, and its CA file cannot verify "
            "that of zone %s, so that it ends the handshake: set SSLVerifyClient "
            "optional_no_ca, or add the CA of the zone with all CAs above it up to the "
            "self-signed root",
            cfo_check_quote(checking, zone->name));
    return NULL;
}

/* The line that names a CA file, or else that of SSLVerifyClient. */
static const ap_directive_t *ca_line(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    static const char *const names[] = { "SSLCACertificateFile", "SSLCACertificatePath" };
    const ap_directive_t *line = NULL;
    int i;

    for (i = 0; !line && i < 2; i++)
        line = cfo_vhost_own_line(checking->vhosts, vhost, names[i]);
    return line ? line : cfo_vhost_own_line(checking->vhosts, vhost, "SSLVerifyClient");
}

/* mod_ssl can verify a chain only up to a self-signed certificate that it has. */
static int verifies_nothing(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                            const cfo_ca_store_t *store)
{
    if (!verifies(vhost) || vhost->ca_path)
        return 0;
    if (store && cfo_ca_store_has_root(store))
        return 0;
    if (!store && vhost->ca_file)
        return 0; /* mod_ssl reports that it cannot read it */
    cfo_check_add(
        checking, vhost, ca_line(checking, vhost),
        "mod_ssl ends every handshake with a client certificate here: set "
        "SSLVerifyClient optional_no_ca. Otherwise mod_ssl verifies the certificate "
        "itself, for which SSLCACertificateFile needs the CA that issued it and all CAs "
        "above, up to the self-signed root, which is missing");
    return 1;
}

static void check_ca_file_unfit(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_ca_store_t *store;
    apr_array_header_t *zones;
    const char *fault = NULL;
    int i;

    if (!asks_over_tls(vhost))
        return;
    store = store_of(checking, vhost);
    if (verifies_nothing(checking, vhost, store) || !store)
        return;
    zones = zones_of(checking, vhost);
    for (i = 0; !fault && i < zones->nelts; i++)
        fault = find_fault(checking, vhost, store,
                           APR_ARRAY_IDX(zones, i, const cfo_zone_t *));
    if (fault)
        cfo_check_add(checking, vhost, ca_line(checking, vhost), fault);
}

/* How far above the leaf the chain ends that mod_ssl builds for the certificates of a
 * zone, from its own CA certificates or from those that the client sends. */
static int depth_needed(const cfo_ca_store_t *store, const cfo_zone_t *zone)
{
    int needed = 0, i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);
        int depth = 0, above = 0;

        if (proof->kind == CFO_PROOF_ANCHOR)
            depth = proof->certificate->is_self_signed ? 1 : 2;
        if (store && proof->certificate &&
            cfo_ca_store_check(store, proof->certificate, &above) == CFO_CA_ROOTED)
            depth = above + (proof->kind == CFO_PROOF_ANCHOR);
        if (depth > needed)
            needed = depth;
    }
    return needed;
}

static void check_depth_too_small(cfo_checking_t *checking, const cfo_vhost_t *vhost)
{
    const cfo_ca_store_t *store;
    apr_array_header_t *zones;
    int i, needed = 0;

    if (!asks_over_tls(vhost))
        return;
    store = store_of(checking, vhost);
    zones = zones_of(checking, vhost);
    for (i = 0; i < zones->nelts; i++) {
        int depth = depth_needed(store, APR_ARRAY_IDX(zones, i, const cfo_zone_t *));

        if (depth > needed)
            needed = depth;
    }
    if (needed > vhost->depth)
        cfo_check_add(
            checking, vhost,
            cfo_vhost_own_line(checking->vhosts, vhost, "SSLVerifyDepth"),
            apr_psprintf(
                checking->pool,
                "SSLVerifyDepth is %d, but the certificate chain of the zone may be %d "
                "deep, and mod_ssl ends such a handshake (AH02040), even under "
                "optional_no_ca: set SSLVerifyDepth 3",
                vhost->depth, needed));
}

/* Expiry is reported elsewhere (expiry.h). */
static void check_proof_unfit(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                              const cfo_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);
        const char *unfit = cfo_proof_unfit(proof);

        if (unfit)
            cfo_check_add_file(
                checking, vhost, proof->source,
                apr_psprintf(
                    checking->pool,
                    "%s in this file cannot prove the zone %s: %s, so that %s. Replace "
                    "it by another certificate",
                    cfo_check_quote(checking, proof->certificate->subject),
                    cfo_check_quote(checking, zone->name), unfit,
                    proof->kind == CFO_PROOF_ANCHOR
                        ? "every certificate that it issued is refused (cert-unsuitable)"
                        : "mod_ssl ends every handshake with it (CFO0005), unless its "
                          "security level is lowered"));
    }
}

static void check_ca_taken_for_leaf(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                                    const cfo_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        if (proof->kind == CFO_PROOF_LEAF && proof->certificate->is_ca)
            cfo_check_add_file(
                checking, vhost, proof->source,
                apr_psprintf(
                    checking->pool,
                    "%s in this file is treated as a leaf, because it has no "
                    "basicConstraints CA:TRUE, or a keyUsage without keyCertSign: for "
                    "the zone %s only this certificate itself is accepted, and "
                    "certificates that it issued are refused. If it is a CA, reissue it "
                    "with both extensions; if Cloudflare presents this certificate "
                    "itself, nothing is wrong",
                    cfo_check_quote(checking, proof->certificate->subject),
                    cfo_check_quote(checking, zone->name)));
    }
}

const cfo_check_t cfo_ca_files_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0205 ca-file-unfit", check_ca_file_unfit },
    { CFO_LEVEL_WARNING, "CFO0206 depth-too-small", check_depth_too_small },
    { CFO_LEVEL_WARNING, "CFO0229 proof-unfit", NULL, check_proof_unfit },
    { CFO_LEVEL_NOTICE, "CFO0230 ca-taken-for-leaf", NULL, check_ca_taken_for_leaf },
    { 0 }
};
