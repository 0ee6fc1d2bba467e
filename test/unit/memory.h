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

/* Runs `body` with one allocation in it failing, alone or with all after it, and then
 * `check` with memory; again and again, until none has failed: for one of `step`
 * allocations, or of a sixteenth of it where THOROUGH is set. Returns how many have
 * failed. Only calls of the core belong into `body`. */
int memory_fail_each(int step, void (*body)(void *data), void (*check)(void *data),
                     void *data);

#endif
