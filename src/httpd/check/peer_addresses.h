/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: who connects, and whose address counts. */
#ifndef CFO_HTTPD_CHECK_PEER_ADDRESSES_H
#define CFO_HTTPD_CHECK_PEER_ADDRESSES_H

#include "httpd/check/check.h"

void cfo_check_remoteip_header(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_balancer_unlisted(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_balancer_unheard(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_early_drop_beside(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_early_drop_exempt_path(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_early_drop_all(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_early_drop_idle(cfo_checking_t *checking, const cfo_vhost_t *vhost);

#endif
