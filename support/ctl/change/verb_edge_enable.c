/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge enable: from nothing to a locked zone. */
#include "ctl/change/errand.h"
#include "ctl/change/reconcile.h"
#include "ctl/change/removal.h"

static int work_on_zone(cfo_work_t *work)
{
    cfo_target_t *t = cfo_errand_target(work, CFO_API_FOR_ZONE, work->name, NULL);
    int result = cfo_reconcile(t, NULL);

    return result == CFO_CTL_OK ? cfo_removal_run(t) : result;
}

static int run(cfo_ctl_t *ctl)
{
    return cfo_errand_zones(ctl, "enable", work_on_zone);
}

/* clang-format off */
static const apr_getopt_option_t options[] = {
    CFO_EDGE_OPTIONS,
    CFO_CHANGE_OPTIONS,
    CFO_CHANGE_OPTIONS_ISSUE,
    { "proof", CFO_CHANGE_PROOF, 1, "the file for the CA, if the configuration lacks the zone" },
    { "quiet", CFO_CHANGE_QUIET, 1, "with --take-back: seconds without a use before a proof is removed (86400)" },
    { NULL, 0, 0, NULL },
};
/* clang-format on */

const cfo_ctl_verb_t cfo_ctl_edge_enable = {
    "edge enable",
    "[--dry-run | --take-back] [--state DIR] [--ca FILE --ca-key FILE | --cert FILE --key FILE] "
    "[--proof FILE] [--visit URL] ZONE ...",
    "lock zones: certificate, trust, upload, switch",
    options,
    run,
    0
};
