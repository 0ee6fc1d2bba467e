/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the error log about requests. */
#ifndef CFO_HTTPD_REQUEST_REQUEST_LOG_H
#define CFO_HTTPD_REQUEST_REQUEST_LOG_H

#include "httpd/request/parts.h"

/* CFO0001, when the request is refused; once for each request. */
void cfo_request_log_refused(request_rec *r, cfo_request_t *request);

/* CFO0111 and CFO0112: a subrequest or an error page was refused, or would be; the
 * request goes on without it. `part` is the part whose verdict holds for it. */
void cfo_request_log_part(request_rec *r, const cfo_part_t *part, int is_refused);

/* CFO0137 and CFO0140 for a proof or a certificate that was used for the first time;
 * after cfo_facts_collect(). */
void cfo_request_log_first(request_rec *r, const cfo_request_t *request);

/* log_transaction hook, when the final result of the request is known, before those of
 * modules that log its headers: counts the request and logs CFO0002, CFO0003 and CFO0110.
 */
int cfo_request_log_finished(request_rec *r);

#endif
