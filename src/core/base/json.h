/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259), one object, value by value. */
#ifndef CFO_CORE_BASE_JSON_H
#define CFO_CORE_BASE_JSON_H

#include "apr_tables.h"
#include "apr_time.h"

#include "core/base/writer.h"

typedef struct {
    const cfo_writer_t *out;
    int depth;     /* 0: nothing is written yet */
    int has_value; /* the innermost object or array has one, so a comma is due */
} cfo_json_t;

/* The first value opens the outermost object. `name` is that of a member, and NULL within
 * an array; names are not escaped. */

void cfo_json_open(cfo_json_t *json, const char *name, char bracket); /* { or [ */
void cfo_json_close(cfo_json_t *json, char bracket);                  /* } or ] */

/* NULL becomes null. */
void cfo_json_string(cfo_json_t *json, const char *name, const char *text);

void cfo_json_number(cfo_json_t *json, const char *name, apr_int64_t number);
void cfo_json_truth(cfo_json_t *json, const char *name, int truth);

/* "2029-11-01T17:00:00Z"; 0 becomes null. */
void cfo_json_time(cfo_json_t *json, const char *name, apr_time_t time);

/* Members that are fields of a struct. A table of them ends with a NULL name. */
typedef enum {
    CFO_JSON_STRING, /* const char * */
    CFO_JSON_NUMBER, /* int */
    CFO_JSON_TRUTH,  /* int */
    CFO_JSON_TIME    /* apr_time_t */
} cfo_json_type_t;

typedef struct {
    const char *name;
    cfo_json_type_t type;
    size_t offset;
} cfo_json_field_t;

/* The members of the open object. */
void cfo_json_fields(cfo_json_t *json, const cfo_json_field_t *fields, const void *row);

/* A member that is an array with one object for each struct of `rows`. */
void cfo_json_rows(cfo_json_t *json, const char *name, const cfo_json_field_t *fields,
                   const apr_array_header_t *rows);

/* Closes the outermost object and ends the line; the next value opens another object. */
void cfo_json_end(cfo_json_t *json);

#endif
