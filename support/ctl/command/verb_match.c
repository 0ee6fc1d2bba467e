/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl match: whether the module would accept a certificate for a zone. */
#include <stdio.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/command/proof_file.h"
#include "ctl/command/explain.h"
#include "ctl/command/judge.h"

enum { ZONE = 1, CHAIN, AT };

/* Reads one --zone; returns an exit code. */
static int add_source(cfo_ctl_t *ctl, const char *text, apr_array_header_t *sources)
{
    cfo_ctl_proof_file_t source = {
        text, NULL, apr_array_make(ctl->pool, 1, sizeof(cfo_certificate_t *)),
        apr_array_make(ctl->pool, 1, sizeof(cfo_proof_t *))
    };
    const char *reason;

    if (cfo_proof_is_pin(text)) {
        reason = cfo_proof_read_pin(ctl->pool, text, apr_array_push(source.proofs));
        if (reason)
            return cfo_ctl_usage(apr_psprintf(ctl->pool, "--zone %s: %s",
                                              cfo_ctl_shown(ctl->pool, text), reason));
    }
    else if (cfo_ctl_proof_file_read(ctl, text, "", &source))
        return CFO_CTL_INVALID;
    APR_ARRAY_PUSH(sources, cfo_ctl_proof_file_t) = source;
    return CFO_CTL_OK;
}

/* Reads all files, so that all problems are reported at once; an invalid pin is an error
 * of the command line and ends it. */
static int read_sources(cfo_ctl_t *ctl, apr_array_header_t *sources)
{
    int i, result = CFO_CTL_OK;

    for (i = 0; i < ctl->choices->nelts; i++) {
        const cfo_ctl_choice_t *choice =
            &APR_ARRAY_IDX(ctl->choices, i, cfo_ctl_choice_t);
        int one =
            choice->option == ZONE ? add_source(ctl, choice->value, sources) : CFO_CTL_OK;

        if (one == CFO_CTL_USAGE)
            return one;
        result = one ? one : result;
    }
    return result;
}

static int add_certificates(cfo_ctl_t *ctl, const char *path,
                            cfo_ctl_proof_file_t *source,
                            apr_array_header_t *certificates)
{
    if (cfo_ctl_proof_file_read(ctl, path, "", source))
        return CFO_CTL_INVALID;
    apr_array_cat(certificates, source->certificates);
    return CFO_CTL_OK;
}

/* As a peer sends it: first the leaf, then its chain. */
static int read_leaf(cfo_ctl_t *ctl, cfo_ctl_proof_file_t *leaf,
                     apr_array_header_t *chain)
{
    const char *path = APR_ARRAY_IDX(ctl->operands, 0, const char *);
    const char *other = cfo_ctl_value(ctl, CHAIN);
    int result = add_certificates(ctl, path, leaf, chain);
    cfo_ctl_proof_file_t unused;

    if (other && add_certificates(ctl, other, &unused, chain))
        result = CFO_CTL_INVALID;
    return result;
}

static const char *result_name(cfo_proof_result_t result)
{
    static const char *const names[] = {
        [CFO_PROOF_UNCHECKED] = "unchecked",
        [CFO_PROOF_OTHER] = "other",
        [CFO_PROOF_UNSUITABLE] = "unsuitable",
        [CFO_PROOF_HOLDS] = "holds",
    };

    return names[result];
}

static void print_proof(cfo_ctl_t *ctl, const cfo_ctl_case_t *c, const cfo_proof_t *proof)
{
    const char *subject = proof->certificate ? proof->certificate->subject : NULL;
    const char *why = NULL;
    const char *result = result_name(cfo_proof_check(proof, c->leaf, &why));
    const char *note = proof->certificate ? cfo_ctl_proof_note(ctl, proof) : NULL;
    int is_shared = subject && cfo_certificate_is_shared_ca(proof->certificate);

    if (!ctl->json) {
        printf("  proof %s: %s%s%s: %s\n", cfo_ctl_shown(ctl->pool, proof->source),
               cfo_ctl_kind(proof), subject ? " " : "",
               subject ? cfo_ctl_shown(ctl->pool, subject) : "", result);
        if (is_shared)
            printf("    note: %s\n", CFO_CTL_SHARED_CA);
        if (note)
            printf("    note: %s\n", note);
        return;
    }
    cfo_json_open(ctl->json, NULL, '{');
    cfo_json_string(ctl->json, "source", proof->source);
    cfo_json_string(ctl->json, "kind", cfo_ctl_kind(proof));
    cfo_json_string(ctl->json, "subject", subject);
    cfo_json_truth(ctl->json, "shared_ca", is_shared);
    cfo_json_truth(ctl->json, "origin_ca", cfo_ctl_is_origin_ca(proof));
    cfo_json_truth(ctl->json, "public_ca", cfo_ctl_public_root(ctl, proof) != NULL);
    cfo_json_string(ctl->json, "result", result);
    cfo_json_string(ctl->json, "why", why);
    cfo_json_string(ctl->json, "note", note);
    cfo_json_close(ctl->json, '}');
}

static void print_proofs(cfo_ctl_t *ctl, const cfo_ctl_case_t *c)
{
    int i, j;

    for (i = 0; i < c->sources->nelts; i++) {
        const apr_array_header_t *proofs =
            APR_ARRAY_IDX(c->sources, i, cfo_ctl_proof_file_t).proofs;

        for (j = 0; j < proofs->nelts; j++)
            print_proof(ctl, c, APR_ARRAY_IDX(proofs, j, const cfo_proof_t *));
    }
}

static void print_json(cfo_ctl_t *ctl, const cfo_ctl_case_t *c, cfo_reason_t reason)
{
    cfo_ctl_words_t words = cfo_ctl_explain(c);

    cfo_json_truth(ctl->json, "accepted", reason == CFO_REASON_VERIFIED);
    cfo_json_string(ctl->json, "reason", cfo_reason_name(reason));
    cfo_json_string(ctl->json, "at", cfo_text_time(ctl->pool, c->at));
    cfo_json_string(ctl->json, "why", words.why);
    cfo_json_string(ctl->json, "advice", words.advice);
    cfo_json_open(ctl->json, "leaf", '{');
    cfo_ctl_certificate_json(ctl, c->leaf, c->at);
    cfo_json_close(ctl->json, '}');
    cfo_json_open(ctl->json, "proofs", '[');
    print_proofs(ctl, c);
    cfo_json_close(ctl->json, ']');
}

static void print(cfo_ctl_t *ctl, const cfo_ctl_case_t *c, cfo_reason_t reason)
{
    cfo_ctl_words_t words = cfo_ctl_explain(c);

    printf("%s (%s): %s\n", reason == CFO_REASON_VERIFIED ? "accepted" : "refused",
           cfo_reason_name(reason), cfo_ctl_shown(ctl->pool, c->leaf->subject));
    printf(
        "  issued by %s, not after %s\n  %s\n", cfo_ctl_shown(ctl->pool, c->leaf->issuer),
        cfo_text_time(ctl->pool, c->leaf->not_after), cfo_ctl_pin_of(ctl->pool, c->leaf));
    print_proofs(ctl, c);
    printf("why: %s\n", words.why);
    if (words.advice)
        printf("do: %s\n", words.advice);
}

static int run(cfo_ctl_t *ctl)
{
    apr_array_header_t *sources =
        apr_array_make(ctl->pool, 2, sizeof(cfo_ctl_proof_file_t));
    apr_array_header_t *chain = apr_array_make(ctl->pool, 2, sizeof(cfo_certificate_t *));
    cfo_ctl_case_t c = { .pool = ctl->pool, .sources = sources, .chain = chain };
    const char *at = cfo_ctl_value(ctl, AT);
    cfo_ctl_proof_file_t leaf;
    cfo_reason_t reason;
    int sources_result;

    if (ctl->operands->nelts != 1 || !cfo_ctl_value(ctl, ZONE))
        return cfo_ctl_usage(
            "match needs a --zone and one PEM file with the certificate");
    c.at = apr_time_now();
    if (at && !cfo_ctl_time_read(at, &c.at))
        return cfo_ctl_usage("--at takes a time such as 2026-01-31T12:00:00Z, or a day");
    sources_result = read_sources(ctl, sources);
    if (sources_result == CFO_CTL_USAGE)
        return sources_result;
    if (read_leaf(ctl, &leaf, chain) || sources_result)
        return CFO_CTL_INVALID;
    c.leaf = APR_ARRAY_IDX(leaf.certificates, 0, const cfo_certificate_t *);
    reason = cfo_ctl_judge(&c, leaf.text);
    if (ctl->json)
        print_json(ctl, &c, reason);
    else
        print(ctl, &c, reason);
    return reason == CFO_REASON_VERIFIED ? CFO_CTL_OK : CFO_CTL_NO;
}

static const apr_getopt_option_t options[] = {
    { "zone", ZONE, 1, "a proof: a PEM file, sha256:HEX or spki-sha256:HEX; repeatable" },
    { "chain", CHAIN, 1, "more CA certificates, for better advice" },
    { "at", AT, 1, "check at this time instead of now (2026-01-31T12:00:00Z)" },
    { NULL, 0, 0, NULL },
};

const cfo_ctl_verb_t cfo_ctl_match = {
    "match",
    "--zone FILE|PIN [--zone ...] [--chain FILE] [--at TIME] [--json] LEAF",
    "check whether the module accepts a certificate for a zone, and why not",
    options,
    run,
};
