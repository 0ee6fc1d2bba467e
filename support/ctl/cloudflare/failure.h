/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong with a call, in words. */
#ifndef CFO_CTL_CLOUDFLARE_FAILURE_H
#define CFO_CTL_CLOUDFLARE_FAILURE_H

#include <jansson.h>

#include "ctl/cloudflare/client.h"

/* There is no answer. */
const cfo_api_error_t *cfo_failure_unreachable(const cfo_call_t *call,
                                               const cfo_answer_t *answer);

/* The answer is not the API's; `why` NULL: it is not JSON. */
const cfo_api_error_t *cfo_failure_foreign(const cfo_call_t *call,
                                           const cfo_answer_t *answer, const char *why);

/* The API says no. `envelope` NULL: there is none to read. */
const cfo_api_error_t *cfo_failure_refused(const cfo_call_t *call,
                                           const cfo_answer_t *answer, json_t *envelope);

/* The answer is the API's, but lacks something. */
const cfo_api_error_t *cfo_failure_broken(const cfo_call_t *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* There is no such thing. */
const cfo_api_error_t *cfo_failure_absent(apr_pool_t *p, const char *reason,
                                          const char *remedy);

/* It was not sent: a value that cannot be one of the API's. */
const cfo_api_error_t *cfo_failure_unsent(apr_pool_t *p, const char *reason);

/* It was not sent either: the API has asked to wait for longer than anybody wants to. */
const cfo_api_error_t *cfo_failure_limited(const cfo_call_t *call,
                                           apr_interval_time_t wait);

const cfo_api_error_t *cfo_failure_stopped(const cfo_call_t *call);

#endif
