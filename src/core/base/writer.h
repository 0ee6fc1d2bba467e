/* SPDX-License-Identifier: Apache-2.0 */
/* Text that goes out as it is made, so that a report takes no memory for its length. What
 * is foreign is escaped for the place it comes to; what is no UTF-8 in it becomes U+FFFD.
 */
#ifndef CFO_CORE_BASE_WRITER_H
#define CFO_CORE_BASE_WRITER_H

#include "apr_pools.h"

typedef struct {
    void (*write)(void *to, const char *text, apr_size_t length);
    void *to;
} cfo_writer_t;

/* As it is. */
void cfo_write(const cfo_writer_t *out, const char *text);

/* As apr_snprintf() has it, cut after 1,000 bytes: for numbers and known words. */
void cfo_write_format(const cfo_writer_t *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fit for HTML's text and quoted attributes. NULL is nothing. */
void cfo_write_html(const cfo_writer_t *out, const char *text);

/* Fit for a string of JSON (RFC 8259), without the quotes. */
void cfo_write_json(const cfo_writer_t *out, const char *text);

/* Fit for the value of a label of OpenMetrics, without the quotes. */
void cfo_write_label(const cfo_writer_t *out, const char *text);

/* "1,234,567" */
void cfo_write_count(const cfo_writer_t *out, apr_uint64_t number);

#endif
