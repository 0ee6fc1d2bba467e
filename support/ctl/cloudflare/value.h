/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the API's answers, which may be missing or of a wrong type. */
#ifndef CFO_CTL_CLOUDFLARE_VALUE_H
#define CFO_CTL_CLOUDFLARE_VALUE_H

#include <jansson.h>

#include "apr_pools.h"
#include "apr_time.h"

/* A copy of a member that is a string; NULL if it is not. */
const char *cfo_value_string(apr_pool_t *p, const json_t *object, const char *name);

/* Whether it can be an identifier of the API's: letters, digits, "-" and "_". */
int cfo_value_is_id(const char *text);

/* A copy of a member that is an identifier; NULL if it is not. */
const char *cfo_value_id(apr_pool_t *p, const json_t *object, const char *name);

/* A whole number from 0 to a million; -1 if it is not. */
int cfo_value_number(const json_t *object, const char *name);

/* A member that is a time as RFC 3339 has it; 0 if it is not. */
apr_time_t cfo_value_time(const json_t *object, const char *name);

#endif
