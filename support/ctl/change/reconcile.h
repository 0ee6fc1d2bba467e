/* SPDX-License-Identifier: Apache-2.0 */
/* Looks, decides, does one step, and looks again, until nothing is left. */
#ifndef CFO_CTL_CHANGE_RECONCILE_H
#define CFO_CTL_CHANGE_RECONCILE_H

#include "ctl/change/target.h"

/* Works on a target until its change is made or taken back, or cannot go on. Fills the
 * outcome; returns its exit code. *judged (may be NULL) is set to the host names that its
 * certificate is for. */
int cfo_reconcile(cfo_target_t *t, apr_array_header_t **judged);

#endif
