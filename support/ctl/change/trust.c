/* SPDX-License-Identifier: Apache-2.0 */
/* Lets the origin trust the leaf of a change. */
#include "ctl/change/trust.h"

#include <string.h>
#include <unistd.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/trust/pem.h"
#include "core/trust/proof.h"
#include "ctl/change/accept.h"
#include "ctl/change/seen.h"
#include "ctl/origin/proof_edit.h"

static const cfo_trouble_t *invalid(cfo_target_t *t, const char *reason,
                                    const char *remedy)
{
    cfo_trouble_t *trouble = apr_pcalloc(t->pool, sizeof *trouble);

    trouble->reason = reason;
    trouble->remedy = remedy;
    trouble->result = CFO_CTL_INVALID;
    return trouble;
}

/* The state file's row of the leaf that is judged. */
static const cfo_state_ours_t *row_of_leaf(const cfo_target_t *t, const cfo_world_t *w)
{
    const cfo_change_t *change = cfo_target_change(t);
    const cfo_certificate_t *leaf;
    const char *pem;
    int i;

    if (!cfo_seen_judge(t, w, &leaf, &pem))
        return NULL;
    for (i = change->ours->nelts - 1; i >= 0; i--) {
        const cfo_state_ours_t *row = &APR_ARRAY_IDX(change->ours, i, cfo_state_ours_t);

        if (!strcmp(row->sha256, leaf->sha256_hex))
            return row;
    }
    return NULL;
}

/* Whether a file has leaves, next to which a CA would have no effect. */
static int has_leaves(const cfo_world_t *w, const char *file)
{
    int i, j, k;

    for (i = 0; i < w->origin->zones->nelts; i++) {
        const cfo_origin_zone_t *zone =
            &APR_ARRAY_IDX(w->origin->zones, i, cfo_origin_zone_t);

        for (j = 0; j < zone->sources->nelts; j++) {
            const cfo_ctl_proof_file_t *source =
                &APR_ARRAY_IDX(zone->sources, j, cfo_ctl_proof_file_t);

            for (k = 0; source->text && source->proofs && k < source->proofs->nelts;
                 k++) {
                if (!strcmp(source->name, file) &&
                    APR_ARRAY_IDX(source->proofs, k, const cfo_proof_t *)->kind ==
                        CFO_PROOF_LEAF)
                    return 1;
            }
        }
    }
    return 0;
}

static int is_in_file(const cfo_world_t *w, const char *file, const char *sha256)
{
    cfo_ctl_t ctl = w->ctl;
    cfo_ctl_proof_file_t source;
    apr_finfo_t info;
    int i;

    if (apr_stat(&info, file, APR_FINFO_TYPE, ctl.pool) ||
        cfo_ctl_proof_file_read(&ctl, file, "", &source) != CFO_CTL_OK)
        return 0;
    for (i = 0; i < source.certificates->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(source.certificates, i, const cfo_certificate_t *)
                        ->sha256_hex,
                    sha256))
            return 1;
    }
    return 0;
}

/* Adds one certificate; notes it first. */
static const cfo_trouble_t *add(cfo_target_t *t, cfo_world_t *w, const char *file,
                                const char *pem)
{
    cfo_change_t *change = cfo_target_change(t);
    cfo_certificate_t *certificate;
    const char *wrong = cfo_certificate_read(t->pool, pem, strlen(pem), &certificate);

    if (wrong)
        return invalid(t, wrong, NULL);
    if (is_in_file(w, file, certificate->sha256_hex))
        return NULL;
    APR_ARRAY_PUSH(change->added, cfo_state_proof_t) =
        (cfo_state_proof_t){ apr_pstrdup(t->pool, file), certificate->sha256_hex,
                             access(file, F_OK) != 0 };
    wrong = cfo_target_save(t);
    if (!wrong)
        wrong = cfo_proof_edit_add(&w->ctl, file, pem);
    if (wrong)
        return invalid(t, apr_pstrdup(t->pool, wrong), NULL);
    cfo_target_tell(t, "added %s to %s",
                    cfo_target_short(t->pool, certificate->sha256_hex), file);
    return NULL;
}

/* Says which lines httpd's configuration lacks. Once. */
static void tell_lines(cfo_target_t *t, const cfo_world_t *w, const char *file)
{
    int is_checked = 0, i;

    if (t->last_wait && !strcmp(t->last_wait, "lines"))
        return;
    t->last_wait = "lines";
    for (i = 0; i < w->judged->nelts; i++)
        is_checked |= cfo_target_has_name(w->origin->vhosts,
                                          APR_ARRAY_IDX(w->judged, i, const char *));
    cfo_target_tell(t,
                    "httpd's configuration lacks, in the virtual hosts of %s:%s\n"
                    "    CFOriginPullZone  %s %s",
                    t->name,
                    is_checked ? ""
                               : "\n    SSLVerifyClient   optional_no_ca"
                                 "\n    SSLVerifyDepth    3"
                                 "\n    CFOriginPull      Audit",
                    t->zone.name, file);
    if (!t->choices->is_dry_run)
        cfo_target_tell(t, "add %s, then reload httpd; this call goes on then",
                        is_checked ? "it" : "them");
}

/* The file for a zone that the configuration does not have. */
static const char *new_file(cfo_target_t *t, const cfo_world_t *w)
{
    if (t->choices->proof || !w->origin->zone_dir)
        return t->choices->proof;
    return apr_pstrcat(t->pool, w->origin->zone_dir, "/", t->zone.name, ".pem", NULL);
}

static const cfo_trouble_t *no_file(cfo_target_t *t)
{
    return invalid(t, "the origin's configuration does not have the zone",
                   "Say with --proof FILE where its CA is to go");
}

static const cfo_trouble_t *trust_new_zone(cfo_target_t *t, cfo_world_t *w,
                                           const cfo_state_ours_t *row)
{
    const char *file = new_file(t, w);
    const cfo_trouble_t *trouble;

    if (!file)
        return no_file(t);
    trouble = add(t, w, file, row->proof);
    if (!trouble && t->choices->proof)
        tell_lines(t, w, file);
    return trouble;
}

static const cfo_trouble_t *trust_zone(cfo_target_t *t, cfo_world_t *w, const char *zone,
                                       const cfo_state_ours_t *row)
{
    const char *why = NULL, *file;
    const cfo_trouble_t *trouble;

    if (!strcmp(zone, "*"))
        return invalid(t,
                       "a host name of it is covered by the zone \"*\" of the origin's "
                       "configuration, whose proofs count for every host",
                       apr_psprintf(t->pool,
                                    "Give it a line of its own: "
                                    "CFOriginPullZone %s FILE",
                                    t->zone.name));
    file = cfo_origin_proof_file(w->ctl.pool, w->origin, zone, &why);
    if (file)
        return add(t, w, file, has_leaves(w, file) ? row->pem : row->proof);
    if (!t->choices->proof)
        return invalid(t, apr_pstrcat(t->pool, why, NULL),
                       apr_psprintf(t->pool,
                                    "Say with --proof FILE where the CA is to go, then "
                                    "add \"CFOriginPullZone %s FILE\"",
                                    zone));
    trouble = add(t, w, t->choices->proof, row->proof);
    if (!trouble)
        tell_lines(t, w, t->choices->proof);
    return trouble;
}

const cfo_trouble_t *cfo_trust_leaf(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_state_ours_t *row = row_of_leaf(t, w);
    const cfo_trouble_t *trouble = NULL;
    const cfo_certificate_t *leaf;
    cfo_acceptance_t a;
    const char *pem;
    int i;

    if (!row || !cfo_seen_judge(t, w, &leaf, &pem))
        return invalid(t, "the state file does not have the leaf", NULL);
    a = cfo_accept(&w->ctl, w->origin, w->judged, leaf, pem);
    if (!a.covered)
        return trust_new_zone(t, w, row);
    if (!a.lacking->nelts)
        return invalid(t, apr_pstrdup(t->pool, a.why),
                       a.remedy ? apr_pstrdup(t->pool, a.remedy) : NULL);
    for (i = 0; !trouble && i < a.lacking->nelts; i++)
        trouble = trust_zone(t, w, APR_ARRAY_IDX(a.lacking, i, const char *), row);
    return trouble;
}

const cfo_trouble_t *cfo_trust_check(cfo_target_t *t, cfo_world_t *w)
{
    int i, covered = 0;

    for (i = 0; i < w->judged->nelts; i++) {
        apr_array_header_t *zones = cfo_origin_zones_for(
            w->ctl.pool, w->origin, APR_ARRAY_IDX(w->judged, i, const char *));

        covered |= zones && zones->nelts;
    }
    return covered || new_file(t, w) ? NULL : no_file(t);
}

void cfo_trust_tell_plan(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_certificate_t *leaf;
    const char *pem, *file, *why;
    cfo_acceptance_t a;
    int i;

    if (!cfo_seen_judge(t, w, &leaf, &pem))
        return;
    a = cfo_accept(&w->ctl, w->origin, w->judged, leaf, pem);
    for (i = 0; i < a.lacking->nelts; i++) {
        file = cfo_origin_proof_file(w->ctl.pool, w->origin,
                                     APR_ARRAY_IDX(a.lacking, i, const char *), &why);
        cfo_target_tell(t, "would add what proves the leaf to %s",
                        file ? file : (t->choices->proof ? t->choices->proof : why));
    }
    if (a.covered)
        return;
    file = new_file(t, w);
    cfo_target_tell(t, "would add what proves the leaf to %s",
                    file ? file : "the file of --proof, which is not given");
    if (file && t->choices->proof)
        tell_lines(t, w, file);
}
