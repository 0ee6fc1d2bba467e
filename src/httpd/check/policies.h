/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: what the policy of a site leaves open. */
#ifndef CFO_HTTPD_CHECK_POLICIES_H
#define CFO_HTTPD_CHECK_POLICIES_H

#include "httpd/check/check.h"

void cfo_check_plain_twin(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_cache_before_gate(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_directory_only(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_ip_alone(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_roll_out_setting(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_protocol_unsafe(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_mod_evasive(cfo_checking_t *checking, const cfo_vhost_t *vhost);

#endif
