/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: files that are read as a whole. */
#ifndef CFO_CTL_COMMAND_INPUT_H
#define CFO_CTL_COMMAND_INPUT_H

#include "apr_pools.h"

/* Reads a file of at most `most` bytes as the module does, but also the standard input
 * and what a shell passes as <(command). The text ends in a NUL. Returns NULL, or the
 * error. */
const char *cfo_ctl_input_read(apr_pool_t *p, const char *name, apr_size_t most,
                               const char **text, apr_size_t *length);

#endif
