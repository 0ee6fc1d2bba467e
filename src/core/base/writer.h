/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is written out piece by piece, so that a long report needs little memory.
 * Foreign text is escaped for its place; bytes that are not UTF-8 become U+FFFD. */
#ifndef CFO_CORE_BASE_WRITER_H
#define CFO_CORE_BASE_WRITER_H

#include "apr_pools.h"

typedef struct {
    void (*write)(void *to, const char *text, apr_size_t length);
    void *to;
} cfo_writer_t;

/* Unchanged. */
void cfo_write(const cfo_writer_t *out, const char *text);

/* As apr_snprintf(), cut after 1,000 bytes: for numbers and known words. */
void cfo_write_format(const cfo_writer_t *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Escaped for HTML text and quoted attributes. NULL writes nothing, here and below. */
void cfo_write_html(const cfo_writer_t *out, const char *text);

/* Escaped for a JSON string (RFC 8259), without the quotes. No control character is
 * written as such. */
void cfo_write_json(const cfo_writer_t *out, const char *text);

/* Escaped for the value of an OpenMetrics label, without the quotes. */
void cfo_write_label(const cfo_writer_t *out, const char *text);

/* "1,234,567" */
void cfo_write_count(const cfo_writer_t *out, apr_uint64_t number);

#endif
