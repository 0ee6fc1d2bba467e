/* SPDX-License-Identifier: Apache-2.0 */
/* Runs httpd for its dump. */
#ifndef CFO_CTL_ORIGIN_HTTPD_RUN_H
#define CFO_CTL_ORIGIN_HTTPD_RUN_H

#include "apr_pools.h"

enum { CFO_DUMP_MOST = 128 * 1024 * 1024 };

/* Runs `command` (words as in a shell; NULL: the first of apache2ctl, apachectl, httpd,
 * apache2 in PATH or where packages have them) with "-t -D DUMP_CF_ORIGIN". Returns NULL
 * and sets *text (which ends in a NUL) to its standard output, or returns the reason. */
const char *cfo_httpd_run(apr_pool_t *p, const char *command, char **text,
                          apr_size_t *length);

#endif
