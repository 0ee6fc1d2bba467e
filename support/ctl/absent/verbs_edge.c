/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge, in a build without libcurl and jansson. */
#include "ctl/command/ctl.h"

static int run(cfo_ctl_t *ctl)
{
    cfo_ctl_problem(ctl, NULL,
                    "edge is not in this build: it was made without libcurl and jansson. "
                    "Install their headers (Debian: libcurl4-openssl-dev and "
                    "libjansson-dev; Fedora: libcurl-devel and jansson-devel), then run "
                    "./configure and make again");
    return CFO_CTL_INVALID;
}

#define ABSENT "not in this build, which was made without libcurl and jansson"

/* Without a list of options: whatever is asked, the answer is the same. */
const cfo_ctl_verb_t
    cfo_ctl_edge_status = { "edge status", "...", ABSENT, NULL, run, 1 },
    cfo_ctl_edge_enable = { "edge enable", "...", ABSENT, NULL, run, 0 },
    cfo_ctl_edge_rotate = { "edge rotate", "...", ABSENT, NULL, run, 0 },
    cfo_ctl_edge_disable = { "edge disable", "...", ABSENT, NULL, run, 0 },
    cfo_ctl_edge_hostname = { "edge hostname", "...", ABSENT, NULL, run, 0 };
