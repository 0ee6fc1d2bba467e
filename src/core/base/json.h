/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259), value by value. */
#ifndef CFO_CORE_BASE_JSON_H
#define CFO_CORE_BASE_JSON_H

#include "apr_time.h"

#include "core/base/writer.h"

typedef struct {
    const cfo_writer_t *out;
    int has_value; /* the innermost object or array has one, so that a comma is due */
} cfo_json_t;

/* `name` is the member's, a known word, and NULL within an array. */

void cfo_json_open(cfo_json_t *json, const char *name, char bracket); /* { or [ */
void cfo_json_close(cfo_json_t *json, char bracket);

/* NULL becomes null. */
void cfo_json_string(cfo_json_t *json, const char *name, const char *text);

void cfo_json_number(cfo_json_t *json, const char *name, apr_uint64_t number);
void cfo_json_truth(cfo_json_t *json, const char *name, int truth);

/* "2029-11-01T17:00:00Z"; 0 becomes null. */
void cfo_json_time(cfo_json_t *json, const char *name, apr_time_t time);

#endif
