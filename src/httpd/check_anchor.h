/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: whether mod_ssl lets the certificates of the zones come through.
 */
#ifndef CFO_HTTPD_CHECK_ANCHOR_H
#define CFO_HTTPD_CHECK_ANCHOR_H

#include "check.h"

void cfo_check_ca_file_unfit(cfo_checking_t *checking, const cfo_site_t *site);
void cfo_check_depth_too_small(cfo_checking_t *checking, const cfo_site_t *site);

#endif
