/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the API: repeated if need be, and its envelope taken off. */
#include "ctl/cloudflare/call.h"

#include <string.h>

#include "apr_atomic.h"

#include "ctl/cloudflare/failure.h"
#include "ctl/command/stopping.h"

enum {
    REPEATS = 3,   /* after a failure that may pass */
    CONFLICTS = 6, /* the API works on another change of the zone */
    LONGEST_PAUSE = 60
};

cfo_call_t cfo_call_get(cfo_api_t *api, apr_pool_t *p, const char *path,
                        const char *needs)
{
    return (cfo_call_t){ api, p, { "GET", path, NULL, 0 }, needs };
}

static int is_post(const cfo_call_t *call)
{
    return !strcmp(call->request.method, "POST");
}

/* How long the API has asked all to wait, if that is too long. */
static apr_interval_time_t too_long(const cfo_api_t *api)
{
    apr_interval_time_t wait = cfo_limit_blocked(api->limit) - apr_time_now();

    return wait > api->patience ? wait : 0;
}

static const cfo_api_error_t *wait_for_turn(const cfo_call_t *call)
{
    cfo_limit_t *limit = call->api->limit;
    apr_time_t due = 0;

    if (!too_long(call->api))
        due = cfo_limit_take(limit, apr_time_now());
    while (due > apr_time_now() || due < cfo_limit_blocked(limit)) {
        apr_interval_time_t wait = too_long(call->api);

        if (wait)
            return cfo_failure_limited(call, wait);
        if (due < cfo_limit_blocked(limit))
            due = cfo_limit_blocked(limit);
        if (!cfo_stopping_sleep_until(due))
            break;
    }
    return cfo_stopping() ? cfo_failure_stopped(call) : NULL;
}

static const cfo_api_error_t *read_envelope(const cfo_call_t *call,
                                            const cfo_answer_t *answer, json_t **envelope)
{
    json_auto_t *root =
        json_loadb(answer->text, answer->length, JSON_REJECT_DUPLICATES, NULL);
    int http = answer->http;

    if (http == 429)
        return cfo_failure_refused(call, answer, root);
    if (!root || http < 200 || (http >= 300 && http < 400))
        return cfo_failure_foreign(call, answer,
                                   root ? "JSON that is not the API's" : NULL);
    if (!json_is_boolean(json_object_get(root, "success")))
        return cfo_failure_foreign(call, answer, "JSON that is not the API's");
    if (!json_is_true(json_object_get(root, "success")))
        return cfo_failure_refused(call, answer, root);
    if (http >= 400)
        return cfo_failure_foreign(call, answer, "JSON that speaks of success");
    *envelope = json_incref(root);
    return NULL;
}

static const cfo_api_error_t *try_once(const cfo_call_t *call, cfo_answer_t *answer,
                                       json_t **envelope)
{
    const cfo_api_error_t *error = wait_for_turn(call);
    apr_pool_t *scratch;

    memset(answer, 0, sizeof *answer);
    if (error)
        return error;
    apr_atomic_inc32(&call->api->requests);
    apr_pool_create(&scratch, call->pool);
    cfo_transport_send(call->api->transport, scratch, &call->request, is_post(call),
                       answer);
    if (answer->failure != CFO_TRANSPORT_OK)
        error = cfo_failure_unreachable(call, answer);
    else
        error = read_envelope(call, answer, envelope);
    apr_pool_destroy(scratch);
    return error;
}

static int may_pass(const cfo_call_t *call, const cfo_answer_t *answer)
{
    switch (answer->failure) {
    case CFO_TRANSPORT_OK:
        return !is_post(call) && (answer->http >= 500 || answer->http == 408);
    case CFO_TRANSPORT_TRUST:
    case CFO_TRANSPORT_SIZE:
    case CFO_TRANSPORT_PROXY:
        return 0;
    default:
        return !is_post(call);
    }
}

/* How long to wait before the next attempt; -1: there is none. The first is number 0. */
static apr_interval_time_t pause_after(const cfo_call_t *call,
                                       const cfo_api_error_t *error,
                                       const cfo_answer_t *answer, int number)
{
    apr_interval_time_t growing = (apr_time_from_sec(1) / 2) << (number < 7 ? number : 7);
    apr_interval_time_t asked = answer->retry_after;

    if (growing > apr_time_from_sec(LONGEST_PAUSE))
        growing = apr_time_from_sec(LONGEST_PAUSE);
    /* It was not sent. */
    if (error->failure == CFO_API_STOPPED || !answer->why)
        return -1;
    /* It was refused before anything was done. */
    if (error->failure == CFO_API_LIMITED)
        return asked ? asked : growing * 4;
    if (error->http == 409 && error->failure == CFO_API_REFUSED)
        return number < CONFLICTS ? growing : -1;
    if (number >= REPEATS || !may_pass(call, answer))
        return -1;
    return asked > growing ? asked : growing;
}

const cfo_api_error_t *cfo_call_send(const cfo_call_t *call, json_t **envelope)
{
    apr_time_t end = 0;
    int number;

    for (number = 0;; number++) {
        cfo_answer_t answer;
        const cfo_api_error_t *error = try_once(call, &answer, envelope);
        apr_interval_time_t pause = error ? pause_after(call, error, &answer, number) : 0;
        apr_time_t now = apr_time_now();

        if (!error || pause < 0)
            return error;
        if (error->failure == CFO_API_LIMITED)
            cfo_limit_block(call->api->limit, now + pause);
        if (!end)
            end = now + call->api->patience;
        if (now + pause > end)
            return error;
        if (error->failure != CFO_API_LIMITED && !cfo_stopping_sleep_until(now + pause))
            return error;
    }
}
