/* SPDX-License-Identifier: Apache-2.0 */
/* Files that administrators write: read whole or not at all. */
#ifndef CFO_CORE_INPUT_FILE_H
#define CFO_CORE_INPUT_FILE_H

#include "apr_pools.h"

enum { CFO_INPUT_FILE_MOST = 16 * 1024 * 1024 }; /* bytes */

/* Reads a regular file (links are followed) and sets *text, which ends in a NUL that
 * *length does not count. Returns NULL, or why it cannot be read. */
const char *cfo_input_file_read(apr_pool_t *p, const char *path, const char **text,
                                apr_size_t *length);

#endif
