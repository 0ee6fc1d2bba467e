/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: why a certificate proves its zone or does not, in words. */
#include "core/base/text.h"
#include "explain.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "apr_strings.h"

enum { SECURITY_BITS = 112 }; /* of OpenSSL's security level 2 */

/* Texts of the case's pool: why and what to do. */
typedef struct {
    const char *why;
    const char *advice;
} words_t;

static const char *shown(const cfo_ctl_case_t *c, const char *text)
{
    return cfo_ctl_shown(c->pool, text);
}

static int is_digest(const unsigned char *one, const unsigned char *other)
{
    return !memcmp(one, other, CFO_DIGEST_SIZE);
}

static int has_issued(const cfo_certificate_t *ca, const cfo_certificate_t *leaf)
{
    int ok = ca->can_issue && X509_check_issued(ca->x509, leaf->x509) == X509_V_OK &&
             X509_verify(leaf->x509, X509_get0_pubkey(ca->x509)) == 1;

    ERR_clear_error();
    return ok;
}

static const cfo_certificate_t *find_issuer(const apr_array_header_t *certificates,
                                            const cfo_certificate_t *leaf)
{
    int i;

    for (i = 0; i < certificates->nelts; i++) {
        const cfo_certificate_t *ca =
            APR_ARRAY_IDX(certificates, i, const cfo_certificate_t *);

        if (has_issued(ca, leaf))
            return ca;
    }
    return NULL;
}

/* A pin that is right but for what it was written as. */
static int explain_pin(const cfo_ctl_case_t *c, const cfo_proof_t *proof, words_t *words)
{
    const cfo_certificate_t *ca = find_issuer(c->chain, c->leaf);
    int of_key = proof->kind == CFO_PROOF_SPKI;
    const unsigned char *other = of_key ? c->leaf->sha256 : c->leaf->spki_sha256;

    if (proof->kind != CFO_PROOF_SHA256 && !of_key)
        return 0;
    if (is_digest(proof->digest, other)) {
        words->why = of_key
                         ? "the pin is the digest of the whole certificate, but written "
                           "as that of its key"
                         : "the pin is the digest of the public key, but written as "
                           "that of the whole certificate";
        words->advice = apr_pstrcat(c->pool, "write ",
                                    of_key ? cfo_ctl_pin_of(c->pool, c->leaf)
                                           : cfo_ctl_spki_pin_of(c->pool, c->leaf),
                                    NULL);
        return 1;
    }
    if (!ca || !is_digest(proof->digest, of_key ? ca->spki_sha256 : ca->sha256))
        return 0;
    words->why =
        "the pin is that of the CA that issued it, and a pin is held against the "
        "leaf alone";
    words->advice = apr_psprintf(c->pool,
                                 "put the certificate of %s into a file, and name that "
                                 "file as the proof",
                                 shown(c, ca->subject));
    return 1;
}

static int explain_leaf(const cfo_ctl_case_t *c, const cfo_proof_t *proof, words_t *words)
{
    if (proof->kind != CFO_PROOF_LEAF ||
        !is_digest(proof->certificate->spki_sha256, c->leaf->spki_sha256))
        return 0;
    words->why = apr_psprintf(c->pool,
                              "the pinned leaf in %s is another certificate for the same "
                              "key, so this one was issued anew",
                              shown(c, proof->source));
    words->advice =
        apr_psprintf(c->pool, "put this one into the file as well, or pin the key: %s",
                     cfo_ctl_spki_pin_of(c->pool, c->leaf));
    return 1;
}

static int explain_namesake(const cfo_ctl_case_t *c, const cfo_proof_t *proof,
                            words_t *words)
{
    if (proof->kind != CFO_PROOF_ANCHOR ||
        X509_NAME_cmp(X509_get_subject_name(proof->certificate->x509),
                      X509_get_issuer_name(c->leaf->x509)))
        return 0;
    words->why = apr_psprintf(c->pool,
                              "its issuer has the name of the anchor in %s, %s, but "
                              "another key",
                              shown(c, proof->source), shown(c, c->leaf->issuer));
    words->advice =
        "if that CA was made anew, put its present certificate into the file; "
        "if not, somebody else uses its name";
    return 1;
}

typedef int explain_proof_t(const cfo_ctl_case_t *c, const cfo_proof_t *proof,
                            words_t *words);

/* Whether one of the proofs has something to do with it. */
static int explain_proofs(const cfo_ctl_case_t *c, explain_proof_t *explain,
                          words_t *words)
{
    int i, j;

    for (i = 0; i < c->sources->nelts; i++) {
        const apr_array_header_t *proofs =
            APR_ARRAY_IDX(c->sources, i, cfo_ctl_proof_file_t).proofs;

        for (j = 0; j < proofs->nelts; j++) {
            if (explain(c, APR_ARRAY_IDX(proofs, j, const cfo_proof_t *), words))
                return 1;
        }
    }
    return 0;
}

/* Its issuer is in a proof file, but as a leaf. */
static int explain_signer(const cfo_ctl_case_t *c, words_t *words)
{
    const cfo_proof_t *signer = NULL;
    int i;

    for (i = 0; !signer && i < c->sources->nelts; i++)
        signer = cfo_proof_signer(
            APR_ARRAY_IDX(c->sources, i, cfo_ctl_proof_file_t).proofs, c->leaf);
    if (!signer)
        return 0;
    words->why =
        apr_psprintf(c->pool,
                     "%s in %s, which signed it, is no CA certificate "
                     "(basicConstraints CA:TRUE), and so was taken for a leaf",
                     shown(c, signer->certificate->subject), shown(c, signer->source));
    words->advice =
        apr_psprintf(c->pool,
                     "issue that CA anew with basicConstraints=critical,"
                     "CA:TRUE, for the same key and name, or pin this leaf: %s",
                     cfo_ctl_pin_of(c->pool, c->leaf));
    return 1;
}

/* Its issuer is in a proof file, but ignored there. (Were it an anchor, the leaf would
 * not be unknown.) */
static int explain_ignored(const cfo_ctl_case_t *c, words_t *words)
{
    int i;

    for (i = 0; i < c->sources->nelts; i++) {
        const cfo_ctl_proof_file_t *source =
            &APR_ARRAY_IDX(c->sources, i, cfo_ctl_proof_file_t);
        const cfo_certificate_t *ca = find_issuer(source->certificates, c->leaf);

        if (!ca)
            continue;
        words->why = apr_psprintf(c->pool,
                                  "its issuer %s is in %s, but beside a leaf, and so it "
                                  "is no anchor",
                                  shown(c, ca->subject), shown(c, source->name));
        words->advice = "put the CA certificate into a file of its own, and name that as "
                        "a proof, if every certificate of this CA shall be accepted; "
                        "otherwise put this leaf into the file";
        return 1;
    }
    return 0;
}

static int explain_chain(const cfo_ctl_case_t *c, words_t *words)
{
    const cfo_certificate_t *ca = find_issuer(c->chain, c->leaf);

    if (!ca)
        return 0;
    words->why =
        apr_psprintf(c->pool,
                     "its issuer %s is not among the anchors; it is in the chain, "
                     "but the chain that a peer sends is never used",
                     shown(c, ca->subject));
    words->advice = apr_psprintf(c->pool,
                                 "put the certificate of %s (%s) from the chain into the "
                                 "proof file",
                                 shown(c, ca->subject), cfo_ctl_pin_of(c->pool, ca));
    return 1;
}

static int is_self_signed(const cfo_certificate_t *leaf)
{
    int ok = X509_verify(leaf->x509, X509_get0_pubkey(leaf->x509)) == 1;

    ERR_clear_error();
    return ok;
}

static void explain_stranger(const cfo_ctl_case_t *c, words_t *words)
{
    const char *pin = cfo_ctl_pin_of(c->pool, c->leaf);

    if (is_self_signed(c->leaf)) {
        words->why = "it is signed by itself and not pinned";
        words->advice = apr_pstrcat(c->pool, "pin it, if it is yours: ", pin, NULL);
        return;
    }
    words->why = apr_psprintf(c->pool,
                              "its issuer %s is not among the anchors, and it is not "
                              "pinned",
                              shown(c, c->leaf->issuer));
    words->advice = apr_psprintf(c->pool,
                                 "if it is yours, put the certificate of %s into a proof "
                                 "file, or pin the leaf: %s",
                                 shown(c, c->leaf->issuer), pin);
}

static void explain_unknown(const cfo_ctl_case_t *c, words_t *words)
{
    if (explain_proofs(c, explain_pin, words) || explain_proofs(c, explain_leaf, words) ||
        explain_signer(c, words) || explain_ignored(c, words) ||
        explain_chain(c, words) || explain_proofs(c, explain_namesake, words))
        return;
    explain_stranger(c, words);
}

static int is_weak(const cfo_certificate_t *leaf)
{
    const EVP_PKEY *key = X509_get0_pubkey(leaf->x509);

    return key && EVP_PKEY_security_bits(key) < SECURITY_BITS;
}

/* The anchor is at fault, whatever the leaf is like. */
static int explain_unfit(const cfo_ctl_case_t *c, const cfo_proof_t *proof,
                         words_t *words)
{
    const char *unfit = cfo_proof_unfit(proof);

    if (!unfit || proof->kind != CFO_PROOF_ANCHOR ||
        cfo_proof_check(proof, c->leaf, NULL) != CFO_PROOF_UNSUITABLE)
        return 0;
    words->why = apr_psprintf(c->pool, "its issuer %s in %s is no use: %s",
                              shown(c, proof->certificate->subject),
                              shown(c, proof->source), unfit);
    words->advice = "make another CA, and issue the certificate from that";
    return 1;
}

static void explain_unsuitable(const cfo_ctl_case_t *c, words_t *words)
{
    if (explain_proofs(c, explain_unfit, words))
        return;
    words->why = c->why;
    if (c->leaf->is_ca)
        words->advice =
            "have the CA issue a leaf (basicConstraints=CA:FALSE), and upload "
            "that to Cloudflare";
    else if (X509_check_purpose(c->leaf->x509, X509_PURPOSE_SSL_CLIENT, 0) != 1)
        words->advice = "issue it again with extendedKeyUsage=clientAuth or without "
                        "extendedKeyUsage; if it has keyUsage, with digitalSignature";
    else if (is_weak(c->leaf))
        words->advice =
            "issue it again for a key of at least 2048 bits (RSA) or on P-256";
    else
        words->advice =
            "issue it again from a CA whose key, signature and extensions allow "
            "it; openssl x509 -noout -text shows them";
    ERR_clear_error();
}

/* The leaf, or the anchor if it is that which is not valid at the time. */
static void explain_dates(const cfo_ctl_case_t *c, words_t *words)
{
    const cfo_certificate_t *at_fault = c->leaf;
    int expired = c->state == CFO_CERT_EXPIRED;
    int is_leaf = expired ? at_fault->not_after < c->at : at_fault->not_before > c->at;
    const char *who = "the certificate itself";

    if (!is_leaf) {
        at_fault = c->match.proof->certificate;
        who = apr_psprintf(c->pool, "its anchor %s in %s", shown(c, at_fault->subject),
                           shown(c, c->match.proof->source));
    }
    if (!expired) {
        words->why = apr_psprintf(c->pool, "%s is not valid before %s", who,
                                  cfo_text_time(c->pool, at_fault->not_before));
        words->advice = "wait, or look at the clock of the host";
        return;
    }
    words->why = apr_psprintf(c->pool, "%s has expired at %s", who,
                              cfo_text_time(c->pool, at_fault->not_after));
    words->advice = is_leaf ? "issue a new one, and upload it to Cloudflare"
                            : "put the renewed CA certificate into the proof file";
}

static void explain_holds(const cfo_ctl_case_t *c, words_t *words)
{
    const cfo_proof_t *proof = c->match.proof;
    const char *source = shown(c, proof->source);
    const char *until = cfo_text_time(c->pool, c->match.not_after);

    if (proof->kind != CFO_PROOF_ANCHOR) {
        words->why = apr_psprintf(c->pool, "pinned by %s, until %s", source, until);
        return;
    }
    words->why = apr_psprintf(c->pool, "issued by the anchor %s in %s, until %s",
                              shown(c, proof->certificate->subject), source, until);
}

void cfo_ctl_explain(const cfo_ctl_case_t *c, const char **why, const char **advice)
{
    words_t words = { NULL, NULL };

    switch (c->state) {
    case CFO_CERT_HOLDS:
        explain_holds(c, &words);
        break;
    case CFO_CERT_EXPIRED:
    case CFO_CERT_NOT_YET_VALID:
        explain_dates(c, &words);
        break;
    case CFO_CERT_UNSUITABLE:
        explain_unsuitable(c, &words);
        break;
    default:
        explain_unknown(c, &words);
    }
    *why = words.why;
    *advice = words.advice;
}
