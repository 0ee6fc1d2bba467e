/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: whether mod_ssl asks, and where it stands in the way. */
#ifndef CFO_HTTPD_CHECK_TLS_SETTINGS_H
#define CFO_HTTPD_CHECK_TLS_SETTINGS_H

#include "httpd/check/check.h"

void cfo_check_no_tls(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_never_asks(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_verify_per_directory(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_ticket_key_file(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_sni_policy_insecure(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_require_ends_it(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_name_with_two_cas(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_mod_ssl_differs(cfo_checking_t *checking, const cfo_vhost_t *vhost);

#endif
