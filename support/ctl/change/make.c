/* SPDX-License-Identifier: Apache-2.0 */
/* Gets the leaf of a change: a given one, or one that is made, in memory. */
#include "ctl/change/make.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/change/lock.h"
#include "ctl/command/input.h"

enum { MOST_PEM = 1 << 20 };

/* A trial needs no key that takes seconds to make. */
static const char *key_type_of(const cfo_choices_t *c)
{
    return c->is_dry_run ? "p256" : c->key_type;
}

static int is_there(const char *file)
{
    return !access(file, F_OK);
}

/* All of it or nothing, and never over a file that is there. A draft that is there is of
 * a call that was interrupted, or a trap. */
static const char *write_new(apr_pool_t *p, const char *file, const char *text)
{
    const char *draft = apr_pstrcat(p, file, ".new", NULL);
    int is_free = !unlink(draft) || errno == ENOENT;
    int fd = is_free
                 ? open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)
                 : -1;
    size_t length = strlen(text);
    int ok = fd >= 0 && write(fd, text, length) == (ssize_t)length && !fsync(fd);

    if (fd >= 0)
        ok = !close(fd) && ok;
    ok = ok && !link(draft, file);
    if (fd >= 0)
        ok = !unlink(draft) && ok;
    return ok ? NULL : apr_pstrcat(p, file, " cannot be written", NULL);
}

/* A new CA whose key is kept: noted first, so that a call that is interrupted between the
 * two files is understood by the next one. */
static const char *make_kept_ca(cfo_target_t *t, cfo_issued_t *ca)
{
    const cfo_choices_t *c = t->choices;
    const char *wrong =
        cfo_issue_ca(t->pool, t->name, key_type_of(c), CFO_ISSUE_CA_DAYS, ca);

    if (wrong || c->is_dry_run)
        return wrong;
    cfo_target_change(t)->ca_key = c->ca_key;
    wrong = cfo_target_save(t);
    if (!wrong)
        wrong = cfo_issued_write_key(t->pool, c->ca_key, ca->key);
    if (!wrong)
        wrong = write_new(t->pool, c->ca, ca->pem);
    if (!wrong)
        cfo_target_tell(t, "wrote a new CA to %s and its key to %s", c->ca, c->ca_key);
    return wrong;
}

/* Whether the old certificates hang on this one. */
static int is_replaced(const cfo_change_t *change, const char *sha256)
{
    int i;

    for (i = 0; change && i < change->replaced->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(change->replaced, i, cfo_state_proof_t).sha256, sha256))
            return 1;
    }
    return 0;
}

static const char *read_ca(cfo_target_t *t, cfo_issued_t *ca)
{
    const cfo_choices_t *c = t->choices;
    apr_time_t limit = apr_time_now() + c->renew_before;
    const char *wrong = cfo_issued_read(t->pool, c->ca, c->ca_key, ca), *why = NULL;

    if (wrong)
        return wrong;
    if (ca->certificate->not_after <= limit)
        why = apr_psprintf(t->pool, "expires at %s",
                           cfo_text_time(t->pool, ca->certificate->not_after));
    else if (c->is_new_ca &&
             is_replaced(cfo_target_change(t), ca->certificate->sha256_hex))
        why = "is the one that is to be replaced";
    return why ? apr_psprintf(t->pool,
                              "the CA %s %s. Give files that do not exist yet with --ca "
                              "and --ca-key, for a new one",
                              c->ca, why)
               : NULL;
}

static const char *get_kept_ca(cfo_target_t *t, cfo_issued_t *ca)
{
    const cfo_choices_t *c = t->choices;
    const cfo_change_t *change = cfo_target_change(t);

    /* An earlier call was interrupted between the two files: its key is of no use. */
    if (!c->is_dry_run && change && change->ca_key &&
        !strcmp(change->ca_key, c->ca_key) && !is_there(c->ca) && is_there(c->ca_key) &&
        unlink(c->ca_key))
        return apr_pstrcat(t->pool, c->ca_key, " cannot be removed", NULL);
    if (!is_there(c->ca) && !is_there(c->ca_key))
        return make_kept_ca(t, ca);
    return read_ca(t, ca);
}

/* Several zones may have one CA, whose files the first one makes. */
static const char *get_ca(cfo_target_t *t, cfo_issued_t *ca)
{
    const cfo_choices_t *c = t->choices;
    const char *wrong = NULL;
    apr_pool_t *p;
    int is_taken;

    if (!c->ca_key)
        return cfo_issue_ca(t->pool, t->name, key_type_of(c), CFO_ISSUE_CA_DAYS, ca);
    apr_pool_create(&p, t->pool);
    if (!c->is_dry_run)
        wrong = cfo_lock_take(p, c->state, CFO_LOCK_PROOFS, t->edge->wait, &is_taken);
    wrong = wrong ? apr_pstrdup(t->pool, wrong) : get_kept_ca(t, ca);
    apr_pool_destroy(p);
    return wrong;
}

static const char *make_leaf(cfo_target_t *t, const char **of)
{
    cfo_issued_t ca = { 0 };
    const char *wrong = get_ca(t, &ca);

    if (wrong)
        return wrong;
    t->proof = ca.pem;
    *of = t->choices->ca_key ? t->choices->ca : "a new CA, whose key is forgotten";
    return cfo_issue_leaf(t->pool, t->name, key_type_of(t->choices), CFO_ISSUE_LEAF_DAYS,
                          &ca, &t->leaf);
}

static const char *read_leaf(cfo_target_t *t, const char **of)
{
    const cfo_choices_t *c = t->choices;
    const char *wrong = cfo_issued_read(t->pool, c->cert, c->key, &t->leaf);
    apr_size_t length;

    *of = c->cert;
    t->proof = t->leaf.pem;
    if (!wrong && c->ca)
        wrong = cfo_ctl_input_read(t->pool, c->ca, MOST_PEM, &t->proof, &length);
    return wrong;
}

/* The row of the leaf in the state file, the last one. */
static void note(cfo_target_t *t, const cfo_world_t *w)
{
    apr_array_header_t *all = cfo_target_change(t)->ours;
    const char *sha256 = t->leaf.certificate->sha256_hex;
    cfo_state_ours_t *row = NULL;
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(all, i, cfo_state_ours_t).sha256, sha256))
            row = &APR_ARRAY_IDX(all, i, cfo_state_ours_t);
    }
    if (row)
        return;
    row = apr_array_push(all);
    *row = (cfo_state_ours_t){
        sha256, t->leaf.pem, t->proof, 0, cfo_origin_last_used(w->origin, sha256, NULL), 0
    };
}

const cfo_trouble_t *cfo_make_check(cfo_target_t *t)
{
    const cfo_choices_t *c = t->choices;
    const char *wrong = NULL;
    cfo_issued_t issued;

    if (c->cert)
        wrong = cfo_issued_read(t->pool, c->cert, c->key, &issued);
    else if (c->ca_key && (is_there(c->ca) || is_there(c->ca_key)))
        wrong = read_ca(t, &issued);
    return wrong ? cfo_trouble_make(t->pool, wrong, CFO_CTL_INVALID) : NULL;
}

const cfo_trouble_t *cfo_make_leaf(cfo_target_t *t, cfo_world_t *w)
{
    const char *of = NULL;
    const char *wrong = t->choices->cert ? read_leaf(t, &of) : make_leaf(t, &of);

    if (wrong) {
        t->leaf.key = NULL;
        return cfo_trouble_make(t->pool, wrong, CFO_CTL_INVALID);
    }
    if (t->choices->is_dry_run)
        return NULL;
    note(t, w);
    wrong = cfo_target_save(t);
    if (wrong)
        return cfo_trouble_make(t->pool, wrong, CFO_CTL_INVALID);
    cfo_target_tell(t, "%s %s, good until %s, %s %s",
                    t->choices->cert ? "took" : "made a leaf in memory:",
                    cfo_target_short(t->pool, t->leaf.certificate->sha256_hex),
                    cfo_text_time(t->pool, t->leaf.certificate->not_after),
                    t->choices->cert ? "from" : "signed by", of);
    return NULL;
}
