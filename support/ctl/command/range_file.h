/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: files of address ranges. */
#ifndef CFO_CTL_COMMAND_RANGE_FILE_H
#define CFO_CTL_COMMAND_RANGE_FILE_H

#include "core/net/ranges.h"
#include "ctl/command/ctl.h"

/* Reads a file, or all of the standard input. Returns NULL, or the error. */
const char *cfo_ctl_range_text(cfo_ctl_t *ctl, const char *name, const char **text,
                               apr_size_t *length);

/* Reports ranges that Cloudflare does not publish any more as a problem of `ctl`: only a
 * warning, since the list may be in use. */
void cfo_ctl_warn_of_retired(cfo_ctl_t *ctl, const char *name,
                             const apr_array_header_t *ranges);

/* cf-originctl ranges --convert: prints the ranges of all operands as a list that the
 * module reads, or nothing if one of them is not understood. Returns an exit code. */
int cfo_ctl_convert_ranges(cfo_ctl_t *ctl);

#endif
