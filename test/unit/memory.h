/* SPDX-License-Identifier: Apache-2.0 */
/* Lets allocations fail: those of OpenSSL, and those of the core that are from malloc().
 * APR's pools never fail: httpd ends a process for which there is no more memory. */
#ifndef CFO_TEST_MEMORY_H
#define CFO_TEST_MEMORY_H

/* The allocation number `first` from now on (1 is the next) fails; with `is_lasting` all
 * after it, too. */
void memory_fail(int first, int is_lasting);

/* All succeed again. Returns whether one has failed. */
int memory_restore(void);

/* Runs `body` with each allocation in it failing, once alone, once with all after it, and
 * then `check` with memory. Ends with a run in which none has failed; returns how many
 * had one. Only the calls of the core belong into `body`. */
int memory_fail_each(void (*body)(void *data), void (*check)(void *data), void *data);

#endif
