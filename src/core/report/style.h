/* SPDX-License-Identifier: Apache-2.0 */
/* The style sheet of the status page. */
#ifndef CFO_CORE_REPORT_STYLE_H
#define CFO_CORE_REPORT_STYLE_H

#include "apr_pools.h"

/* The content of the <style> element. */
extern const char cfo_report_style[];

/* The Content-Security-Policy: it allows this style sheet, by its hash, and nothing else:
 * no script, no other resource, no framing. */
const char *cfo_report_style_policy(apr_pool_t *p);

#endif
