/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: a line on stderr that says what is being done, and is overwritten. */
#ifndef CFO_CTL_COMMAND_PROGRESS_H
#define CFO_CTL_COMMAND_PROGRESS_H

/* Any thread. Whoever writes to the terminal clears the line first. */
void cfo_progress_show(const char *line);
void cfo_progress_clear(void);

#endif
