/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of other modules about requests that httpd refused after, or before, the module
 * judged them. */
#ifndef CFO_CTL_AUDIT_LOG_DENIAL_H
#define CFO_CTL_AUDIT_LOG_DENIAL_H

#include <stddef.h>

/* Every such line contains one of these. They are long, and no other line has them, so
 * that the search for them costs little. */
#define CFO_DENIAL_MARK "client denied by server configuration: "
#define CFO_DENIAL_SNI_MARK " provided via HTTP have no compatible SSL setup"

typedef enum {
    CFO_DENIAL_FORBIDDEN,  /* 403: AH01630 of mod_authz_core, AH01797 of access_compat */
    CFO_DENIAL_MISDIRECTED /* 421: AH02032 of mod_ssl */
} cfo_ctl_denial_kind_t;

/* Which request a line belongs to, as far as its format tells: "" if it does not. */
typedef struct {
    char process[24];
    char thread[24];
    char client[72]; /* with its port, as written */
} cfo_ctl_line_front_t;

typedef struct {
    cfo_ctl_denial_kind_t kind;
    size_t front; /* the length of the line before the message */
    cfo_ctl_line_front_t of;
    char what[256]; /* 403: the file or URL, cut at its begin; 421: the name in the SNI */
    char other[256]; /* 421: the name in the request */
} cfo_ctl_denial_t;

/* Reads what httpd's default ErrorLogFormat, those of the manual, or a collector of logs
 * puts before a message. */
void cfo_ctl_line_front(const char *line, size_t length, cfo_ctl_line_front_t *front);

/* Returns 0 if it is no such line, or if another module wrote it: then it may be text of
 * a client. */
int cfo_ctl_denial_read(const char *line, size_t length, cfo_ctl_denial_t *denial);

#endif
