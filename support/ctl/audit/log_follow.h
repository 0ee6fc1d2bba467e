/* SPDX-License-Identifier: Apache-2.0 */
/* Reads logs to their end, or follows them like "tail -F". */
#ifndef CFO_CTL_AUDIT_LOG_FOLLOW_H
#define CFO_CTL_AUDIT_LOG_FOLLOW_H

#include <signal.h>

#include "ctl/command/ctl.h"
#include "ctl/audit/log_reader.h"

/* A log by its name. After a rotation, httpd's old processes still write into the old
 * file until they end, so both are read. */
typedef struct {
    const char *name;
    cfo_ctl_reader_t *now;    /* NULL: it could not be opened, which was reported */
    cfo_ctl_reader_t *before; /* the file before the rotation; NULL: none */
    int is_missed;            /* the new file cannot be opened, which was reported */
} cfo_ctl_log_t;

/* Set by a signal handler to stop all reading. */
extern volatile sig_atomic_t cfo_ctl_log_stopped;

/* Opens a log; adds a problem to `ctl` if it cannot. */
cfo_ctl_log_t cfo_ctl_log_open(cfo_ctl_t *ctl, const char *name);

/* Reads to the end; if it is followed, also the file that replaced it, and from a pipe
 * only what is available. Returns 0 if there will be no more. */
int cfo_ctl_log_read(cfo_ctl_t *ctl, cfo_ctl_log_t *log, int is_followed,
                     cfo_ctl_take_line_t *take, void *baton);

/* Takes a last line without a line feed, and closes. */
void cfo_ctl_log_close(cfo_ctl_t *ctl, cfo_ctl_log_t *log, cfo_ctl_take_line_t *take,
                       void *baton);

#endif
