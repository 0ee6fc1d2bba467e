/* SPDX-License-Identifier: Apache-2.0 */
/* How the status page looks. */
#ifndef CFO_CORE_REPORT_STYLE_H
#define CFO_CORE_REPORT_STYLE_H

#include "apr_pools.h"

/* What stands between <style> and </style>. */
extern const char cfo_report_style[];

/* The Content-Security-Policy under which a browser takes that style, by its hash, and
 * nothing else: no script, no other resource, no frame around it. */
const char *cfo_report_style_policy(apr_pool_t *p);

#endif
