/* SPDX-License-Identifier: Apache-2.0 */
/* apachectl -t -D DUMP_CF_ORIGIN: prints the settings in effect, and where each is set.
 */
#ifndef CFO_HTTPD_CHECK_DUMP_H
#define CFO_HTTPD_CHECK_DUMP_H

#include "httpd.h"

/* test_config hook: prints to standard output if DUMP_CF_ORIGIN is defined. */
void cfo_dump(apr_pool_t *p, server_rec *main);

#endif
