/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files that administrators write, completely or not at all. */
#ifndef CFO_CORE_LIVE_INPUT_FILE_H
#define CFO_CORE_LIVE_INPUT_FILE_H

#include "apr_pools.h"

/* Reads a regular file (links are followed) of at most `most` bytes and sets *text, which
 * ends in a NUL that *length does not count. Returns NULL, or the error. */
const char *cfo_input_file_read(apr_pool_t *p, const char *path, apr_size_t most,
                                const char **text, apr_size_t *length);

#endif
