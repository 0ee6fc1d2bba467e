/* SPDX-License-Identifier: Apache-2.0 */
/* Text that an editor saved as UTF-16 ("Unicode"), which no program here reads. */
#ifndef CFO_CORE_BASE_UTF16_H
#define CFO_CORE_BASE_UTF16_H

#include "apr_pools.h"

/* Whether a text is UTF-16: it has a byte order mark, or every other byte at its
 * beginning is NUL. */
int cfo_utf16_is(const char *text, apr_size_t length);

/* The ASCII characters of such a text, with a NUL at the end; other characters become a
 * question mark. */
const char *cfo_utf16_to_ascii(apr_pool_t *p, const char *text, apr_size_t length,
                               apr_size_t *ascii_length);

/* Removes a byte order mark of UTF-8, if there is one. */
void cfo_utf8_skip_mark(const char **text, apr_size_t *length);

#endif
