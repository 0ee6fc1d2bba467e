/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status. */
#include "ctl/command/ctl.h"

static int run(cfo_ctl_t *ctl)
{
    cfo_ctl_problem(ctl, NULL, "not written yet");
    return CFO_CTL_INVALID;
}

static const apr_getopt_option_t options[] = { { NULL, 0, 0, NULL } };

const cfo_ctl_verb_t cfo_ctl_edge_status = { "edge status", "...", "status",
                                             options,       run,   1 };
