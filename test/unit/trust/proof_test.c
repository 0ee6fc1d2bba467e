/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/proof.h"

#include "apr_escape.h"

#include "fixture.h"
#include "memory.h"
#include "pki.h"

#define HEX "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
#define EKU "basicConstraints=CA:FALSE|extendedKeyUsage="
#define KU "basicConstraints=CA:FALSE|keyUsage="

static const char *read_pem(const char *pem, apr_array_header_t **proofs)
{
    return cfo_proof_read_pem(pool, pem, strlen(pem), "the source", proofs);
}

static apr_array_header_t *proofs_of(const char *pem)
{
    apr_array_header_t *proofs;
    const char *reason = read_pem(pem, &proofs);

    if (reason)
        fail_msg("%s", reason);
    return proofs;
}

static const cfo_proof_t *proof_at(const apr_array_header_t *proofs, int i)
{
    return APR_ARRAY_IDX(proofs, i, const cfo_proof_t *);
}

static const cfo_proof_t *proof_of(const pki_t *certificate)
{
    return proof_at(proofs_of(certificate->pem), 0);
}

static const cfo_proof_t *pin(const char *text)
{
    const cfo_proof_t *proof;
    const char *reason = cfo_proof_read_pin(pool, text, &proof);

    if (reason)
        fail_msg("%s: %s", text, reason);
    return proof;
}

static void assert_check(const pki_t *anchor, const pki_t *leaf,
                         cfo_proof_result_t expected)
{
    const char *why = NULL;
    cfo_proof_result_t result =
        cfo_proof_check(proof_of(anchor), leaf->certificate, &why);

    if (result != expected)
        fail_msg("%s is %d (%s)", leaf->certificate->subject, result, why ? why : "-");
    assert_int_equal(why != NULL, expected == CFO_PROOF_UNSUITABLE);
    assert_int_equal(cfo_proof_check(proof_of(anchor), leaf->certificate, NULL),
                     expected);
}

/* A certificate that `ca` issued, with these extensions and an ordinary key. */
static const pki_t *issue(const pki_t *ca, const char *extensions)
{
    return pki_make(
        &(pki_order_t){ .name = "leaf", .extensions = extensions, .issuer = ca });
}

static void a_pin_is_recognized_by_its_prefix_in_any_case(void **state)
{
    (void)state;
    assert_true(cfo_proof_is_pin("sha256:"));
    assert_true(cfo_proof_is_pin("SHA256:" HEX));
    assert_true(cfo_proof_is_pin("Spki-Sha256:x"));
    assert_false(cfo_proof_is_pin(""));
    assert_false(cfo_proof_is_pin("sha256"));
    assert_false(cfo_proof_is_pin("sha1:" HEX));
    assert_false(cfo_proof_is_pin("/etc/sha256:x"));
    assert_false(cfo_proof_is_pin("spki-sha1:x"));
    assert_false(cfo_proof_is_pin(" sha256:" HEX));
}

#define ZEROS "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"

static void a_pin_is_read_in_each_of_its_forms(void **state)
{
    static const char *const texts[] = {
        "sha256:000000000000000000000000000000000000000000000000000000000000aBcD",
        "SHA256:" ZEROS ":00:00:00:00:00:00:00:00:00:00:00:00:00:00:AB:cd",
        "spki-sha256:000000000000000000000000000000000000000000000000000000000000abcd",
        "spki-sha256:" ZEROS ":00:00:00:00:00:00:00:00:00:00:00:00:00:00:ab:cd",
        "spki-SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq80=",
    };
    static const unsigned char digest[CFO_DIGEST_SIZE] = { [30] = 0xab, [31] = 0xcd };
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++) {
        const cfo_proof_t *proof = pin(texts[i]);

        assert_int_equal(proof->kind, i < 2 ? CFO_PROOF_SHA256 : CFO_PROOF_SPKI);
        assert_memory_equal(proof->digest, digest, CFO_DIGEST_SIZE);
        assert_string_equal(proof->source, texts[i]);
        assert_null(proof->certificate);
        assert_null(proof->key_id);
    }
}

static void a_pin_of_any_other_length_or_alphabet_is_refused(void **state)
{
    static const char *const texts[] = {
        "sha256:",
        "sha256:ab",
        "sha256:0123456789abcdef0123456789abcdef01234567",
        "sha256:" HEX "0",
        "sha256:" HEX "00",
        "sha256: " HEX,
        "sha256:" HEX " ",
        "sha256:g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "sha256:0x23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq80=",
        "sha256:01:23",
        "sha256:" ZEROS,
        "sha256:" ZEROS ":" ZEROS ":00",
        "sha256:" ZEROS ":" ZEROS ":",
        "sha256::" ZEROS ":" ZEROS,
        "sha256:0:00" ZEROS ":00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:0",
        "sha256:" ZEROS ":00:00:00:00:00:00:00:00:00:00:00:00:00:00:00-00",
        "sha256:0123456789abcdef:0123456789abcdef0123456789abcdef0123456789abcde",
        "spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq80",
        "spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq8==",
        "spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq80",
        "spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA q8=",
        "spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-q80=",
        "spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq80-",
        "spki-sha256:=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq80=",
        "spki-sha256:",
        "spki-sha256:" HEX HEX,
    };
    const cfo_proof_t *proof;
    int i;

    (void)state;
    for (i = 0; i < COUNT(texts); i++)
        assert_contains(cfo_proof_read_pin(pool, texts[i], &proof),
                        "not a SHA-256 value");
}

static void ca_certificates_alone_are_anchors(void **state)
{
    const pki_t *a = pki_ca("A"), *b = pki_ca("B");
    apr_array_header_t *proofs =
        proofs_of(apr_pstrcat(pool, "# A\n", a->pem, "\n# B\r\n", b->pem, NULL));

    (void)state;
    assert_int_equal(proofs->nelts, 2);
    assert_int_equal(proof_at(proofs, 0)->kind, CFO_PROOF_ANCHOR);
    assert_int_equal(proof_at(proofs, 1)->kind, CFO_PROOF_ANCHOR);
    assert_string_equal(proof_at(proofs, 0)->certificate->subject, "CN=A");
    assert_string_equal(proof_at(proofs, 1)->certificate->subject, "CN=B");
    assert_string_equal(proof_at(proofs, 0)->source, "the source");
    assert_int_equal(proof_at(proofs, 0)->ignored_cas, 0);
    assert_int_equal(
        cfo_proof_check(proof_at(proofs, 1), pki_leaf("leaf", b)->certificate, NULL),
        CFO_PROOF_HOLDS);
}

static void next_to_a_leaf_no_ca_is_an_anchor(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca),
                *other = pki_leaf("other", ca);
    const char *const chains[] = { apr_pstrcat(pool, leaf->pem, ca->pem, NULL),
                                   apr_pstrcat(pool, ca->pem, leaf->pem, NULL) };
    int i;

    (void)state;
    for (i = 0; i < COUNT(chains); i++) {
        apr_array_header_t *proofs = proofs_of(chains[i]);
        const cfo_proof_t *proof = proof_at(proofs, 0);

        assert_int_equal(proofs->nelts, 1);
        assert_int_equal(proof->kind, CFO_PROOF_LEAF);
        assert_int_equal(proof->ignored_cas, 1);
        assert_null(proof->key_id);
        assert_int_equal(cfo_proof_check(proof, leaf->certificate, NULL),
                         CFO_PROOF_HOLDS);
        assert_int_equal(cfo_proof_check(proof, other->certificate, NULL),
                         CFO_PROOF_OTHER);
    }
}

static void several_leaves_in_a_file_are_all_pinned(void **state)
{
    const pki_t *ca = pki_ca("A"), *one = pki_leaf("one", ca), *two = pki_leaf("two", ca);
    apr_array_header_t *proofs =
        proofs_of(apr_pstrcat(pool, one->pem, ca->pem, two->pem, ca->pem, NULL));

    (void)state;
    assert_int_equal(proofs->nelts, 2);
    assert_int_equal(proof_at(proofs, 0)->ignored_cas, 2);
    assert_int_equal(proof_at(proofs, 1)->ignored_cas, 0);
    assert_int_equal(cfo_proof_check(proof_at(proofs, 1), two->certificate, NULL),
                     CFO_PROOF_HOLDS);
}

static void a_ca_that_may_not_sign_certificates_is_no_anchor(void **state)
{
    const pki_t *odd = pki_make(&(pki_order_t){
        .name = "odd",
        .extensions = "basicConstraints=CA:TRUE|keyUsage=digitalSignature" });

    (void)state;
    assert_int_equal(proof_of(odd)->kind, CFO_PROOF_LEAF);
    assert_int_equal(
        cfo_proof_check(proof_of(odd), issue(odd, BARE_EXTENSIONS)->certificate, NULL),
        CFO_PROOF_OTHER);
}

#define BLOCK(name, body) "-----BEGIN " name "-----\n" body "\n-----END " name "-----\n"

static void a_file_with_another_block_is_refused_and_the_block_is_named(void **state)
{
    const char *ca = pki_ca("A")->pem, *cut = apr_pstrmemdup(pool, ca, strlen(ca) - 40);
    const char *const row[][2] = {
        { "", "empty" },
        { "\n", "it contains no certificate" },
        { "example.com\n", "it contains no certificate" },
        { "\x30\x82\x01\x0a", "DER, not PEM" },
        { BLOCK("PRIVATE KEY", "MAA="), "block 1 of 1 is a private key" },
        { BLOCK("RSA PRIVATE KEY", "MAA="), "block 1 of 1 is a private key" },
        { BLOCK("ENCRYPTED PRIVATE KEY", "MAA="), "block 1 of 1 is a private key" },
        { apr_pstrcat(pool, ca, BLOCK("EC PRIVATE KEY", "MAA="), NULL),
          "block 2 of 2 is a pr" },
        { BLOCK("PUBLIC KEY", "MAA="), "type \"PUBLIC KEY\"" },
        { BLOCK("CERTIFICATE REQUEST", "MAA="), "type \"CERTIFICATE REQUEST\"" },
        { BLOCK("TRUSTED CERTIFICATE", "MAA="), "type \"TRUSTED CERTIFICATE\"" },
        { BLOCK("X509 CRL", "MAA="), "type \"X509 CRL\"" },
        { BLOCK("CERTIFICATE", "MAA="),
          "block 1 of 1 is a certificate that OpenSSL rejects" },
        { BLOCK("CERTIFICATE", "!!!="), "block 1 of 1 is damaged or incomplete" },
        { apr_pstrcat(pool, ca, cut, NULL), "block 2 of 2 is damaged or incomplete" },
        { apr_pstrcat(pool, ca, "-----BEGIN CERTIF", NULL), "block 2 of 2 is damaged" },
        { apr_pstrcat(pool, cut, "\n", ca, NULL), "block 1 of 2 is damaged" },
        { BLOCK("CERTIFICATE", "MIIB"), "block 1 of 1" },
        { apr_pstrcat(pool, ca, "-", BLOCK("CERTIFICATE", "MIIB"), NULL),
          "block 2 of 2" },
        { apr_pstrcat(pool, ca, ca + 1, NULL), "block 2 of 2 is damaged" },
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        apr_array_header_t *proofs;

        assert_contains(read_pem(row[i][0], &proofs), row[i][1]);
    }
}

static void bytes_after_a_certificate_are_refused(void **state)
{
    unsigned char *der = NULL;
    int length = i2d_X509(pki_ca("A")->x509, &der);
    unsigned char *longer = apr_pcalloc(pool, length + 1);
    char *text = apr_palloc(pool, 2 * length + 8);
    apr_array_header_t *proofs;

    (void)state;
    memcpy(longer, der, length);
    OPENSSL_free(der);
    EVP_EncodeBlock((unsigned char *)text, longer, length + 1);
    text = apr_pstrcat(pool, "-----BEGIN CERTIFICATE-----\n", text,
                       "\n-----END CERTIFICATE-----\n", NULL);
    assert_contains(read_pem(text, &proofs), "extra bytes follow its end");
}

static void an_anchor_holds_for_leaves_that_it_issued_itself(void **state)
{
    static const char *const extensions[] = {
        LEAF_EXTENSIONS,
        BARE_EXTENSIONS,
        NULL,
        EKU "clientAuth",
        EKU "critical,clientAuth",
        EKU "serverAuth,clientAuth",
        KU "digitalSignature",
        KU "keyAgreement",
        KU "digitalSignature,keyEncipherment",
        "nsCertType=client",
        "subjectAltName=DNS:shop.example.com",
    };
    const pki_t *ca = pki_ca("A");
    int i;

    (void)state;
    for (i = 0; i < COUNT(extensions); i++)
        assert_check(ca, issue(ca, extensions[i]), CFO_PROOF_HOLDS);
}

static void a_leaf_of_the_wrong_type_is_unsuitable(void **state)
{
    static const char *const extensions[] = {
        EKU "serverAuth",
        EKU "codeSigning",
        EKU "emailProtection",
        EKU "1.2.3.4",
        KU "keyEncipherment",
        KU "cRLSign",
        "nsCertType=server",
        "nsCertType=objsign",
        "1.2.3.4=critical,ASN1:UTF8String:unknown",
        "basicConstraints=CA:TRUE",
        CA_EXTENSIONS,
        "basicConstraints=CA:TRUE,pathlen:0",
        "basicConstraints=CA:TRUE|keyUsage=digitalSignature|extendedKeyUsage=clientAuth",
        "keyUsage=digitalSignature,keyCertSign",
        "nsCertType=client,sslCA",
    };
    const pki_t *ca = pki_ca("A");
    int i;

    (void)state;
    for (i = 0; i < COUNT(extensions); i++)
        assert_check(ca, issue(ca, extensions[i]), CFO_PROOF_UNSUITABLE);
}

static void a_certificate_of_another_issuer_is_unrelated_to_an_anchor(void **state)
{
    const pki_t *a = pki_ca("A"), *b = pki_ca("B"), *twin = pki_ca("A");

    (void)state;
    assert_check(a, pki_leaf("leaf of B", b), CFO_PROOF_OTHER);
    assert_check(a, b, CFO_PROOF_OTHER);
    assert_check(a, pki_leaf("leaf of the twin", twin), CFO_PROOF_OTHER);
    assert_check(a, issue(twin, BARE_EXTENSIONS), CFO_PROOF_OTHER);
    assert_check(a, issue(twin, EKU "serverAuth"), CFO_PROOF_OTHER);
    assert_check(a, twin, CFO_PROOF_OTHER);
    assert_check(
        a, pki_make(&(pki_order_t){ .name = "alone", .extensions = BARE_EXTENSIONS }),
        CFO_PROOF_OTHER);
    assert_check(a,
                 pki_make(&(pki_order_t){ .name = "A", .extensions = BARE_EXTENSIONS }),
                 CFO_PROOF_OTHER);
    assert_check(a, pki_make(&(pki_order_t){ .name = "old form" }), CFO_PROOF_OTHER);
}

/* Everything that can be copied is from the genuine leaf; only the signature is not. */
static void a_forged_leaf_proves_nothing(void **state)
{
    static const char *const extensions[] = {
        LEAF_EXTENSIONS, BARE_EXTENSIONS, NULL, CA_EXTENSIONS, EKU "serverAuth",
    };
    const pki_t *ca = pki_ca("A");
    int i;

    (void)state;
    for (i = 0; i < COUNT(extensions); i++) {
        pki_order_t order = {
            .name = "leaf", .extensions = extensions[i], .issuer = ca, .serial = 4711
        };
        const pki_t *leaf = pki_make(&order), *forged;

        order.key = order.signed_by = pki_ec_key("P-256");
        forged = pki_make(&order);
        assert_check(ca, forged, CFO_PROOF_OTHER);
        order.key = leaf->key; /* also with the genuine public key */
        forged = pki_make(&order);
        assert_check(ca, forged, CFO_PROOF_OTHER);
        if (leaf->certificate->can_issue)
            continue;
        assert_int_equal(cfo_proof_check(proof_of(leaf), forged->certificate, NULL),
                         CFO_PROOF_OTHER);
    }
}

static void a_damaged_signature_proves_nothing(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    unsigned char *der = NULL;
    int length = i2d_X509(leaf->x509, &der);
    const unsigned char *text = der;
    cfo_certificate_t *damaged;

    (void)state;
    der[length - 1] ^= 1;
    assert_null(cfo_certificate_make(pool, d2i_X509(NULL, &text, length), &damaged));
    assert_int_equal(cfo_proof_check(proof_of(ca), damaged, NULL), CFO_PROOF_OTHER);
    OPENSSL_free(der);
}

/* The chain that a client sends is not used, so the issuing CA must be the anchor. */
static void a_leaf_of_an_intermediate_is_proved_by_the_intermediate_alone(void **state)
{
    const pki_t *root = pki_ca("root");
    const pki_t *middle =
        issue(root, CA_EXTENSIONS "|authorityKeyIdentifier=keyid:always");
    const pki_t *leaf = pki_leaf("leaf of it", middle);

    (void)state;
    assert_check(root, leaf, CFO_PROOF_OTHER);
    assert_check(middle, leaf, CFO_PROOF_HOLDS);
    assert_check(root, middle, CFO_PROOF_UNSUITABLE);
    assert_check(middle, root, CFO_PROOF_OTHER);
}

static void the_anchor_itself_is_no_leaf(void **state)
{
    EVP_PKEY *key = pki_ec_key("P-256");
    pki_order_t order = { .name = "A", .extensions = CA_EXTENSIONS, .key = key };
    const pki_t *ca = pki_make(&order), *renewed;
    const char *why = NULL;

    (void)state;
    assert_check(ca, ca, CFO_PROOF_UNSUITABLE);
    cfo_proof_check(proof_of(ca), ca->certificate, &why);
    assert_contains(why, "the CA certificate of the zone itself");
    order.until = NOW + 900 * DAY;
    renewed = pki_make(&order);
    assert_int_not_equal(cfo_proof_check(proof_of(ca), renewed->certificate, NULL),
                         CFO_PROOF_HOLDS);
}

static void a_key_or_signature_below_level_2_is_unsuitable(void **state)
{
    const pki_t *ca = pki_ca("A"), *weak_ca;
    pki_order_t order = { .name = "leaf", .extensions = BARE_EXTENSIONS, .issuer = ca };

    (void)state;
    order.key = pki_rsa_key(1024);
    assert_check(ca, pki_make(&order), CFO_PROOF_UNSUITABLE);
    order.key = pki_rsa_key(2048);
    assert_check(ca, pki_make(&order), CFO_PROOF_HOLDS);
    order.key = pki_ec_key("P-192");
    assert_check(ca, pki_make(&order), CFO_PROOF_UNSUITABLE);
    order.key = pki_ec_key("P-224");
    assert_check(ca, pki_make(&order), CFO_PROOF_HOLDS);
    order.digest = EVP_sha1();
    assert_check(ca, pki_make(&order), CFO_PROOF_UNSUITABLE);
    weak_ca = pki_make(&(pki_order_t){
        .name = "weak", .extensions = CA_EXTENSIONS, .key = pki_rsa_key(1024) });
    assert_check(weak_ca, pki_leaf("leaf", weak_ca), CFO_PROOF_UNSUITABLE);
}

static void keys_of_all_usual_types_hold(void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){
        .name = "RSA", .extensions = CA_EXTENSIONS, .key = pki_rsa_key(2048) });
    pki_order_t order = { .name = "leaf", .extensions = LEAF_EXTENSIONS, .issuer = ca };

    (void)state;
    assert_check(ca, pki_make(&order), CFO_PROOF_HOLDS);
    order.key = pki_ec_key("P-384");
    order.digest = EVP_sha512();
    assert_check(ca, pki_make(&order), CFO_PROOF_HOLDS);
    order.issuer = pki_make(&(pki_order_t){
        .name = "EC", .extensions = CA_EXTENSIONS, .key = pki_ec_key("P-521") });
    assert_check(order.issuer, pki_make(&order), CFO_PROOF_HOLDS);
}

/* An anchor is trusted as it is, whatever its own signature. */
static void the_anchors_own_signature_is_not_checked(void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){
        .name = "old", .extensions = CA_EXTENSIONS, .digest = EVP_sha1() });

    (void)state;
    assert_check(ca, pki_leaf("leaf", ca), CFO_PROOF_HOLDS);
}

static void a_leaf_that_its_anchor_may_not_issue_is_unsuitable(void **state)
{
    const pki_t *server = pki_make(
        &(pki_order_t){ .name = "server CA",
                        .extensions = CA_EXTENSIONS "|extendedKeyUsage=serverAuth" });
    const pki_t *client = pki_make(
        &(pki_order_t){ .name = "client CA",
                        .extensions = CA_EXTENSIONS "|extendedKeyUsage=clientAuth" });
    const pki_t *narrow =
        pki_make(&(pki_order_t){ .name = "narrow CA",
                                 .extensions = CA_EXTENSIONS
                                 "|nameConstraints=critical,permitted;DNS:example.com" });
    const pki_t *last = pki_make(&(pki_order_t){
        .name = "last CA", .extensions = "basicConstraints=critical,CA:TRUE,pathlen:0" });

    (void)state;
    assert_check(server, pki_leaf("leaf", server), CFO_PROOF_UNSUITABLE);
    assert_check(client, pki_leaf("leaf", client), CFO_PROOF_HOLDS);
    assert_check(narrow, issue(narrow, "subjectAltName=DNS:evil.example"),
                 CFO_PROOF_UNSUITABLE);
    assert_check(narrow, issue(narrow, "subjectAltName=DNS:a.example.com"),
                 CFO_PROOF_HOLDS);
    assert_check(last, issue(last, BARE_EXTENSIONS), CFO_PROOF_HOLDS);
}

static void dates_are_left_to_the_caller(void **state)
{
    const pki_t *ca = pki_make(&(pki_order_t){
        .name = "A", .extensions = CA_EXTENSIONS, .from = DAY, .until = 2 * DAY });

    (void)state;
    assert_check(
        ca,
        pki_make(&(pki_order_t){
            .name = "expired", .issuer = ca, .from = 3 * DAY, .until = 4 * DAY }),
        CFO_PROOF_HOLDS);
    assert_check(ca,
                 pki_make(&(pki_order_t){ .name = "of the future",
                                          .issuer = ca,
                                          .from = 99999 * DAY,
                                          .until = 100000 * DAY }),
                 CFO_PROOF_HOLDS);
}

/* As in Cloudflare's shared leaf: subject, issuer and the name of the CA are all the
 * same. */
static void a_leaf_with_the_name_of_its_ca_holds(void **state)
{
    const pki_t *ca = pki_ca("A");
    const pki_t *leaf = pki_make(
        &(pki_order_t){ .name = "A",
                        .extensions = LEAF_EXTENSIONS "|subjectKeyIdentifier=hash",
                        .issuer = ca });

    (void)state;
    assert_check(ca, leaf, CFO_PROOF_HOLDS);
}

/* Such a leaf is self-signed for OpenSSL, and names another CA of that name. */
static void a_leaf_with_the_name_of_its_ca_may_name_the_key_of_another(void **state)
{
    const pki_t *ca = pki_ca("A"), *twin = pki_ca("A");
    pki_order_t order = { .name = "A", .extensions = LEAF_EXTENSIONS, .issuer = twin };

    (void)state;
    assert_check(ca, pki_make(&order), CFO_PROOF_OTHER);
    order.signed_by = ca->key;
    assert_check(ca, pki_make(&order), CFO_PROOF_UNSUITABLE);
    assert_check(twin, pki_make(&order), CFO_PROOF_OTHER);
}

static void of_several_flaws_of_a_leaf_the_first_is_named(void **state)
{
    const pki_t *ca = pki_ca("A");
    const pki_t *leaf = pki_make(&(pki_order_t){ .name = "leaf",
                                                 .extensions = EKU "serverAuth",
                                                 .issuer = ca,
                                                 .key = pki_rsa_key(1024) });
    const char *why = NULL;

    (void)state;
    assert_int_equal(cfo_proof_check(proof_of(ca), leaf->certificate, &why),
                     CFO_PROOF_UNSUITABLE);
    assert_contains(why, "too weak"); /* OpenSSL looks at the key of the leaf first */
}

/* OpenSSL treats such a leaf as self-signed, and does not look for the CA. */
static void without_a_key_identifier_such_a_leaf_proves_nothing(void **state)
{
    const pki_t *ca = pki_ca("A");
    pki_order_t order = { .name = "a", .extensions = BARE_EXTENSIONS, .issuer = ca };

    (void)state;
    assert_int_not_equal(
        cfo_proof_check(proof_of(ca), pki_make(&order)->certificate, NULL),
        CFO_PROOF_HOLDS);
    order.extensions = LEAF_EXTENSIONS;
    assert_int_not_equal(
        cfo_proof_check(proof_of(ca), pki_make(&order)->certificate, NULL),
        CFO_PROOF_HOLDS);
}

static void two_cas_with_one_name_in_a_file_prove_the_leaves_of_both(void **state)
{
    static const char *const extensions[] = { LEAF_EXTENSIONS, BARE_EXTENSIONS, NULL };
    const pki_t *ca[] = { pki_ca("A"), pki_ca("A") };
    apr_array_header_t *proofs =
        proofs_of(apr_pstrcat(pool, ca[0]->pem, ca[1]->pem, NULL));
    int i, j, k;

    (void)state;
    for (i = 0; i < COUNT(extensions); i++) {
        for (j = 0; j < 2; j++) {
            const pki_t *leaf = issue(ca[j], extensions[i]);

            for (k = 0; k < 2; k++)
                assert_int_equal(
                    cfo_proof_check(proof_at(proofs, k), leaf->certificate, NULL),
                    j == k ? CFO_PROOF_HOLDS : CFO_PROOF_OTHER);
        }
    }
}

static void a_pin_holds_for_its_certificate_alone(void **state)
{
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca),
                *other = pki_leaf("leaf", ca);
    const char *hex = leaf->certificate->sha256_hex;
    const cfo_proof_t *proof = pin(apr_pstrcat(pool, "sha256:", hex, NULL));

    (void)state;
    assert_int_equal(cfo_proof_check(proof, leaf->certificate, NULL), CFO_PROOF_HOLDS);
    assert_int_equal(cfo_proof_check(proof, other->certificate, NULL), CFO_PROOF_OTHER);
    assert_int_equal(cfo_proof_check(proof, ca->certificate, NULL), CFO_PROOF_OTHER);
}

static void every_bit_of_a_pin_counts(void **state)
{
    const cfo_certificate_t *leaf = pki_leaf("leaf", pki_ca("A"))->certificate;
    int i;

    (void)state;
    for (i = 0; i < 8 * CFO_DIGEST_SIZE; i++) {
        cfo_proof_t proof = { .kind = i % 2 ? CFO_PROOF_SHA256 : CFO_PROOF_LEAF };

        memcpy(proof.digest, leaf->sha256, CFO_DIGEST_SIZE);
        assert_int_equal(cfo_proof_check(&proof, leaf, NULL), CFO_PROOF_HOLDS);
        proof.digest[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_int_equal(cfo_proof_check(&proof, leaf, NULL), CFO_PROOF_OTHER);
    }
}

static void a_key_pin_holds_for_every_certificate_with_that_key(void **state)
{
    pki_order_t order = { .name = "leaf",
                          .extensions = BARE_EXTENSIONS,
                          .key = pki_ec_key("P-256") };
    const pki_t *leaf = pki_make(&order), *renewed = pki_make(&order), *other;
    const char *hex =
        apr_pescape_hex(pool, leaf->certificate->spki_sha256, CFO_DIGEST_SIZE, 1);
    const cfo_proof_t *proof = pin(apr_pstrcat(pool, "spki-sha256:", hex, NULL));

    (void)state;
    order.key = NULL;
    other = pki_make(&order);
    assert_int_equal(cfo_proof_check(proof, leaf->certificate, NULL), CFO_PROOF_HOLDS);
    assert_int_equal(cfo_proof_check(proof, renewed->certificate, NULL), CFO_PROOF_HOLDS);
    assert_int_equal(cfo_proof_check(proof, other->certificate, NULL), CFO_PROOF_OTHER);
}

static void digests_of_certificate_and_key_are_not_mixed_up(void **state)
{
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    const cfo_certificate_t *c = leaf->certificate;
    const char *key = apr_pescape_hex(pool, c->spki_sha256, CFO_DIGEST_SIZE, 0);

    (void)state;
    assert_int_equal(
        cfo_proof_check(pin(apr_pstrcat(pool, "sha256:", key, NULL)), c, NULL),
        CFO_PROOF_OTHER);
    assert_int_equal(
        cfo_proof_check(pin(apr_pstrcat(pool, "spki-sha256:", c->sha256_hex, NULL)), c,
                        NULL),
        CFO_PROOF_OTHER);
}

static void a_pinned_leaf_may_be_of_any_type(void **state)
{
    const pki_t *ca = pki_ca("A"), *server = issue(ca, EKU "serverAuth");
    const pki_t *alone = pki_make(&(pki_order_t){ .name = "alone" });

    (void)state;
    assert_check(server, server, CFO_PROOF_HOLDS);
    assert_check(alone, alone, CFO_PROOF_HOLDS);
    assert_int_equal(cfo_proof_check(pin(apr_pstrcat(pool, "sha256:",
                                                     ca->certificate->sha256_hex, NULL)),
                                     ca->certificate, NULL),
                     CFO_PROOF_HOLDS);
}

/* cfo_proof_unfit() agrees with the result of checking a leaf. */
static void an_unfit_proof_proves_nothing_and_any_other_proves_its_leaf(void **state)
{
    struct {
        const char *extensions, *words;
        EVP_PKEY *key;
        const EVP_MD *digest;
    } row[] = {
        { CA_EXTENSIONS, NULL, NULL, NULL },
        { CA_EXTENSIONS, NULL, pki_rsa_key(2048), NULL },
        { CA_EXTENSIONS, NULL, pki_ec_key("P-224"), NULL },
        { CA_EXTENSIONS, NULL, pki_rsa_key(2048), EVP_sha1() },
        { CA_EXTENSIONS "|extendedKeyUsage=serverAuth,clientAuth", NULL, NULL, NULL },
        { CA_EXTENSIONS "|nsCertType=sslCA", NULL, NULL, NULL },
        { CA_EXTENSIONS "|nameConstraints=critical,permitted;DNS:a.test", NULL, NULL,
          NULL },
        { CA_EXTENSIONS "|extendedKeyUsage=serverAuth", "not for TLS clients", NULL,
          NULL },
        { CA_EXTENSIONS "|extendedKeyUsage=emailProtection", "not for TLS clients", NULL,
          NULL },
        { CA_EXTENSIONS "|nsCertType=emailCA", NULL, NULL, NULL },
        { CA_EXTENSIONS "|1.3.6.1.4.1.99999.1=critical,DER:05:00", "critical extension",
          NULL, NULL },
        { CA_EXTENSIONS "|1.3.6.1.4.1.99999.1=DER:05:00", NULL, NULL, NULL },
        { CA_EXTENSIONS, "too weak", pki_rsa_key(1024), NULL },
        { CA_EXTENSIONS, "too weak", pki_rsa_key(1536), NULL },
        { CA_EXTENSIONS, "too weak", pki_ec_key("P-192"), NULL },
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
        { CA_EXTENSIONS, "parameters", pki_explicit_ec_key("P-256"), NULL },
#endif
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const pki_t *ca = pki_make(&(pki_order_t){ .name = "A",
                                                   .extensions = row[i].extensions,
                                                   .key = row[i].key,
                                                   .digest = row[i].digest });
        const char *unfit = cfo_proof_unfit(proof_of(ca));

        if (!unfit != !row[i].words || (unfit && !strstr(unfit, row[i].words)))
            fail_msg("row %d: %s", i, unfit ? unfit : "-");
        assert_check(ca, pki_leaf("leaf", ca),
                     unfit ? CFO_PROOF_UNSUITABLE : CFO_PROOF_HOLDS);
    }
}

static void a_leaf_is_unfit_if_tls_servers_do_not_offer_its_curve(void **state)
{
    struct {
        EVP_PKEY *key;
        int is_fit;
    } row[] = {
        { pki_ec_key("P-256"), 1 },
        { pki_ec_key("P-384"), 1 },
        { pki_ec_key("P-521"), 1 },
        { pki_rsa_key(2048), 1 },
        { pki_ec_key("P-224"), 0 },
        { pki_ec_key("brainpoolP256r1"), OpenSSL_version_num() >= 0x30200000L },
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
        { pki_explicit_ec_key("P-256"), 1 },
        { pki_explicit_ec_key("P-224"), 0 },
#endif
    };
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const pki_t *leaf = pki_make(&(pki_order_t){
            .name = "leaf", .extensions = BARE_EXTENSIONS, .key = row[i].key });
        const char *unfit = cfo_proof_unfit(proof_of(leaf));

        if ((unfit == NULL) != row[i].is_fit)
            fail_msg("row %d: %s", i, unfit ? unfit : "-");
        assert_ptr_equal(cfo_leaf_unfit(leaf->certificate), unfit);
    }
}

static void a_leaf_is_unfit_if_tls_servers_refuse_it(void **state)
{
    static const struct {
        const char *extensions, *words;
    } row[] = {
        { LEAF_EXTENSIONS, NULL },
        { BARE_EXTENSIONS, NULL },
        { "basicConstraints=CA:FALSE|keyUsage=keyAgreement", NULL },
        { "basicConstraints=CA:FALSE|keyUsage=keyEncipherment", "not for TLS clients" },
        { "basicConstraints=CA:FALSE|extendedKeyUsage=serverAuth",
          "not for TLS clients" },
        { "keyUsage=keyCertSign", "not for TLS clients" },
        { BARE_EXTENSIONS "|1.3.6.1.4.1.99999.1=critical,DER:05:00",
          "critical extension" },
    };
    const pki_t *issuer = pki_ca("A");
    int i;

    (void)state;
    for (i = 0; i < COUNT(row); i++) {
        const char *unfit = cfo_proof_unfit(proof_of(issue(issuer, row[i].extensions)));

        assert_int_equal(unfit != NULL, row[i].words != NULL);
        if (unfit)
            assert_contains(unfit, row[i].words);
    }
    assert_contains(cfo_proof_unfit(proof_of(pki_make(
                        &(pki_order_t){ .name = "weak", .key = pki_rsa_key(1024) }))),
                    "too weak");
    assert_null(cfo_proof_unfit(proof_of(pki_make(&(pki_order_t){ .name = "v1" }))));
    assert_null(cfo_proof_unfit(
        pin("sha256:0000000000000000000000000000000000000000000000000000000000000000")));
}

static void a_proof_with_a_key_of_an_unknown_type_is_unfit(void **state)
{
    const char *ca = pki_with_unknown_key(pki_ca("A"));
    const char *leaf = pki_with_unknown_key(pki_leaf("leaf", pki_ca("A")));

    (void)state;
    assert_contains(cfo_proof_unfit(proof_at(proofs_of(ca), 0)), "type of its key");
    assert_contains(cfo_proof_unfit(proof_at(proofs_of(leaf), 0)), "type of its key");
}

static void read_anchor(void *data)
{
    const void **found = data;
    apr_array_header_t *proofs;

    found[1] = read_pem(found[0], &proofs) ? NULL : proof_at(proofs, 0);
}

static void assert_anchor_or_error(void *data)
{
    const cfo_proof_t *proof = ((const void **)data)[1];

    if (!proof)
        return;
    assert_int_equal(proof->kind, CFO_PROOF_ANCHOR);
    assert_non_null(proof->key_id);
    assert_null(cfo_proof_unfit(proof));
}

static void without_memory_an_anchor_is_whole_or_is_none(void **state)
{
    const void *found[2] = { pki_ca("A")->pem, NULL };

    (void)state;
    assert_true(memory_fail_each(1, read_anchor, assert_anchor_or_error, found) > 100);
}

/* A leaf, and what was found out about it while there was no memory. */
typedef struct {
    const cfo_proof_t *proof;
    const pki_t *leaf;
    cfo_proof_result_t result;
} shortage_t;

static void check_in_shortage(void *data)
{
    shortage_t *shortage = data;

    shortage->result =
        cfo_proof_check(shortage->proof, shortage->leaf->certificate, NULL);
}

static void assert_holds_or_is_unchecked(void *data)
{
    cfo_proof_result_t result = ((const shortage_t *)data)->result;

    assert_true(result == CFO_PROOF_HOLDS || result == CFO_PROOF_UNCHECKED ||
                result == CFO_PROOF_OTHER);
}

static void assert_does_not_hold(void *data)
{
    assert_int_not_equal(((const shortage_t *)data)->result, CFO_PROOF_HOLDS);
}

static void without_memory_an_anchor_holds_for_no_other_leaf(void **state)
{
    const pki_t *ca = pki_ca("A"), *twin = pki_ca("A");
    shortage_t shortage = { proof_of(ca), pki_leaf("leaf", ca), CFO_PROOF_OTHER };

    (void)state;
    check_in_shortage(&shortage); /* what OpenSSL allocates once in a process */
    assert_int_equal(shortage.result, CFO_PROOF_HOLDS);
    assert_true(memory_fail_each(1, check_in_shortage, assert_holds_or_is_unchecked,
                                 &shortage) > 10);
    shortage.leaf = pki_make(&(pki_order_t){ .name = "leaf",
                                             .extensions = LEAF_EXTENSIONS,
                                             .issuer = ca,
                                             .signed_by = twin->key });
    assert_true(memory_fail_each(1, check_in_shortage, assert_does_not_hold, &shortage) >
                10);
}

/* The next caller decodes it again. */
static void forget_x509(const cfo_proof_t *proof)
{
    X509_free(proof->certificate->packed->x509);
    proof->certificate->packed->x509 = NULL;
}

static void assert_holds_now(void *data)
{
    const shortage_t *shortage = data;

    assert_holds_or_is_unchecked(data);
    assert_int_equal(cfo_proof_check(shortage->proof, shortage->leaf->certificate, NULL),
                     CFO_PROOF_HOLDS);
    forget_x509(shortage->proof);
}

static void without_memory_to_decode_an_anchor_nothing_is_kept_of_it(void **state)
{
    const pki_t *ca = pki_ca("A");
    shortage_t shortage = { proof_of(ca), pki_leaf("leaf", ca), CFO_PROOF_OTHER };

    (void)state;
    assert_true(memory_fail_each(1, check_in_shortage, assert_holds_now, &shortage) >
                100);
    memory_fail(1, 1);
    assert_null(cfo_certificate_x509(shortage.proof->certificate));
    assert_true(cfo_proof_needs_signature(shortage.proof, shortage.leaf->certificate));
    check_in_shortage(&shortage);
    assert_true(memory_restore());
    assert_int_equal(shortage.result, CFO_PROOF_UNCHECKED);
}

static int is_decoded(const cfo_proof_t *proof)
{
    return proof->certificate->packed->x509 != NULL;
}

/* Strangers must not fill the memory of all processes. */
static void only_a_leaf_with_the_name_of_its_issuer_decodes_a_certificate(void **state)
{
    const pki_t *ca = pki_ca("A"), *pinned = pki_leaf("pinned", ca);
    const cfo_proof_t *anchor = proof_of(ca), *leaf = proof_of(pinned);
    apr_array_header_t *proofs = proofs_of(pinned->pem);

    (void)state;
    assert_null(anchor->certificate->x509);
    assert_false(is_decoded(anchor));
    assert_null(cfo_proof_unfit(anchor));
    assert_int_equal(
        cfo_proof_check(anchor, pki_leaf("leaf", pki_ca("B"))->certificate, NULL),
        CFO_PROOF_OTHER);
    assert_int_equal(cfo_proof_check(anchor, ca->certificate, NULL),
                     CFO_PROOF_UNSUITABLE);
    assert_int_equal(cfo_proof_check(leaf, pinned->certificate, NULL), CFO_PROOF_HOLDS);
    assert_null(cfo_proof_signer(proofs, pki_leaf("leaf", ca)->certificate));
    assert_false(is_decoded(anchor));
    assert_false(is_decoded(leaf));
    assert_false(is_decoded(proof_at(proofs, 0)));
    assert_int_equal(cfo_proof_check(anchor, pki_leaf("leaf", ca)->certificate, NULL),
                     CFO_PROOF_HOLDS);
    assert_true(is_decoded(anchor));
    assert_int_equal(X509_cmp(cfo_certificate_x509(anchor->certificate), ca->x509), 0);
}

static void a_proof_is_unfit_outside_its_dates(void **state)
{
    const cfo_proof_t *proof = proof_of(pki_make(&(pki_order_t){
        .name = "A", .extensions = CA_EXTENSIONS, .from = NOW, .until = NOW + DAY }));

    (void)state;
    assert_null(cfo_proof_unfit_at(proof, NOW));
    assert_null(cfo_proof_unfit_at(proof, NOW + DAY));
    assert_string_equal(cfo_proof_unfit_at(proof, NOW - 1), "it is not valid yet");
    assert_string_equal(cfo_proof_unfit_at(proof, NOW + DAY + APR_USEC_PER_SEC),
                        "it has expired");
    assert_null(cfo_proof_unfit(proof));
    assert_null(cfo_proof_unfit_at(
        pin("sha256:0000000000000000000000000000000000000000000000000000000000000000"),
        NOW));
}

static void a_pinned_leaf_that_signed_another_is_found(void **state)
{
    const pki_t *old = pki_make(&(pki_order_t){ .name = "old" });
    const pki_t *usage =
        pki_make(&(pki_order_t){ .name = "usage", .extensions = "keyUsage=keyCertSign" });
    const pki_t *twin = pki_make(&(pki_order_t){ .name = "old" });
    apr_array_header_t *proofs = proofs_of(
        apr_pstrcat(pool, twin->pem, old->pem, usage->pem, pki_ca("A")->pem, NULL));
    int i;

    (void)state;
    assert_ptr_equal(cfo_proof_signer(proofs, issue(old, BARE_EXTENSIONS)->certificate),
                     proof_at(proofs, 1));
    assert_ptr_equal(cfo_proof_signer(proofs, issue(usage, BARE_EXTENSIONS)->certificate),
                     proof_at(proofs, 2));
    assert_null(cfo_proof_signer(proofs, pki_leaf("leaf", pki_ca("old"))->certificate));
    assert_null(cfo_proof_signer(proofs, pki_leaf("leaf", pki_ca("A"))->certificate));
    assert_null(cfo_proof_signer(
        proofs, pki_make(&(pki_order_t){ .name = "old", .key = old->key })->certificate));
    assert_null(cfo_proof_signer(proofs_of(pki_ca("A")->pem), old->certificate));
    /* If many pinned leaves have the same name, the work is limited. */
    for (i = 0; i < 4; i++)
        *(const cfo_proof_t **)apr_array_push(proofs) = proof_of(twin);
    *(const cfo_proof_t **)apr_array_push(proofs) = proof_of(old);
    proofs->elts += 2 * sizeof(const cfo_proof_t *);
    proofs->nelts -= 2;
    assert_null(cfo_proof_signer(proofs, issue(old, BARE_EXTENSIONS)->certificate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pin_is_recognized_by_its_prefix_in_any_case),
        TEST(a_pin_is_read_in_each_of_its_forms),
        TEST(a_pin_of_any_other_length_or_alphabet_is_refused),
        TEST(ca_certificates_alone_are_anchors),
        TEST(next_to_a_leaf_no_ca_is_an_anchor),
        TEST(several_leaves_in_a_file_are_all_pinned),
        TEST(a_ca_that_may_not_sign_certificates_is_no_anchor),
        TEST(a_file_with_another_block_is_refused_and_the_block_is_named),
        TEST(bytes_after_a_certificate_are_refused),
        TEST(an_anchor_holds_for_leaves_that_it_issued_itself),
        TEST(a_leaf_of_the_wrong_type_is_unsuitable),
        TEST(a_certificate_of_another_issuer_is_unrelated_to_an_anchor),
        TEST(a_forged_leaf_proves_nothing),
        TEST(a_damaged_signature_proves_nothing),
        TEST(a_leaf_of_an_intermediate_is_proved_by_the_intermediate_alone),
        TEST(the_anchor_itself_is_no_leaf),
        TEST(a_key_or_signature_below_level_2_is_unsuitable),
        TEST(keys_of_all_usual_types_hold),
        TEST(the_anchors_own_signature_is_not_checked),
        TEST(a_leaf_that_its_anchor_may_not_issue_is_unsuitable),
        TEST(dates_are_left_to_the_caller),
        TEST(a_leaf_with_the_name_of_its_ca_holds),
        TEST(a_leaf_with_the_name_of_its_ca_may_name_the_key_of_another),
        TEST(of_several_flaws_of_a_leaf_the_first_is_named),
        TEST(without_a_key_identifier_such_a_leaf_proves_nothing),
        TEST(two_cas_with_one_name_in_a_file_prove_the_leaves_of_both),
        TEST(a_pin_holds_for_its_certificate_alone),
        TEST(every_bit_of_a_pin_counts),
        TEST(a_key_pin_holds_for_every_certificate_with_that_key),
        TEST(digests_of_certificate_and_key_are_not_mixed_up),
        TEST(a_pinned_leaf_may_be_of_any_type),
        TEST(an_unfit_proof_proves_nothing_and_any_other_proves_its_leaf),
        TEST(a_leaf_is_unfit_if_tls_servers_do_not_offer_its_curve),
        TEST(a_leaf_is_unfit_if_tls_servers_refuse_it),
        TEST(a_pinned_leaf_that_signed_another_is_found),
        TEST(a_proof_is_unfit_outside_its_dates),
        TEST(a_proof_with_a_key_of_an_unknown_type_is_unfit),
        TEST(without_memory_an_anchor_is_whole_or_is_none),
        TEST(without_memory_an_anchor_holds_for_no_other_leaf),
        TEST(without_memory_to_decode_an_anchor_nothing_is_kept_of_it),
        TEST(only_a_leaf_with_the_name_of_its_issuer_decodes_a_certificate),
    };

    return RUN(tests);
}
