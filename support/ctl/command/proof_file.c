/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: files of proofs, and how their certificates are shown. */
#include "ctl/command/proof_file.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "apr_escape.h"
#include "apr_strings.h"

#include "core/trust/parsed_file.h"
#include "core/live/expiry.h"
#include "core/live/public_cas.h"
#include "core/trust/origin_ca.h"
#include "core/trust/pem.h"
#include "core/base/text.h"
#include "ctl/command/input.h"

const char *cfo_ctl_proof_file_load(apr_pool_t *p, const char *path,
                                    cfo_ctl_proof_file_t *source)
{
    apr_size_t length;
    const char *reason = cfo_ctl_input_read(
        p, path, cfo_parsed_file_most(CFO_FILE_PROOFS), &source->text, &length);

    source->name = path;
    if (!reason)
        reason = cfo_pem_read(p, source->text, length, &source->certificates);
    if (!reason)
        reason = cfo_proof_read_pem(p, source->text, length, path, &source->proofs);
    return reason;
}

int cfo_ctl_proof_file_read(cfo_ctl_t *ctl, const char *path, const char *effect,
                            cfo_ctl_proof_file_t *source)
{
    const char *reason = cfo_ctl_proof_file_load(ctl->pool, path, source);

    if (!reason)
        return CFO_CTL_OK;
    cfo_ctl_problem(ctl, path, apr_pstrcat(ctl->pool, reason, effect, NULL));
    return CFO_CTL_INVALID;
}

const cfo_proof_t *cfo_ctl_proof_of(const cfo_ctl_proof_file_t *source,
                                    const cfo_certificate_t *certificate)
{
    int i;

    for (i = 0; i < source->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(source->proofs, i, const cfo_proof_t *);

        if (!memcmp(proof->digest, certificate->sha256, CFO_DIGEST_SIZE))
            return proof;
    }
    return NULL;
}

int cfo_ctl_has_issued(const cfo_certificate_t *ca, const cfo_certificate_t *certificate)
{
    X509 *issuer = cfo_certificate_x509(ca), *x509 = cfo_certificate_x509(certificate);
    int ok = issuer && x509 && ca->can_issue &&
             X509_check_issued(issuer, x509) == X509_V_OK &&
             X509_verify(x509, X509_get0_pubkey(issuer)) == 1;

    ERR_clear_error();
    return ok;
}

const char *cfo_ctl_kind(const cfo_proof_t *proof)
{
    static const char *const names[] = {
        [CFO_PROOF_ANCHOR] = "anchor",
        [CFO_PROOF_LEAF] = "leaf",
        [CFO_PROOF_SHA256] = "sha256",
        [CFO_PROOF_SPKI] = "spki-sha256",
    };

    return names[proof->kind];
}

int cfo_ctl_is_origin_ca(const cfo_proof_t *proof)
{
    return proof->kind == CFO_PROOF_ANCHOR && cfo_origin_ca_is(proof->certificate);
}

const char *cfo_ctl_public_root(cfo_ctl_t *ctl, const cfo_proof_t *proof)
{
    static cfo_public_cas_t *cas;
    static int is_open;

    if (proof->kind != CFO_PROOF_ANCHOR)
        return NULL;
    if (!is_open)
        cas = cfo_public_cas_open(ctl->pool, cfo_public_cas_own_folders);
    is_open = 1;
    return cas ? cfo_public_cas_root(cas, proof->certificate) : NULL;
}

/* An anchor that proves more than the zone. */
static const char *note_anchor(cfo_ctl_t *ctl, const cfo_proof_t *proof)
{
    const char *root;

    if (cfo_ctl_is_origin_ca(proof))
        return "Cloudflare's Origin CA, for the certificates of origin servers: every "
               "customer of Cloudflare can get a certificate of it, and each of them "
               "proves the zone";
    root = cfo_ctl_public_root(ctl, proof);
    return root ? apr_psprintf(
                      ctl->pool,
                      "a public CA (%s), which issues certificates to anybody: it "
                      "proves nothing about Cloudflare",
                      cfo_ctl_shown(ctl->pool, root))
                : NULL;
}

static const char *note_leaf(const cfo_certificate_t *leaf)
{
    if (leaf->is_ca)
        return "it has no basicConstraints CA:TRUE, or a keyUsage without keyCertSign, so "
               "it is not an anchor: certificates that it issued are refused";
    if (cfo_origin_ca_issued(leaf))
        return "issued by Cloudflare's Origin CA, for an origin server: right only if it "
               "was uploaded to Cloudflare for Authenticated Origin Pulls";
    return cfo_public_cas_issued(leaf)
               ? "issued by a public CA, for a server: right only if it was uploaded to "
                 "Cloudflare for Authenticated Origin Pulls"
               : NULL;
}

const char *cfo_ctl_proof_note(cfo_ctl_t *ctl, const cfo_proof_t *proof)
{
    const char *unfit = cfo_proof_unfit(proof);

    if (unfit && proof->kind == CFO_PROOF_ANCHOR)
        return apr_pstrcat(ctl->pool, unfit,
                           ": every certificate that it issued is refused", NULL);
    if (unfit)
        return apr_pstrcat(ctl->pool, unfit, ": mod_ssl ends every handshake with it",
                           NULL);
    return proof->kind == CFO_PROOF_ANCHOR ? note_anchor(ctl, proof)
                                           : note_leaf(proof->certificate);
}

void cfo_ctl_certificate_json(cfo_ctl_t *ctl, const cfo_certificate_t *certificate,
                              apr_time_t now)
{
    cfo_json_t *json = ctl->json;
    const char *from = cfo_text_time(ctl->pool, certificate->not_before);
    const char *until = cfo_text_time(ctl->pool, certificate->not_after);

    cfo_json_string(json, "subject", certificate->subject);
    cfo_json_string(json, "issuer", certificate->issuer);
    cfo_json_string(json, "sha256", certificate->sha256_hex);
    cfo_json_string(
        json, "spki_sha256",
        apr_pescape_hex(ctl->pool, certificate->spki_sha256, CFO_DIGEST_SIZE, 0));
    cfo_json_string(json, "not_before", from);
    cfo_json_string(json, "not_after", until);
    cfo_json_number(json, "days_left", cfo_expiry_days(certificate->not_after, now));
    cfo_json_truth(json, "shared_ca", cfo_certificate_is_shared_ca(certificate));
    cfo_json_truth(json, "origin_ca", cfo_origin_ca_is(certificate) != CFO_ORIGIN_CA_NO);
}

const char *cfo_ctl_pin_of(apr_pool_t *p, const cfo_certificate_t *certificate)
{
    return apr_pstrcat(p, "sha256:", certificate->sha256_hex, NULL);
}

const char *cfo_ctl_spki_pin_of(apr_pool_t *p, const cfo_certificate_t *certificate)
{
    return apr_pstrcat(p, "spki-sha256:",
                       apr_pescape_hex(p, certificate->spki_sha256, CFO_DIGEST_SIZE, 0),
                       NULL);
}
