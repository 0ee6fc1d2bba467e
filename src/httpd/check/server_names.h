/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: the names of sites, and the zones that they belong to. */
#ifndef CFO_HTTPD_CHECK_SERVER_NAMES_H
#define CFO_HTTPD_CHECK_SERVER_NAMES_H

#include "httpd/check/check.h"

void cfo_check_name_without_zone(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_no_server_name(cfo_checking_t *checking, const cfo_vhost_t *vhost);
/* Calls `look` for each zone that counts where a certificate is asked for; for those of
 * one table once in a run of a check, however many virtual hosts share it. */
typedef void cfo_check_zone_t(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                              const cfo_zone_t *zone);
void cfo_check_zones(cfo_checking_t *checking, const cfo_vhost_t *vhost,
                     cfo_check_zone_t *look);

void cfo_check_shared_ca(cfo_checking_t *checking, const cfo_vhost_t *vhost);

#endif
