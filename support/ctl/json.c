/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: one JSON object on a stream. (APR-util has an encoder from 1.7 on only.)
 */
#include "json.h"

#include "core/base/utf8.h"

static void begin(cfo_ctl_json_t *json, const char *name)
{
    if (!json->depth) {
        fputc('{', json->out);
        json->depth = 1;
    }
    else if (json->has_value)
        fputc(',', json->out);
    json->has_value = 1;
    if (name)
        fprintf(json->out, "\"%s\":", name);
}

void cfo_ctl_json_open(cfo_ctl_json_t *json, const char *name, char bracket)
{
    begin(json, name);
    fputc(bracket, json->out);
    json->depth++;
    json->has_value = 0;
}

void cfo_ctl_json_close(cfo_ctl_json_t *json, char bracket)
{
    fputc(bracket, json->out);
    json->depth--;
    json->has_value = 1;
}

static int write_character(FILE *out, const unsigned char *s)
{
    int length = cfo_utf8_length((const char *)s);

    if (!length) {
        fputs("\\ufffd", out);
        return 1;
    }
    if (*s == '"' || *s == '\\')
        fprintf(out, "\\%c", *s);
    else if (*s < ' ' || *s == 0x7f)
        fprintf(out, "\\u%04x", *s);
    else if (*s == 0xc2 && s[1] < 0xa0)
        fprintf(out, "\\u%04x", s[1]);
    else
        fwrite(s, 1, (size_t)length, out);
    return length;
}

void cfo_ctl_json_string(cfo_ctl_json_t *json, const char *name, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    begin(json, name);
    if (!s) {
        fputs("null", json->out);
        return;
    }
    fputc('"', json->out);
    while (*s)
        s += write_character(json->out, s);
    fputc('"', json->out);
}

void cfo_ctl_json_number(cfo_ctl_json_t *json, const char *name, apr_int64_t number)
{
    begin(json, name);
    fprintf(json->out, "%" APR_INT64_T_FMT, number);
}

void cfo_ctl_json_truth(cfo_ctl_json_t *json, const char *name, int truth)
{
    begin(json, name);
    fputs(truth ? "true" : "false", json->out);
}

void cfo_ctl_json_end(cfo_ctl_json_t *json)
{
    if (!json->depth)
        fputc('{', json->out);
    fputs("}\n", json->out);
    json->depth = json->has_value = 0;
}
