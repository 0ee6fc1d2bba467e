/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration check: whether the certificates of the zones can prove them, and mod_ssl
 * lets them come through. */
#ifndef CFO_HTTPD_CHECK_CA_FILES_H
#define CFO_HTTPD_CHECK_CA_FILES_H

#include "httpd/check/check.h"

void cfo_check_ca_file_unfit(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_depth_too_small(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_proof_unfit(cfo_checking_t *checking, const cfo_vhost_t *vhost);
void cfo_check_ca_taken_for_leaf(cfo_checking_t *checking, const cfo_vhost_t *vhost);

#endif
