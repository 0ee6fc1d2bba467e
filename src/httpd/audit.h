/* SPDX-License-Identifier: Apache-2.0 */
/* One line in the error log for what became of a request. */
#ifndef CFO_HTTPD_AUDIT_H
#define CFO_HTTPD_AUDIT_H

#include "request.h"

/* "shop.example.com:443": ServerName and port, as apachectl -S has them. */
const char *cfo_audit_vhost(apr_pool_t *p, const server_rec *s);

/* CFO0001, at the moment of the refusal; once for each request. */
void cfo_audit_refused(request_rec *r, cfo_request_t *request);

/* log_transaction hook: CFO0002 and CFO0003, when it is known what finally became of the
 * request. */
int cfo_audit_finished(request_rec *r);

#endif
