/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: certificates that prove more than the zone. */
#include "httpd/check/proofs.h"

#include <string.h>

#include "apr_strings.h"

#include "core/live/public_cas.h"
#include "core/trust/origin_ca.h"
#include "httpd/check/checks.h"

#define WHAT_TO_SET                                                                      \
    "Set the CA that issued the certificate which you uploaded to Cloudflare for "       \
    "Authenticated Origin Pulls, or that certificate itself"

/* A leaf is recognised by its issuer's name: all customers would share it. */
static int is_shared(const cfo_proof_t *proof)
{
    const cfo_certificate_t *certificate = proof->certificate;

    return certificate &&
           (cfo_certificate_is_shared_ca(certificate) ||
            (proof->kind == CFO_PROOF_LEAF &&
             ap_strstr_c(certificate->issuer, "CN=origin-pull.cloudflare.net")));
}

static const cfo_proof_t *find_shared(const cfo_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        if (is_shared(proof))
            return proof;
    }
    return NULL;
}

static void check_shared_ca(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                            const cfo_zone_t *zone)
{
    const cfo_proof_t *proof = find_shared(zone);
    const char *text;

    if (!proof)
        return;
    text = apr_psprintf(
        checking->pool,
        "the zone %s accepts Cloudflare's shared certificate (%s), which Cloudflare can "
        "present for every customer: it proves no more than the source address. Upload a "
        "certificate of your own for the zone, and set its CA instead",
        cfo_check_quote(checking, zone->name), proof->source);
    cfo_check_add_proof(checking, vhost, zone, proof, text);
}

static void check_origin_ca(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                            const cfo_zone_t *zone)
{
    int i;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);
        cfo_origin_ca_t known = proof->kind == CFO_PROOF_ANCHOR
                                    ? cfo_origin_ca_is(proof->certificate)
                                    : CFO_ORIGIN_CA_NO;

        if (known == CFO_ORIGIN_CA_NO)
            continue;
        cfo_check_add_proof(
            checking, vhost, zone, proof,
            apr_psprintf(
                checking->pool,
                "the zone %s accepts every certificate of Cloudflare's Origin CA (%s, "
                "known by its %s), and every customer of Cloudflare can get one: this CA "
                "is for the certificates of origin servers, not for Authenticated Origin "
                "Pulls. " WHAT_TO_SET,
                cfo_check_quote(checking, zone->name), proof->source,
                known == CFO_ORIGIN_CA_KEY ? "key" : "name"));
    }
}

/* Read once in a run, and only if there is an anchor. NULL: there are none. */
static cfo_public_cas_t *public_cas(cfo_checking_t *checking)
{
    static const char key[] = "the public CAs";
    cfo_public_cas_t **cas = apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING);

    if (!cas) {
        cas = apr_palloc(checking->pool, sizeof(cfo_public_cas_t *));
        *cas = cfo_public_cas_open(checking->pool, cfo_public_cas_own_folders);
        apr_hash_set(checking->seen, key, APR_HASH_KEY_STRING, cas);
    }
    return *cas;
}

/* Many zones may have one anchor: the same certificate is looked up once. */
const char *cfo_proof_public_root(cfo_checking_t *checking, const cfo_proof_t *proof)
{
    const char *key =
        apr_pstrcat(checking->pool, "root of ", proof->certificate->sha256_hex, NULL);
    const char *root = apr_hash_get(checking->seen, key, APR_HASH_KEY_STRING);
    cfo_public_cas_t *cas = public_cas(checking);

    if (!root) {
        root = cas ? cfo_public_cas_root(cas, proof->certificate) : NULL;
        apr_hash_set(checking->seen, key, APR_HASH_KEY_STRING, root ? root : "");
    }
    return root && *root ? root : NULL;
}

static int count_anchors(const cfo_zone_t *zone, const char *source)
{
    int i, count = 0;

    for (i = 0; i < zone->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);

        count += proof->kind == CFO_PROOF_ANCHOR && !strcmp(proof->source, source);
    }
    return count;
}

static const char *public_text(cfo_checking_t *checking, const cfo_zone_t *zone,
                               const cfo_proof_t *proof, const char *root)
{
    const char *subject = proof->certificate->subject;
    int count = count_anchors(zone, proof->source);
    const char *who =
        apr_psprintf(checking->pool, "%s%s%s", cfo_check_quote(checking, subject),
                     strcmp(root, subject) ? " below " : "",
                     strcmp(root, subject) ? cfo_check_quote(checking, root) : "");

    if (count > CFO_PUBLIC_CAS_BUNDLE)
        who = apr_psprintf(checking->pool, "%d CAs, %s among them", count, who);
    return apr_psprintf(
        checking->pool,
        "the zone %s accepts every client certificate of a public CA (%s: %s), and such a "
        "CA issues certificates to anybody, but none that Cloudflare presents for your "
        "zone by itself. " WHAT_TO_SET,
        cfo_check_quote(checking, zone->name), proof->source, who);
}

/* Where no public CAs are known, or none of the file is: nobody has so many of his own.
 */
static const char *bundle_text(cfo_checking_t *checking, const cfo_zone_t *zone,
                               const cfo_proof_t *proof)
{
    int count = count_anchors(zone, proof->source);

    return count > CFO_PUBLIC_CAS_BUNDLE
               ? apr_psprintf(
                     checking->pool,
                     "the zone %s accepts every client certificate of %d CAs (%s), which "
                     "seem to be a bundle of public CAs. " WHAT_TO_SET,
                     cfo_check_quote(checking, zone->name), count, proof->source)
               : NULL;
}

static void check_public_ca(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                            const cfo_zone_t *zone)
{
    const cfo_proof_t *found = NULL;
    const char *text = NULL;
    int i;

    for (i = 0; i < zone->proofs->nelts && !text; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(zone->proofs, i, const cfo_proof_t *);
        const char *root = proof->kind == CFO_PROOF_ANCHOR
                               ? cfo_proof_public_root(checking, proof)
                               : NULL;

        found = proof;
        text = root ? public_text(checking, zone, proof, root) : NULL;
    }
    if (found && !text && found->kind == CFO_PROOF_ANCHOR)
        text = bundle_text(checking, zone, found);
    if (text)
        cfo_check_add_proof(checking, vhost, zone, found, text);
}

const cfo_check_t cfo_proofs_checks[] = {
    { CFO_LEVEL_WARNING, "CFO0204 shared-ca", NULL, check_shared_ca },
    { CFO_LEVEL_WARNING, "CFO0255 origin-ca", NULL, check_origin_ca },
    { CFO_LEVEL_WARNING, "CFO0256 public-ca", NULL, check_public_ca },
    { 0 }
};
