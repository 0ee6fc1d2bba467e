/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, value by value. (Only APR-util 1.7 and later has an encoder.) */
#include "core/base/json.h"

#include "core/base/text.h"

static void begin_object(cfo_json_t *json)
{
    if (json->depth)
        return;
    cfo_write(json->out, "{");
    json->depth = 1;
}

static void begin(cfo_json_t *json, const char *name)
{
    begin_object(json);
    if (json->has_value)
        cfo_write(json->out, ",");
    json->has_value = 1;
    if (name)
        cfo_write_format(json->out, "\"%s\":", name);
}

void cfo_json_open(cfo_json_t *json, const char *name, char bracket)
{
    begin(json, name);
    cfo_write_format(json->out, "%c", bracket);
    json->depth++;
    json->has_value = 0;
}

void cfo_json_close(cfo_json_t *json, char bracket)
{
    cfo_write_format(json->out, "%c", bracket);
    json->depth--;
    json->has_value = 1;
}

void cfo_json_string(cfo_json_t *json, const char *name, const char *text)
{
    begin(json, name);
    cfo_write(json->out, text ? "\"" : "null");
    cfo_write_json(json->out, text);
    if (text)
        cfo_write(json->out, "\"");
}

void cfo_json_number(cfo_json_t *json, const char *name, apr_int64_t number)
{
    begin(json, name);
    cfo_write_format(json->out, "%" APR_INT64_T_FMT, number);
}

void cfo_json_truth(cfo_json_t *json, const char *name, int truth)
{
    begin(json, name);
    cfo_write(json->out, truth ? "true" : "false");
}

void cfo_json_time(cfo_json_t *json, const char *name, apr_time_t time)
{
    char text[CFO_TEXT_TIME_SIZE];

    if (time)
        cfo_text_time_print(text, time);
    cfo_json_string(json, name, time ? text : NULL);
}

void cfo_json_fields(cfo_json_t *json, const cfo_json_field_t *fields, const void *row)
{
    for (; fields->name; fields++) {
        const void *value = (const char *)row + fields->offset;

        switch (fields->type) {
        case CFO_JSON_STRING:
            cfo_json_string(json, fields->name, *(const char *const *)value);
            break;
        case CFO_JSON_NUMBER:
            cfo_json_number(json, fields->name, *(const int *)value);
            break;
        case CFO_JSON_TRUTH:
            cfo_json_truth(json, fields->name, *(const int *)value);
            break;
        case CFO_JSON_TIME:
            cfo_json_time(json, fields->name, *(const apr_time_t *)value);
        }
    }
}

void cfo_json_rows(cfo_json_t *json, const char *name, const cfo_json_field_t *fields,
                   const apr_array_header_t *rows)
{
    int i;

    cfo_json_open(json, name, '[');
    for (i = 0; i < rows->nelts; i++) {
        cfo_json_open(json, NULL, '{');
        cfo_json_fields(json, fields, rows->elts + (size_t)i * (size_t)rows->elt_size);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

void cfo_json_end(cfo_json_t *json)
{
    begin_object(json);
    cfo_write(json->out, "}\n");
    json->depth = json->has_value = 0;
}
