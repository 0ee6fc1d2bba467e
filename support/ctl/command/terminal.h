/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and sentences of the text output. */
#ifndef CFO_CTL_COMMAND_TERMINAL_H
#define CFO_CTL_COMMAND_TERMINAL_H

#include "apr_pools.h"

/* "1,204,331" */
const char *cfo_ctl_thousands(apr_pool_t *p, apr_uint64_t number);

/* "1 request", "2 requests" */
const char *cfo_ctl_counted(apr_pool_t *p, apr_uint64_t number, const char *noun);

/* Writes a sentence to stdout in lines of about 80 characters: the first line begins with
 * `first`, the others are indented by its length. Text in double quotes is not broken. */
void cfo_ctl_print_wrapped(const char *first, const char *sentence);

#endif
