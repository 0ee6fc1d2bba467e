/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration check: reports settings that do not do what the administrator
 * expects. */
#ifndef CFO_HTTPD_CHECK_CONFIG_CHECK_H
#define CFO_HTTPD_CHECK_CONFIG_CHECK_H

#include "httpd.h"

#include "core/live/snapshot.h"
#include "core/log/finding.h"

/* Runs all checks. Returns the findings (of cfo_finding_t, in `p`): server by server, and
 * for each server in the order of the codes. To be called in check_config, test_config or
 * post_config: the configuration was read, and the pool that it was read with still
 * exists. `snapshot` has its zones. */
apr_array_header_t *cfo_config_check_run(apr_pool_t *p, server_rec *main,
                                         const cfo_snapshot_t *snapshot);

/* Runs all checks, and logs each finding as one line of the main server. Returns the
 * findings. */
apr_array_header_t *cfo_config_check_log(apr_pool_t *p, server_rec *main,
                                         const cfo_snapshot_t *snapshot);

#endif
