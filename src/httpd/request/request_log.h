/* SPDX-License-Identifier: Apache-2.0 */
/* One line in the error log for what became of a request. */
#ifndef CFO_HTTPD_REQUEST_REQUEST_LOG_H
#define CFO_HTTPD_REQUEST_REQUEST_LOG_H

#include "httpd/request/request.h"

/* "shop.example.com:443": ServerName and port, as apachectl -S has them. */
const char *cfo_vhost_name(apr_pool_t *p, const server_rec *s);

/* CFO0001, at the moment of the refusal; once for each request. */
void cfo_request_log_refused(request_rec *r, cfo_request_t *request);

/* CFO0111 and CFO0112: a subrequest or an error page was refused, or would be; the
 * request goes on without it. `part` is what holds for it. */
void cfo_request_log_part(request_rec *r, const cfo_part_t *part, int is_refused);

/* CFO0137: a proof of a zone was used for the first time ever. */
void cfo_request_log_first_use(request_rec *r, const cfo_zone_t *zone,
                               const cfo_proof_t *proof);

/* log_transaction hook: CFO0002, CFO0003 and CFO0110, when it is known what finally
 * became of the request, which is counted. */
int cfo_request_log_finished(request_rec *r);

#endif
