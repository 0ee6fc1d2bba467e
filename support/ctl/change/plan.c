/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what to do next, from nothing but what was seen.
 *
 * The order is what keeps a site reachable: trusted, then presented, then seen, and only
 * then is anything taken away. Each call decides anew, so it does not matter where the
 * one before it ended. */
#include "ctl/change/plan.h"

#include <stddef.h>

static cfo_step_t stop(const char *reason, const char **why)
{
    *why = reason;
    return CFO_STEP_STOP;
}

cfo_step_t cfo_plan_forward(const cfo_seen_t *s, const char **why)
{
    if (s->stop)
        return stop(s->stop, why);
    if (!s->is_open)
        return s->is_due ? CFO_STEP_BEGIN : CFO_STEP_NOTHING;
    if (s->leaf == CFO_LEAF_FAILED)
        return CFO_STEP_DISCARD;
    if (s->leaf == CFO_LEAF_ABSENT && s->has_failed)
        return stop("the deployment at Cloudflare timed out", why);
    if (s->leaf == CFO_LEAF_ABSENT && !s->has_key)
        return CFO_STEP_MAKE;
    if (s->trust == CFO_TRUST_NONE)
        return CFO_STEP_TRUST;
    if (s->trust == CFO_TRUST_IN_FILE)
        return CFO_STEP_AWAIT_TRUST;
    if (s->leaf == CFO_LEAF_UNSURE)
        return CFO_STEP_AWAIT_LISTED;
    if (s->leaf == CFO_LEAF_ABSENT)
        return CFO_STEP_UPLOAD;
    if (s->leaf == CFO_LEAF_DEPLOYING)
        return CFO_STEP_AWAIT_ACTIVE;
    if (s->overtaken)
        return stop(s->overtaken, why);
    if (s->use == CFO_USE_OFF)
        return s->must_not_on ? stop(s->must_not_on, why) : CFO_STEP_SWITCH;
    if (s->use == CFO_USE_PENDING)
        return CFO_STEP_AWAIT_SWITCH;
    if (!s->is_used)
        return CFO_STEP_AWAIT_USE;
    if (s->olds)
        return CFO_STEP_DELETE;
    return s->leaving ? CFO_STEP_AWAIT_DELETION : CFO_STEP_CLOSE;
}

cfo_step_t cfo_plan_back(const cfo_seen_t *s, const char **why)
{
    if (s->stop)
        return stop(s->stop, why);
    if (!s->is_open)
        return CFO_STEP_NOTHING;
    if (s->is_switched)
        return s->must_not_switch ? stop(s->must_not_switch, why) : CFO_STEP_SWITCH_BACK;
    if (s->leaf == CFO_LEAF_UNSURE)
        return CFO_STEP_AWAIT_LISTED;
    if (s->ours_deploying)
        return CFO_STEP_AWAIT_ACTIVE;
    if (s->ours)
        return s->must_not_delete ? stop(s->must_not_delete, why) : CFO_STEP_DELETE_OURS;
    return s->ours_leaving ? CFO_STEP_AWAIT_DELETION : CFO_STEP_CLOSE_BACK;
}

void cfo_plan_suppose(cfo_seen_t *s, cfo_step_t step)
{
    switch (step) {
    case CFO_STEP_BEGIN:
        s->is_open = 1;
        break;
    case CFO_STEP_MAKE:
        s->has_key = 1;
        break;
    case CFO_STEP_TRUST:
        s->trust = CFO_TRUST_IN_FILE;
        break;
    case CFO_STEP_AWAIT_TRUST:
        s->trust = CFO_TRUST_IN_FORCE;
        break;
    case CFO_STEP_UPLOAD:
    case CFO_STEP_AWAIT_LISTED:
        s->leaf = CFO_LEAF_DEPLOYING;
        break;
    case CFO_STEP_AWAIT_ACTIVE:
        s->leaf = CFO_LEAF_ACTIVE;
        break;
    case CFO_STEP_DISCARD:
        s->leaf = CFO_LEAF_ABSENT;
        s->has_key = 0;
        break;
    case CFO_STEP_SWITCH:
    case CFO_STEP_AWAIT_SWITCH:
        s->use = CFO_USE_ON;
        break;
    case CFO_STEP_AWAIT_USE:
        s->is_used = 1;
        break;
    case CFO_STEP_DELETE:
        s->olds = 0;
        s->leaving = 0;
        break;
    case CFO_STEP_AWAIT_DELETION:
        s->leaving = 0;
        break;
    default: /* the end, or a step back, which is never supposed */
        s->is_open = 0;
        s->is_due = 0;
    }
}

int cfo_step_waits(cfo_step_t step)
{
    return step == CFO_STEP_AWAIT_TRUST || step == CFO_STEP_AWAIT_LISTED ||
           step == CFO_STEP_AWAIT_ACTIVE || step == CFO_STEP_AWAIT_SWITCH ||
           step == CFO_STEP_AWAIT_USE || step == CFO_STEP_AWAIT_DELETION;
}

cfo_proof_fate_t cfo_plan_proof(const cfo_seen_proof_t *s)
{
    if (!s->is_there)
        return CFO_PROOF_GONE;
    if (s->unknown)
        return CFO_PROOF_LATER;
    if (s->needed_by)
        return CFO_PROOF_STAYS;
    return s->is_quiet ? CFO_PROOF_REMOVE : CFO_PROOF_LATER;
}
