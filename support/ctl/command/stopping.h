/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: SIGINT and SIGTERM, for verbs that must not end in the middle of a
 * change. */
#ifndef CFO_CTL_COMMAND_STOPPING_H
#define CFO_CTL_COMMAND_STOPPING_H

#include "apr_time.h"

/* From now on, the first of these signals is only noted, and the second one ends the
 * process as usual. */
void cfo_stopping_catch(void);

/* The signal that was noted; 0: none. Any thread. */
int cfo_stopping(void);

/* Sleeps until `time`, or until such a signal comes. Returns whether it is that late. */
int cfo_stopping_sleep_until(apr_time_t time);

#endif
