/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, value by value. */
#include "core/base/json.h"

#include "core/base/text.h"

static void begin(cfo_json_t *json, const char *name)
{
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
    json->has_value = 0;
}

void cfo_json_close(cfo_json_t *json, char bracket)
{
    cfo_write_format(json->out, "%c", bracket);
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

void cfo_json_number(cfo_json_t *json, const char *name, apr_uint64_t number)
{
    begin(json, name);
    cfo_write_format(json->out, "%" APR_UINT64_T_FMT, number);
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
