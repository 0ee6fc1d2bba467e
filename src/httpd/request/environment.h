/* SPDX-License-Identifier: Apache-2.0 */
/* The variables that tell CGI scripts, expressions and logs about the verdict. */
#ifndef CFO_HTTPD_REQUEST_ENVIRONMENT_H
#define CFO_HTTPD_REQUEST_ENVIRONMENT_H

#include "httpd.h"

#include "httpd/request/parts.h"

/* At startup: a table with all names, for cfo_environment_set(). */
apr_table_t *cfo_environment_prepare(apr_pool_t *p);

/* Sets those that have a value. `is_fresh`: no module has set variables of this request
 * before. */
void cfo_environment_set(request_rec *r, const cfo_part_t *part, int is_fresh);

#endif
