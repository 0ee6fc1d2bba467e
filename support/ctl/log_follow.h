/* SPDX-License-Identifier: Apache-2.0 */
/* Reads logs to their end, or on and on as "tail -F" does. */
#ifndef CFO_CTL_LOG_FOLLOW_H
#define CFO_CTL_LOG_FOLLOW_H

#include <signal.h>

#include "ctl.h"
#include "log_reader.h"

/* A log by its name. After it was renamed, httpd's processes write into the old file
 * until they have been replaced, so that both are read. */
typedef struct {
    const char *name;
    cfo_ctl_reader_t *now;    /* NULL: it could not be opened, which was said */
    cfo_ctl_reader_t *before; /* what it was before; NULL if it never was another */
    int is_missed;            /* what it is now cannot be opened, which was said */
} cfo_ctl_log_t;

/* Stops all reading soon: what a signal handler sets. */
extern volatile sig_atomic_t cfo_ctl_log_stopped;

/* Opens it; what is wrong is a problem of the call. */
cfo_ctl_log_t cfo_ctl_log_open(cfo_ctl_t *ctl, const char *name);

/* Reads what there is; if it is to be followed, what has taken the place of the file too,
 * and of a pipe no more than is there. Returns 0 if nothing can follow. */
int cfo_ctl_log_read(cfo_ctl_t *ctl, cfo_ctl_log_t *log, int is_followed,
                     cfo_ctl_take_line_t *take, void *baton);

/* Takes last lines without an end. */
void cfo_ctl_log_close(cfo_ctl_t *ctl, cfo_ctl_log_t *log, cfo_ctl_take_line_t *take,
                       void *baton);

#endif
