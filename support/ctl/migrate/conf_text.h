/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: the text of a configuration file, and its lines. */
#ifndef CFO_CTL_MIGRATE_CONF_TEXT_H
#define CFO_CTL_MIGRATE_CONF_TEXT_H

#include "apr_pools.h"

/* Reads a file of any kind, at most 32 MB, without a byte order mark. Returns NULL and
 * sets *text, or returns why it is no text. */
const char *cfo_conf_slurp(apr_pool_t *p, const char *path, char **text);

/* Cuts the next line, with those that a backslash joins to it, off *rest, in place,
 * without the space around it; adds the number of lines to *number. */
char *cfo_conf_next_line(char **rest, int *number);

#endif
