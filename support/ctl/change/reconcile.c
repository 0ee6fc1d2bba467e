/* SPDX-License-Identifier: Apache-2.0 */
/* Looks, decides, does one step, and looks again, until nothing is left. */
#include "ctl/change/reconcile.h"

#include <string.h>

#include "apr_strings.h"

#include "ctl/change/accept.h"
#include "ctl/change/lock.h"
#include "ctl/change/make.h"
#include "ctl/change/seen.h"
#include "ctl/change/steps.h"
#include "ctl/change/trust.h"
#include "ctl/change/visit.h"
#include "ctl/change/words.h"

enum { MOST_TIMES = 5 };

#define SHORTEST_PAUSE apr_time_from_msec(500)
#define LONGEST_PAUSE apr_time_from_sec(15)

/* One look and what follows from it. */
typedef struct {
    cfo_target_t *t;
    apr_pool_t *pool; /* of the look */
    cfo_world_t world;
    cfo_due_t due;
    cfo_seen_t seen;
    cfo_step_t step;
    const char *why;     /* of STOP */
    cfo_step_t last;     /* the step before, ... */
    apr_time_t since;    /* ... when it became due, by the clock that nobody sets, ... */
    apr_time_t troubled; /* ... and since when nothing works; 0: it does */
    apr_interval_time_t pause;
    int is_visit_told;
    int taken[CFO_STEP_COUNT]; /* how often each step began */
} round_t;

static int is_open(const cfo_target_t *t)
{
    return cfo_target_change(t) != NULL;
}

static const cfo_trouble_t *look(round_t *r)
{
    cfo_target_t *t = r->t;
    const cfo_trouble_t *trouble;

    apr_pool_clear(r->pool);
    r->why = NULL;
    memset(&r->due, 0, sizeof r->due);
    trouble = cfo_world_look(t, r->pool, &r->world);
    if (trouble)
        return trouble;
    if (!is_open(t))
        r->due = cfo_due_find(t, &r->world);
    r->seen = cfo_seen_find(t, &r->world, &r->due);
    r->step = t->choices->is_take_back ? cfo_plan_back(&r->seen, &r->why)
                                       : cfo_plan_forward(&r->seen, &r->why);
    return NULL;
}

/* How to go on, after a change was begun. */
static const char *how_to_go_on(const cfo_target_t *t)
{
    if (!is_open(t))
        return NULL;
    return t->choices->is_take_back
               ? "Call it again to go on taking back"
               : "Call it again to go on, or with --take-back to undo what was done";
}

static int fail(round_t *r, const cfo_trouble_t *trouble)
{
    const char *go_on = how_to_go_on(r->t), *remedy = trouble->remedy;

    if (go_on)
        remedy = remedy ? apr_pstrcat(r->t->pool, remedy, ". ", go_on, NULL) : go_on;
    return cfo_target_fail(r->t,
                           trouble->is_passing && go_on ? CFO_CTL_NO : trouble->result,
                           apr_pstrdup(r->t->pool, trouble->reason), remedy);
}

static int stop(round_t *r)
{
    const cfo_change_t *change = cfo_target_change(r->t);
    const char *remedy = r->due.remedy;

    if (change && !strcmp(change->verb, r->t->verb))
        remedy = how_to_go_on(r->t);
    return cfo_target_fail(r->t, CFO_CTL_NO, apr_pstrdup(r->t->pool, r->why),
                           remedy ? apr_pstrdup(r->t->pool, remedy) : NULL);
}

/* Waits a little longer each time. Returns whether nobody wants the call to end. */
static int sleep_a_while(round_t *r)
{
    int goes_on = cfo_crew_wait(r->pause);

    r->pause = r->pause * 3 / 2;
    if (r->pause > LONGEST_PAUSE)
        r->pause = LONGEST_PAUSE;
    return goes_on;
}

/* Says once what is waited for, and again when that changes. */
static void tell_wait(round_t *r)
{
    cfo_target_t *t = r->t;
    const char *text = cfo_words_awaited(t, &r->world, r->step);

    if (t->last_wait && !strcmp(t->last_wait, text))
        return;
    t->last_wait = apr_pstrdup(t->pool, text);
    cfo_job_doing(t->job, t->last_wait);
    if (r->since < cfo_target_clock() - apr_time_from_sec(1))
        cfo_target_tell(t, "%s, %d s", text,
                        (int)apr_time_sec(cfo_target_clock() - r->since));
    else
        cfo_target_tell(t, "%s", text);
}

static int timed_out(round_t *r)
{
    cfo_target_t *t = r->t;
    const char *text = cfo_words_awaited(t, &r->world, r->step);
    const char *go_on = how_to_go_on(t);

    t->outcome->remains = apr_pstrdup(t->pool, text);
    /* The key of the CA ends with this call. */
    if (r->step == CFO_STEP_AWAIT_TRUST && r->seen.leaf == CFO_LEAF_ABSENT &&
        !t->choices->ca_key && !t->choices->cert)
        go_on =
            apr_pstrcat(t->pool, go_on,
                        ". The next call makes a new CA: give a longer --wait, or keep "
                        "the CA with --ca and --ca-key",
                        NULL);
    return cfo_target_fail(t, CFO_CTL_NO,
                           apr_psprintf(t->pool, "%s: not within %d seconds (--wait)",
                                        text, (int)apr_time_sec(t->edge->wait)),
                           go_on);
}

/* Steps that are due again and again: somebody else works against them, or Cloudflare
 * never answers. */
static int undone(round_t *r)
{
    const char *planned = cfo_words_planned(r->t, r->step);

    return cfo_target_fail(r->t, CFO_CTL_NO,
                           apr_psprintf(r->t->pool,
                                        "to %s was tried %d times, and does not last",
                                        planned ? planned : "undo it", MOST_TIMES),
                           how_to_go_on(r->t));
}

static int stopped(round_t *r)
{
    return cfo_target_fail(r->t, CFO_CTL_NO, "stopped by a signal", how_to_go_on(r->t));
}

/* The given or made leaf in memory tells whether the origin accepts it already. */
static const cfo_trouble_t *try_leaf(round_t *r)
{
    cfo_target_t *t = r->t;
    const cfo_trouble_t *trouble = cfo_make_leaf(t, &r->world);

    if (!trouble)
        r->seen.trust = cfo_accept(&r->world.ctl, r->world.origin, r->world.judged,
                                   t->leaf.certificate, t->leaf.pem)
                            .trust;
    return trouble;
}

/* --dry-run: all steps, each as if those before it had succeeded. */
static int rehearse(round_t *r)
{
    cfo_target_t *t = r->t;
    cfo_seen_t seen = r->seen;
    int most = CFO_STEP_COUNT * 2;

    if (r->due.why && !is_open(t))
        cfo_target_tell(t, "%s: %s", t->verb, r->due.why);
    cfo_words_tell_precedence(t, &r->world);
    if (r->due.adopt) {
        seen.leaf = CFO_LEAF_ACTIVE;
        seen.trust = CFO_TRUST_IN_FORCE;
    }
    while (r->step != CFO_STEP_NOTHING && most-- > 0) {
        if (r->step == CFO_STEP_STOP)
            return stop(r);
        if (r->step == CFO_STEP_MAKE) {
            const cfo_trouble_t *trouble = try_leaf(r);

            if (trouble)
                return fail(r, trouble);
            seen.trust = r->seen.trust;
        }
        if (r->step == CFO_STEP_BEGIN && !strcmp(t->verb, "rotate")) {
            seen.use = t->level == CFO_API_FOR_ZONE ? CFO_USE_ON : CFO_USE_OFF;
            seen.olds = 1;
        }
        if (r->step == CFO_STEP_TRUST) {
            const cfo_trouble_t *trouble = cfo_trust_tell_plan(t, &r->world);

            if (trouble)
                return fail(r, trouble);
        }
        else {
            cfo_target_tell(t, "would %s", cfo_words_planned(t, r->step));
        }
        cfo_plan_suppose(&seen, r->step);
        r->step = cfo_plan_forward(&seen, &r->why);
    }
    return cfo_target_end(t, "planned", CFO_CTL_OK, "nothing was changed (--dry-run)");
}

static int nothing(round_t *r)
{
    cfo_target_t *t = r->t;

    if (t->choices->is_take_back)
        return cfo_target_end(t, "nothing", CFO_CTL_OK,
                              "there is no unfinished call to take back");
    return cfo_target_end(t, "nothing", CFO_CTL_OK, "nothing to do: %s", r->due.why);
}

/* What proves the leaf must not be removed by another call between the last look and the
 * upload. */
static const cfo_trouble_t *upload(round_t *r)
{
    cfo_target_t *t = r->t;
    const cfo_trouble_t *trouble;
    apr_pool_t *p;
    const char *wrong;
    int is_taken;

    apr_pool_create(&p, t->pool);
    wrong =
        cfo_lock_take(p, t->choices->state, CFO_LOCK_PROOFS, t->edge->wait, &is_taken);
    if (wrong) {
        trouble = cfo_trouble_make(t->pool, apr_pstrdup(t->pool, wrong),
                                   is_taken ? CFO_CTL_NO : CFO_CTL_INVALID);
    }
    else {
        trouble = look(r);
        if (!trouble && r->step == CFO_STEP_UPLOAD)
            trouble = cfo_step_do(t, &r->world, r->step, &r->due);
    }
    apr_pool_destroy(p);
    return trouble;
}

static const cfo_trouble_t *act(round_t *r)
{
    const cfo_trouble_t *trouble = NULL;

    if (r->step == CFO_STEP_BEGIN) {
        trouble = cfo_make_check(r->t);
        if (!trouble && !r->due.adopt)
            trouble = cfo_trust_check(r->t, &r->world);
    }
    if (trouble)
        return trouble;
    if (r->step == CFO_STEP_UPLOAD)
        return upload(r);
    if (r->step == CFO_STEP_AWAIT_USE && r->t->choices->visit) {
        const char *wrong = cfo_visit(r->pool, r->t->choices->visit);

        if (wrong && !r->is_visit_told)
            cfo_target_tell(r->t, "the visit of %s failed: %s",
                            cfo_ctl_shown(r->pool, r->t->choices->visit), wrong);
        r->is_visit_told |= wrong != NULL;
    }
    if (cfo_step_waits(r->step)) {
        tell_wait(r);
        return NULL;
    }
    return cfo_step_do(r->t, &r->world, r->step, &r->due);
}

static int closed(round_t *r)
{
    cfo_target_t *t = r->t;

    return r->step == CFO_STEP_CLOSE_BACK
               ? cfo_target_end(t, "done", CFO_CTL_OK, "taken back")
               : cfo_target_end(t, "done", CFO_CTL_OK,
                                "done: Cloudflare presents it, "
                                "and every origin has seen it");
}

/* A trouble that passes is waited for, once something was begun. Returns an exit code;
 * -1: go on. */
static int meet(round_t *r, const cfo_trouble_t *trouble)
{
    apr_time_t now = cfo_target_clock();

    if (cfo_crew_stopping())
        return stopped(r);
    if (!trouble->is_passing || !is_open(r->t) || r->t->choices->is_dry_run)
        return fail(r, trouble);
    if (!r->troubled)
        r->troubled = now;
    if (now - r->troubled > r->t->edge->wait)
        return fail(r, trouble);
    if (!r->t->last_wait || strcmp(r->t->last_wait, trouble->reason) != 0) {
        r->t->last_wait = apr_pstrdup(r->t->pool, trouble->reason);
        cfo_target_tell(r->t, "trying again: %s", trouble->reason);
    }
    return sleep_a_while(r) ? -1 : stopped(r);
}

/* One look and one step. Returns an exit code; -1: go on. */
static int turn(round_t *r)
{
    const cfo_trouble_t *trouble = look(r);
    cfo_step_t step;
    int is_again;

    if (trouble)
        return meet(r, trouble);
    if (r->step == CFO_STEP_NOTHING)
        return nothing(r);
    if (r->t->choices->is_dry_run)
        return rehearse(r);
    if (r->step == CFO_STEP_STOP)
        return stop(r);
    is_again = r->step == r->last;
    if (!is_again) {
        r->since = cfo_target_clock();
        r->pause = SHORTEST_PAUSE;
        r->last = r->step;
        r->taken[r->step]++;
    }
    else if (cfo_target_clock() - r->since > r->t->edge->wait) {
        return timed_out(r);
    }
    if (r->taken[r->step] > MOST_TIMES)
        return undone(r);
    /* An upload looks again, and may find that something else is next. */
    step = r->step;
    trouble = act(r);
    if (trouble)
        return meet(r, trouble);
    r->troubled = 0;
    if (step == CFO_STEP_CLOSE || step == CFO_STEP_CLOSE_BACK)
        return closed(r);
    if ((is_again || cfo_step_waits(r->step)) && !sleep_a_while(r))
        return stopped(r);
    return cfo_crew_stopping() ? stopped(r) : -1;
}

int cfo_reconcile(cfo_target_t *t, apr_array_header_t **judged)
{
    round_t r = { .t = t, .last = CFO_STEP_COUNT, .pause = SHORTEST_PAUSE };
    int result, i;

    apr_pool_create(&r.pool, t->pool);
    do
        result = turn(&r);
    while (result < 0);
    if (judged) {
        *judged = apr_array_make(t->pool, 4, sizeof(const char *));
        for (i = 0; r.world.judged && i < r.world.judged->nelts; i++)
            APR_ARRAY_PUSH(*judged, const char *) =
                apr_pstrdup(t->pool, APR_ARRAY_IDX(r.world.judged, i, const char *));
    }
    apr_pool_destroy(r.pool);
    return result;
}
