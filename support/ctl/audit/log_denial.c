/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: lines of other modules about refusals. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include "ctl/audit/log_denial.h"

#include <string.h>

#include "core/log/event_line.h"

static const struct {
    const char *message;
    const char *module;
    cfo_ctl_denial_kind_t kind;
} messages[] = {
    { "AH01630: " CFO_DENIAL_MARK, "authz_core", CFO_DENIAL_FORBIDDEN },
    { "AH01797: " CFO_DENIAL_MARK, "access_compat", CFO_DENIAL_FORBIDDEN },
    { "AH02032: Hostname ", "ssl", CFO_DENIAL_MISDIRECTED },
};

enum { MESSAGES = sizeof messages / sizeof *messages };

static const char *find(const char *text, size_t length, const char *word)
{
    return memmem(text, length, word, strlen(word));
}

/* The text after the first of these words, up to one of the bytes that end it. */
static void read_after(const char *line, size_t length, const char *const *words,
                       const char *ends, char *value, size_t size)
{
    const char *at = NULL;
    size_t count = 0;

    for (; *words && !at; words++) {
        at = find(line, length, *words);
        if (at)
            at += strlen(*words);
    }
    while (at && at + count < line + length && count < size - 1 &&
           !strchr(ends, at[count]))
        count++;
    if (count)
        memcpy(value, at, count);
    value[count] = '\0';
}

void cfo_ctl_line_front(const char *line, size_t length, cfo_ctl_line_front_t *front)
{
    /* As httpd writes them by default, and as people name them in JSON. */
    static const char *const processes[] = { "[pid ", "\"pid\":\"", "\"pid\": \"", NULL };
    static const char *const threads[] = { ":tid ", "\"tid\":\"", "\"tid\": \"", NULL };
    static const char *const clients[] = { "[client ",
                                           "[remote ",
                                           "\"client\":\"",
                                           "\"client\": \"",
                                           "\"client_ip\":\"",
                                           "\"client_ip\": \"",
                                           "\"clientip\":\"",
                                           "\"clientip\": \"",
                                           "\"remote\":\"",
                                           "\"remote\": \"",
                                           "\"remote_ip\":\"",
                                           "\"remote_ip\": \"",
                                           "\"remote_addr\":\"",
                                           "\"remote_addr\": \"",
                                           NULL };

    read_after(line, length, processes, ":]\"\\ ", front->process, sizeof front->process);
    read_after(line, length, threads, "]\"\\ ", front->thread, sizeof front->thread);
    read_after(line, length, clients, "]\"\\ ", front->client, sizeof front->client);
}

/* `end` is after the last byte. Of a long path the end says more than the begin. */
static void keep_end(char *to, size_t size, const char *text, const char *end)
{
    size_t length = (size_t)(end - text);

    if (length >= size) {
        text = end - (size - 1);
        length = size - 1;
    }
    memcpy(to, text, length);
    to[length] = '\0';
}

/* The path ends where httpd appends the Referer, and in JSON with the string. */
static void read_path(const char *text, const char *end, cfo_ctl_denial_t *denial)
{
    const char *referer = find(text, end - text, ", referer: ");
    const char *quote = memchr(text, '"', end - text);

    if (referer)
        end = referer;
    if (quote && quote < end)
        end = quote > text + 1 && !memcmp(quote - 2, "\\n", 2) ? quote - 2 : quote;
    keep_end(denial->what, sizeof denial->what, text, end);
}

/* "a.test provided via SNI and hostname b.test provided via HTTP have ..." */
static int read_names(const char *text, const char *end, cfo_ctl_denial_t *denial)
{
    static const char middle[] = " and hostname ";
    const char *space = memchr(text, ' ', end - text);
    const char *other = find(text, end - text, middle);
    const char *last = find(text, end - text, CFO_DENIAL_SNI_MARK);

    if (!space || !other || !last || other < space || last < other + sizeof middle - 1)
        return 0;
    keep_end(denial->what, sizeof denial->what, text, space);
    keep_end(denial->other, sizeof denial->other, other + sizeof middle - 1, last);
    return 1;
}

int cfo_ctl_denial_read(const char *line, size_t length, cfo_ctl_denial_t *denial)
{
    const char *at = NULL, *text;
    int i = 0;

    for (; i < MESSAGES && !at; i++)
        at = find(line, length, messages[i].message);
    if (!at)
        return 0;
    i--;
    memset(denial, 0, sizeof *denial);
    denial->kind = messages[i].kind;
    denial->front = (size_t)(at - line);
    text = at + strlen(messages[i].message);
    if (!cfo_event_line_is_of(line, denial->front, messages[i].module))
        return 0;
    cfo_ctl_line_front(line, denial->front, &denial->of);
    if (denial->kind == CFO_DENIAL_MISDIRECTED)
        return read_names(text, line + length, denial);
    read_path(text, line + length, denial);
    return 1;
}
