/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: explains why a certificate proves its zone or does not. */
#include "core/base/text.h"
#include "ctl/command/explain.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "apr_strings.h"

enum { SECURITY_BITS = 112 }; /* of OpenSSL's security level 2 */

static const char *shown(const cfo_ctl_case_t *c, const char *text)
{
    return cfo_ctl_shown(c->pool, text);
}

static int is_digest(const unsigned char *one, const unsigned char *other)
{
    return !memcmp(one, other, CFO_DIGEST_SIZE);
}

static const cfo_certificate_t *find_issuer(const apr_array_header_t *certificates,
                                            const cfo_certificate_t *leaf)
{
    int i;

    for (i = 0; i < certificates->nelts; i++) {
        const cfo_certificate_t *ca =
            APR_ARRAY_IDX(certificates, i, const cfo_certificate_t *);

        if (cfo_ctl_has_issued(ca, leaf))
            return ca;
    }
    return NULL;
}

/* A pin of the wrong kind or of the wrong certificate. */
static int explain_pin(const cfo_ctl_case_t *c, const cfo_proof_t *proof,
                       cfo_ctl_words_t *words)
{
    const cfo_certificate_t *ca = find_issuer(c->chain, c->leaf);
    int of_key = proof->kind == CFO_PROOF_SPKI;
    const unsigned char *other = of_key ? c->leaf->sha256 : c->leaf->spki_sha256;

    if (proof->kind != CFO_PROOF_SHA256 && !of_key)
        return 0;
    if (is_digest(proof->digest, other)) {
        words->why = of_key
                         ? "the pin is the digest of the whole certificate, but has the "
                           "prefix of a key digest"
                         : "the pin is the digest of the public key, but has the "
                           "prefix of a certificate digest";
        words->advice = apr_pstrcat(c->pool, "write ",
                                    of_key ? cfo_ctl_pin_of(c->pool, c->leaf)
                                           : cfo_ctl_spki_pin_of(c->pool, c->leaf),
                                    NULL);
        return 1;
    }
    if (!ca || !is_digest(proof->digest, of_key ? ca->spki_sha256 : ca->sha256))
        return 0;
    words->why =
        "the pin is that of the CA that issued it, but a pin is compared with the leaf "
        "only";
    words->advice = apr_psprintf(c->pool,
                                 "put the certificate of %s into a file, and use that "
                                 "file as the proof",
                                 shown(c, ca->subject));
    return 1;
}

static int explain_leaf(const cfo_ctl_case_t *c, const cfo_proof_t *proof,
                        cfo_ctl_words_t *words)
{
    if (proof->kind != CFO_PROOF_LEAF ||
        !is_digest(proof->certificate->spki_sha256, c->leaf->spki_sha256))
        return 0;
    words->why = apr_psprintf(c->pool,
                              "the pinned leaf in %s is another certificate for the same "
                              "key, so this one was reissued",
                              shown(c, proof->source));
    words->advice = apr_psprintf(c->pool, "add this one to the file, or pin the key: %s",
                                 cfo_ctl_spki_pin_of(c->pool, c->leaf));
    return 1;
}

static int explain_namesake(const cfo_ctl_case_t *c, const cfo_proof_t *proof,
                            cfo_ctl_words_t *words)
{
    X509 *anchor =
        proof->kind == CFO_PROOF_ANCHOR ? cfo_certificate_x509(proof->certificate) : NULL;

    if (!anchor ||
        X509_NAME_cmp(X509_get_subject_name(anchor), X509_get_issuer_name(c->leaf->x509)))
        return 0;
    words->why = apr_psprintf(c->pool,
                              "its issuer has the same name as the anchor in %s, %s, "
                              "but another key",
                              shown(c, proof->source), shown(c, c->leaf->issuer));
    words->advice =
        "if that CA has a new key, put its new certificate into the file; if not, "
        "someone else uses its name";
    return 1;
}

typedef int explain_proof_t(const cfo_ctl_case_t *c, const cfo_proof_t *proof,
                            cfo_ctl_words_t *words);

/* Whether one of the proofs explains it. */
static int explain_proofs(const cfo_ctl_case_t *c, explain_proof_t *explain,
                          cfo_ctl_words_t *words)
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

/* Its issuer is in a proof file, but is a leaf there. */
static int explain_signer(const cfo_ctl_case_t *c, cfo_ctl_words_t *words)
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
                     "%s in %s, which signed it, is not a CA certificate "
                     "(basicConstraints CA:TRUE), so it is a leaf proof",
                     shown(c, signer->certificate->subject), shown(c, signer->source));
    words->advice =
        apr_psprintf(c->pool,
                     "reissue that CA with basicConstraints=critical,"
                     "CA:TRUE, for the same key and name, or pin this leaf: %s",
                     cfo_ctl_pin_of(c->pool, c->leaf));
    return 1;
}

/* Its issuer is in a proof file, but ignored there; an anchor would have proved it. */
static int explain_ignored(const cfo_ctl_case_t *c, cfo_ctl_words_t *words)
{
    int i;

    for (i = 0; i < c->sources->nelts; i++) {
        const cfo_ctl_proof_file_t *source =
            &APR_ARRAY_IDX(c->sources, i, cfo_ctl_proof_file_t);
        const cfo_certificate_t *ca = find_issuer(source->certificates, c->leaf);

        if (!ca)
            continue;
        words->why = apr_psprintf(c->pool,
                                  "its issuer %s is in %s, but next to a leaf, so it is "
                                  "not an anchor",
                                  shown(c, ca->subject), shown(c, source->name));
        words->advice = "to accept every certificate of this CA, put the CA certificate "
                        "into a file of its own and use that as a proof; otherwise put "
                        "this leaf into the file";
        return 1;
    }
    return 0;
}

static int explain_chain(const cfo_ctl_case_t *c, cfo_ctl_words_t *words)
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

static void explain_stranger(const cfo_ctl_case_t *c, cfo_ctl_words_t *words)
{
    const char *pin = cfo_ctl_pin_of(c->pool, c->leaf);

    if (is_self_signed(c->leaf)) {
        words->why = "it is self-signed and not pinned";
        words->advice = apr_pstrcat(c->pool, "if it is yours, pin it: ", pin, NULL);
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

static void explain_unknown(const cfo_ctl_case_t *c, cfo_ctl_words_t *words)
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

/* The anchor is unsuitable, so no leaf of it can hold. */
static int explain_unfit(const cfo_ctl_case_t *c, const cfo_proof_t *proof,
                         cfo_ctl_words_t *words)
{
    const char *unfit = cfo_proof_unfit(proof);

    if (!unfit || proof->kind != CFO_PROOF_ANCHOR ||
        cfo_proof_check(proof, c->leaf, NULL) != CFO_PROOF_UNSUITABLE)
        return 0;
    words->why = apr_psprintf(c->pool, "its issuer %s in %s is unsuitable: %s",
                              shown(c, proof->certificate->subject),
                              shown(c, proof->source), unfit);
    words->advice = "create another CA, and issue the certificate from it";
    return 1;
}

static void explain_unsuitable(const cfo_ctl_case_t *c, cfo_ctl_words_t *words)
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
    else if (is_weak(c->leaf) || cfo_leaf_unfit(c->leaf))
        words->advice =
            "issue it again for a key of at least 2048 bits (RSA) or on P-256";
    else
        words->advice =
            "issue it again from a CA whose key, signature and extensions allow "
            "it; openssl x509 -noout -text shows them";
    ERR_clear_error();
}

/* Either the leaf or its anchor is not valid at the time. */
static void explain_dates(const cfo_ctl_case_t *c, cfo_ctl_words_t *words)
{
    const cfo_certificate_t *invalid = c->leaf;
    int expired = c->state == CFO_CERT_EXPIRED;
    int is_leaf = expired ? invalid->not_after < c->at : invalid->not_before > c->at;
    const char *who = "the certificate itself";

    if (!is_leaf) {
        invalid = c->match.proof->certificate;
        who = apr_psprintf(c->pool, "its anchor %s in %s", shown(c, invalid->subject),
                           shown(c, c->match.proof->source));
    }
    if (!expired) {
        words->why = apr_psprintf(c->pool, "%s is not valid before %s", who,
                                  cfo_text_time(c->pool, invalid->not_before));
        words->advice = "wait, or check the clock of the host";
        return;
    }
    words->why = apr_psprintf(c->pool, "%s expired at %s", who,
                              cfo_text_time(c->pool, invalid->not_after));
    words->advice = is_leaf ? "issue a new one, and upload it to Cloudflare"
                            : "put the renewed CA certificate into the proof file";
}

static void explain_holds(const cfo_ctl_case_t *c, cfo_ctl_words_t *words)
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

cfo_ctl_words_t cfo_ctl_explain(const cfo_ctl_case_t *c)
{
    cfo_ctl_words_t words = { NULL, NULL };

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
    return words;
}
