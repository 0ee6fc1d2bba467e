/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings of certificates that expire. */
#ifndef CFO_HTTPD_EXPIRY_H
#define CFO_HTTPD_EXPIRY_H

#include "httpd.h"

/* Logs CFO0140 and CFO0141 by the snapshot in force. `p` is for temporary use. */
void cfo_expiry_log(apr_pool_t *p, const server_rec *main);

#endif
