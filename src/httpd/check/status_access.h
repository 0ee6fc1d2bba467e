/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: who gets to see the status page. */
#ifndef CFO_HTTPD_CHECK_STATUS_ACCESS_H
#define CFO_HTTPD_CHECK_STATUS_ACCESS_H

#include "httpd/check/check.h"

void cfo_check_status_open(cfo_checking_t *checking, const cfo_vhost_t *vhost);

#endif
