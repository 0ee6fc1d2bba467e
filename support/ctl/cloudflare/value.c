/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the API's answers. */
#include "ctl/cloudflare/value.h"

#include <string.h>
#include <time.h>

#include "apr_lib.h"
#include "apr_strings.h"

enum { ID_MOST = 64, NUMBER_MOST = 1000000 };

const char *cfo_value_string(apr_pool_t *p, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) ? apr_pstrdup(p, json_string_value(value)) : NULL;
}

int cfo_value_is_id(const char *text)
{
    size_t length = 0;

    while (apr_isalnum(text[length]) || text[length] == '-' || text[length] == '_')
        length++;
    return length && length <= ID_MOST && !text[length];
}

const char *cfo_value_id(apr_pool_t *p, const json_t *object, const char *name)
{
    const char *text = cfo_value_string(p, object, name);

    return text && cfo_value_is_id(text) ? text : NULL;
}

int cfo_value_number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

    return number >= 0 && number <= NUMBER_MOST ? (int)number : -1;
}

/* "Z", or "+02:00": seconds east of Greenwich. Returns 0 for anything else. */
static int read_offset(const char *text, int *seconds)
{
    int sign = *text == '-' ? -1 : 1;

    *seconds = 0;
    if (!strcmp(text, "Z"))
        return 1;
    if ((*text != '+' && *text != '-') || strlen(text) != 6 || text[3] != ':' ||
        !apr_isdigit(text[1]) || !apr_isdigit(text[2]) || !apr_isdigit(text[4]) ||
        !apr_isdigit(text[5]))
        return 0;
    *seconds = sign * (((text[1] - '0') * 10 + text[2] - '0') * 3600 +
                       ((text[4] - '0') * 10 + text[5] - '0') * 60);
    return 1;
}

apr_time_t cfo_value_time(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    struct tm tm = { 0 };
    apr_time_t fraction = 0, unit = APR_USEC_PER_SEC / 10, seconds;
    int offset;

    text = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!text)
        return 0;
    if (*text == '.') {
        for (text++; apr_isdigit(*text); text++, unit /= 10)
            fraction += unit * (*text - '0');
    }
    if (!read_offset(text, &offset))
        return 0;
    seconds = timegm(&tm) - offset;
    return seconds > 0 ? apr_time_from_sec(seconds) + fraction : 0;
}
