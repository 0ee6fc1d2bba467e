/* SPDX-License-Identifier: Apache-2.0 */
/* Structs to JSON and back, by tables of their fields. */
#ifndef CFO_CTL_CHANGE_ROWS_H
#define CFO_CTL_CHANGE_ROWS_H

#include <stddef.h>

#include <jansson.h>

#include "apr_pools.h"
#include "apr_tables.h"

typedef enum {
    CFO_ROW_TEXT,  /* const char *, NULL: null */
    CFO_ROW_INT,   /* int */
    CFO_ROW_TIME,  /* apr_time_t, in microseconds: it must come back exactly */
    CFO_ROW_TEXTS, /* apr_array_header_t * of const char * */
    CFO_ROW_ROWS   /* apr_array_header_t * of structs */
} cfo_row_type_t;

/* A table of them ends with a NULL name. */
typedef struct cfo_row_field_t {
    const char *name;
    cfo_row_type_t type;
    size_t offset;
    const struct cfo_row_field_t *fields; /* ROWS: of each struct, ... */
    size_t size;                          /* ... and its size */
} cfo_row_field_t;

/* A new reference; NULL: no memory, or text that is not UTF-8. */
json_t *cfo_row_write(const cfo_row_field_t *fields, const void *row);

/* Every field must be there, of its type. Returns NULL, or what is wrong. All is copied
 * to `p`; arrays are never NULL. */
const char *cfo_row_read(apr_pool_t *p, const json_t *object,
                         const cfo_row_field_t *fields, void *row);

#endif
