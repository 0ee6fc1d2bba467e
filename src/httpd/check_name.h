/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: the names of sites, and the zones that they belong to. */
#ifndef CFO_HTTPD_CHECK_NAME_H
#define CFO_HTTPD_CHECK_NAME_H

#include "check.h"

void cfo_check_name_without_zone(cfo_checking_t *checking, const cfo_site_t *site);
void cfo_check_no_server_name(cfo_checking_t *checking, const cfo_site_t *site);
void cfo_check_shared_ca(cfo_checking_t *checking, const cfo_site_t *site);

#endif
