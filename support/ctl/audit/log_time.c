/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: time stamps in logs. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include "ctl/audit/log_time.h"

#include <string.h>
#include <time.h>

#include "apr_lib.h"

/* FRONT_MOST: the most text that is searched for a time stamp. */
enum { FRONT_MOST = 255, DAY = 86400, HOUR = 3600 };

/* The readers below accept what strptime() accepts in the C locale, but for names of
 * months that are not spelled as httpd and syslog spell them, and white space that is no
 * space, and return NULL for anything else. It takes ten times as long. */

/* At most `digits` of them; spaces before them do not matter. */
static const char *read_number(const char *text, int digits, int least, int most,
                               int *number)
{
    int value = 0;

    while (*text == ' ')
        text++;
    if (!apr_isdigit(*text))
        return NULL;
    for (; digits && apr_isdigit(*text) && value * 10 <= most; digits--)
        value = value * 10 + (*text++ - '0');
    *number = value;
    return value >= least && value <= most ? text : NULL;
}

static const char *read_char(const char *text, char c)
{
    return text && *text == c ? text + 1 : NULL;
}

/* "15:51:53"; a leap second may be 60 or 61. */
static const char *read_clock(const char *text, struct tm *tm)
{
    text = read_char(read_number(text, 2, 0, 23, &tm->tm_hour), ':');
    text = text ? read_char(read_number(text, 2, 0, 59, &tm->tm_min), ':') : NULL;
    return text ? read_number(text, 2, 0, 61, &tm->tm_sec) : NULL;
}

/* "Nov 25 15:51:53" */
static const char *read_day(const char *text, struct tm *tm)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *month = months;

    while (*month && (text[0] != month[0] || text[1] != month[1] || text[2] != month[2]))
        month += 3;
    if (!*month)
        return NULL;
    tm->tm_mon = (int)(month - months) / 3;
    text = read_number(text + 3, 2, 1, 31, &tm->tm_mday);
    return text ? read_clock(text, tm) : NULL;
}

static const char *read_year(const char *text, struct tm *tm)
{
    text = read_number(text, 4, 0, 9999, &tm->tm_year);
    tm->tm_year -= 1900;
    return text;
}

/* When a local hour began; 0 if it is before 1970. In an hour that the clock passes
 * twice, or skips, glibc's mktime() goes on with the offset of its last call. So that the
 * order of lines does not matter, that is the offset of the day before, as it is in a log
 * whose lines are in order. */
static apr_time_t begin_of_hour(const struct tm *tm)
{
    struct tm start = *tm, before;
    time_t seconds;

    start.tm_isdst = -1;
    start.tm_min = start.tm_sec = 0;
    before = start;
    before.tm_mday--;
    mktime(&before);
    seconds = mktime(&start);
    return seconds > 0 ? apr_time_from_sec(seconds) : 0;
}

static apr_time_t from_local(cfo_ctl_hours_t *hours, const struct tm *tm)
{
    int number = ((tm->tm_year * 12 + tm->tm_mon) * 31 + tm->tm_mday) * 24 + tm->tm_hour;
    cfo_ctl_hour_t *hour = &hours->hour[(unsigned)number % CFO_CTL_HOURS];

    if (!hour->start || hour->number != number)
        *hour = (cfo_ctl_hour_t){ number, begin_of_hour(tm) };
    if (!hour->start)
        return 0;
    return hour->start + apr_time_from_sec(tm->tm_min * 60 + tm->tm_sec);
}

/* A time of a zone that is `offset` seconds east of UTC. */
static apr_time_t from_universal(const struct tm *tm, int offset)
{
    apr_time_exp_t exploded = { .tm_sec = tm->tm_sec,
                                .tm_min = tm->tm_min,
                                .tm_hour = tm->tm_hour,
                                .tm_mday = tm->tm_mday,
                                .tm_mon = tm->tm_mon,
                                .tm_year = tm->tm_year };
    apr_time_t time;

    if (apr_time_exp_get(&time, &exploded))
        return 0;
    return time - apr_time_from_sec(offset);
}

static const char *skip_fraction(const char *text)
{
    if ((*text != '.' && *text != ',') || !apr_isdigit(text[1]))
        return text;
    for (text++; apr_isdigit(*text);)
        text++;
    return text;
}

/* "[Wed Nov 25 15:51:53.842457 2026]" */
static apr_time_t read_default(cfo_ctl_hours_t *hours, const char *text)
{
    struct tm tm = { 0 };

    for (text = strchr(text, '['); text; text = strchr(text, '[')) {
        const char *end = NULL;

        text++;
        if (apr_isalpha(text[0]) && apr_isalpha(text[1]) && apr_isalpha(text[2]) &&
            text[3] == ' ')
            end = read_day(text + 4, &tm);
        if (end)
            end = read_year(skip_fraction(end), &tm);
        if (end && *end == ']')
            return from_local(hours, &tm);
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
static apr_time_t read_iso(cfo_ctl_hours_t *hours, const char *text)
{
    struct tm tm = { 0 };
    const char *end = read_year(text, &tm);
    int seconds;

    if (!end || end != text + 4 || *end != '-')
        return 0;
    end = read_char(read_number(end + 1, 2, 1, 12, &tm.tm_mon), '-');
    end = end ? read_number(end, 2, 1, 31, &tm.tm_mday) : NULL;
    if (!end || (*end != 'T' && *end != ' '))
        return 0;
    tm.tm_mon--;
    end = read_clock(end + 1, &tm);
    if (!end)
        return 0;
    if (!read_zone(skip_fraction(end), &seconds))
        return from_local(hours, &tm);
    return from_universal(&tm, seconds);
}

static apr_time_t find_iso(cfo_ctl_hours_t *hours, const char *text)
{
    const char *c;

    for (c = text; *c; c++) {
        apr_time_t time = 0;

        if (apr_isdigit(*c) && (c == text || !apr_isalnum(c[-1])))
            time = read_iso(hours, c);
        if (time)
            return time;
    }
    return 0;
}

/* The present year by local time, since 1900. */
static int this_year(cfo_ctl_hours_t *hours, apr_time_t now)
{
    apr_time_exp_t today;

    if (apr_time_sec(now) != hours->second) {
        apr_time_exp_lt(&today, now);
        hours->second = apr_time_sec(now);
        hours->year = today.tm_year;
    }
    return hours->year;
}

/* "Nov 25 15:51:53" at the beginning, or after a priority: "<133>". */
static apr_time_t read_syslog(cfo_ctl_hours_t *hours, const char *text)
{
    apr_time_t now, time;
    struct tm tm = { 0 };
    int i;

    if (*text == '<' && strchr(text, '>'))
        text = strchr(text, '>') + 1;
    if (!read_day(text, &tm))
        return 0;
    now = apr_time_now();
    for (i = 0; i < 2; i++) {
        tm.tm_year = this_year(hours, now) - i;
        time = from_local(hours, &tm);
        if (time <= now + apr_time_from_sec(DAY))
            return time;
    }
    return 0;
}

/* In a JSON object, a quotation mark and a colon end a member name. */
static apr_time_t read_member(cfo_ctl_hours_t *hours, const char *text, size_t length)
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
        time = read_iso(hours, value);
        if (time)
            return time;
    }
    return 0;
}

apr_time_t cfo_ctl_log_time(cfo_ctl_hours_t *hours, const char *line, size_t front,
                            size_t length)
{
    char text[FRONT_MOST + 1];
    size_t size = front < FRONT_MOST ? front : FRONT_MOST;
    apr_time_t time;

    memcpy(text, line, size);
    text[size] = '\0';
    time = read_default(hours, text);
    if (!time)
        time = find_iso(hours, text);
    if (!time)
        time = read_syslog(hours, text);
    if (!time && *text == '{')
        time = read_member(hours, line + front, length - front);
    return time;
}
