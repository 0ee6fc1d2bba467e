/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: time stamps in logs. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strptime(), memmem() */
#endif
#include "ctl/audit/log_time.h"

#include <string.h>
#include <time.h>

#include "apr_lib.h"

/* FRONT_MOST: the most text that is searched for a time stamp. */
enum { FRONT_MOST = 255, DAY = 86400, HOUR = 3600 };

static apr_time_t from_local(cfo_ctl_hour_t *hour, struct tm *tm)
{
    apr_time_t rest = apr_time_from_sec(tm->tm_min * 60 + tm->tm_sec);
    struct tm start = *tm;
    time_t seconds;

    if (hour->start && hour->year == tm->tm_year && hour->day == tm->tm_yday &&
        hour->hour == tm->tm_hour)
        return hour->start + rest;
    start.tm_isdst = -1;
    start.tm_min = start.tm_sec = 0;
    seconds = mktime(&start);
    if (seconds <= 0)
        return 0;
    *hour = (cfo_ctl_hour_t){ tm->tm_year, tm->tm_yday, tm->tm_hour,
                              apr_time_from_sec(seconds) };
    return hour->start + rest;
}

static const char *skip_fraction(const char *text)
{
    if ((*text != '.' && *text != ',') || !apr_isdigit(text[1]))
        return text;
    for (text++; apr_isdigit(*text);)
        text++;
    return text;
}

#define WEEKDAY "MonTueWedThuFriSatSun"

/* "[Wed Nov 25 15:51:53.842457 2026]" */
static apr_time_t read_default(cfo_ctl_hour_t *hour, const char *text)
{
    struct tm tm = { 0 };

    for (text = strchr(text, '['); text; text = strchr(text, '[')) {
        const char *end = NULL;

        if (strspn(++text, WEEKDAY) == 3 && text[3] == ' ')
            end = strptime(text + 4, "%b %d %H:%M:%S", &tm);
        if (end)
            end = strptime(skip_fraction(end), " %Y", &tm);
        if (end && *end == ']')
            return from_local(hour, &tm);
    }
    return 0;
}

/* "Z", "+01:00", "+0100"; returns 0 if there is none and the time is local. */
static int read_zone(const char *text, int *seconds)
{
    int i, digits[4];

    *seconds = 0;
    if (*text == 'Z')
        return 1;
    if (*text != '+' && *text != '-')
        return 0;
    for (i = 0; i < 4; i++) {
        const char *digit = text + 1 + i + (i > 1 && text[3] == ':');

        if (!apr_isdigit(*digit))
            return 0;
        digits[i] = *digit - '0';
    }
    *seconds = (digits[0] * 10 + digits[1]) * HOUR + (digits[2] * 10 + digits[3]) * 60;
    if (*text == '-')
        *seconds = -*seconds;
    return 1;
}

/* "2026-11-25T15:51:53.842457Z", and with a space, which is httpd's %{cu}t. */
static apr_time_t read_iso(cfo_ctl_hour_t *hour, const char *text)
{
    struct tm tm = { 0 };
    const char *end;
    int seconds;

    if (strspn(text, "0123456789") != 4 || text[4] != '-')
        return 0;
    end = strptime(text, "%Y-%m-%d", &tm);
    if (!end || (*end != 'T' && *end != ' '))
        return 0;
    end = strptime(end + 1, "%H:%M:%S", &tm);
    if (!end)
        return 0;
    if (!read_zone(skip_fraction(end), &seconds))
        return from_local(hour, &tm);
    return apr_time_from_sec(timegm(&tm) - seconds);
}

static apr_time_t find_iso(cfo_ctl_hour_t *hour, const char *text)
{
    const char *c;

    for (c = text; *c; c++) {
        apr_time_t time = 0;

        if (apr_isdigit(*c) && (c == text || !apr_isalnum(c[-1])))
            time = read_iso(hour, c);
        if (time)
            return time;
    }
    return 0;
}

/* "Nov 25 15:51:53" at the beginning, or after a priority: "<133>". */
static apr_time_t read_syslog(cfo_ctl_hour_t *hour, const char *text)
{
    apr_time_t now = apr_time_now(), time;
    apr_time_exp_t today;
    struct tm tm = { 0 };
    int i;

    if (*text == '<' && strchr(text, '>'))
        text = strchr(text, '>') + 1;
    apr_time_exp_lt(&today, now);
    for (i = 0; i < 2; i++) {
        tm.tm_year = today.tm_year - i;
        if (!strptime(text, "%b %d %H:%M:%S", &tm))
            return 0;
        time = from_local(hour, &tm);
        if (time <= now + apr_time_from_sec(DAY))
            return time;
    }
    return 0;
}

/* In a JSON object, a quotation mark and a colon end a member name. */
static apr_time_t read_member(cfo_ctl_hour_t *hour, const char *text, size_t length)
{
    const char *end = text + length;

    while ((text = memmem(text, end - text, "\":", 2))) {
        char value[40] = "";
        apr_time_t time;
        size_t left;

        text += 2;
        while (text < end && (*text == ' ' || *text == '"'))
            text++;
        left = (size_t)(end - text);
        memcpy(value, text, left < sizeof value - 1 ? left : sizeof value - 1);
        time = read_iso(hour, value);
        if (time)
            return time;
    }
    return 0;
}

apr_time_t cfo_ctl_log_time(cfo_ctl_hour_t *hour, const char *line, size_t front,
                            size_t length)
{
    char text[FRONT_MOST + 1];
    size_t size = front < FRONT_MOST ? front : FRONT_MOST;
    apr_time_t time;

    memcpy(text, line, size);
    text[size] = '\0';
    time = read_default(hour, text);
    if (!time)
        time = find_iso(hour, text);
    if (!time)
        time = read_syslog(hour, text);
    if (!time && *text == '{')
        time = read_member(hour, line + front, length - front);
    return time;
}
