/* SPDX-License-Identifier: Apache-2.0 */
/* Structs to JSON and back, by tables of their fields. */
#include "ctl/change/rows.h"

#include <limits.h>

#include "apr_strings.h"
#include "apr_time.h"

/* clang-format off */
#define AT(type, row, field) (*(type *)((char *)(row) + (field)->offset))
#define CONST_AT(type, row, field) (*(type const *)((const char *)(row) + (field)->offset))
/* clang-format on */

static json_t *write_array(const cfo_row_field_t *field, const apr_array_header_t *array)
{
    json_t *all = json_array();
    int i;

    for (i = 0; all && array && i < array->nelts; i++) {
        json_t *one =
            field->type == CFO_ROW_TEXTS
                ? json_string(APR_ARRAY_IDX(array, i, const char *))
                : cfo_row_write(field->fields, array->elts + (size_t)i * array->elt_size);

        if (json_array_append_new(all, one)) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

static json_t *write_field(const cfo_row_field_t *field, const void *row)
{
    const char *text;

    switch (field->type) {
    case CFO_ROW_TEXT:
        text = CONST_AT(const char *, row, field);
        return text ? json_string(text) : json_null();
    case CFO_ROW_INT:
        return json_integer(CONST_AT(int, row, field));
    case CFO_ROW_TIME:
        return json_integer(CONST_AT(apr_time_t, row, field));
    default:
        return write_array(field, CONST_AT(apr_array_header_t *, row, field));
    }
}

json_t *cfo_row_write(const cfo_row_field_t *fields, const void *row)
{
    json_t *object = json_object();

    for (; object && fields->name; fields++) {
        if (json_object_set_new(object, fields->name, write_field(fields, row))) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static const char *read_array(apr_pool_t *p, const json_t *value,
                              const cfo_row_field_t *field, apr_array_header_t **array)
{
    const char *wrong = NULL;
    size_t i;

    if (!json_is_array(value))
        return "is no array";
    *array = apr_array_make(p, 4,
                            field->type == CFO_ROW_TEXTS ? (int)sizeof(const char *)
                                                         : (int)field->size);
    for (i = 0; !wrong && i < json_array_size(value); i++) {
        const json_t *one = json_array_get(value, i);

        if (field->type == CFO_ROW_ROWS)
            wrong = cfo_row_read(p, one, field->fields, apr_array_push(*array));
        else if (json_is_string(one))
            APR_ARRAY_PUSH(*array, const char *) = apr_pstrdup(p, json_string_value(one));
        else
            wrong = "has a value that is no text";
    }
    return wrong;
}

static const char *read_number(const json_t *value, const cfo_row_field_t *field,
                               void *row)
{
    json_int_t number;

    if (!json_is_integer(value))
        return "is no whole number";
    number = json_integer_value(value);
    if (field->type == CFO_ROW_TIME)
        AT(apr_time_t, row, field) = number;
    else if (number < INT_MIN || number > INT_MAX)
        return "is too large";
    else
        AT(int, row, field) = (int)number;
    return NULL;
}

static const char *read_field(apr_pool_t *p, const json_t *value,
                              const cfo_row_field_t *field, void *row)
{
    if (!value)
        return "is missing";
    if (field->type == CFO_ROW_INT || field->type == CFO_ROW_TIME)
        return read_number(value, field, row);
    if (field->type != CFO_ROW_TEXT)
        return read_array(p, value, field, &AT(apr_array_header_t *, row, field));
    if (!json_is_string(value) && !json_is_null(value))
        return "is no text";
    AT(const char *, row, field) =
        json_is_null(value) ? NULL : apr_pstrdup(p, json_string_value(value));
    return NULL;
}

const char *cfo_row_read(apr_pool_t *p, const json_t *object,
                         const cfo_row_field_t *fields, void *row)
{
    if (!json_is_object(object))
        return "has a value that is no object";
    for (; fields->name; fields++) {
        const char *wrong =
            read_field(p, json_object_get(object, fields->name), fields, row);

        if (wrong)
            return apr_psprintf(p, "\"%s\" %s", fields->name, wrong);
    }
    return NULL;
}
