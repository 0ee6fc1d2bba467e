/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: shared by its verbs. */
#include "ctl/command/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/command/progress.h"

enum { SHOWN_MOST = 4096 };

void cfo_ctl_problem(cfo_ctl_t *ctl, const char *file, const char *reason)
{
    APR_ARRAY_PUSH(ctl->problems, cfo_ctl_problem_t) =
        (cfo_ctl_problem_t){ file, reason };
    fflush(stdout);
    cfo_progress_clear();
    if (file)
        fprintf(stderr, "cf-originctl: %s: %s\n", cfo_ctl_shown(ctl->pool, file), reason);
    else
        fprintf(stderr, "cf-originctl: %s\n", reason);
}

int cfo_ctl_usage(const char *reason)
{
    fprintf(stderr, "cf-originctl: %s\n", reason);
    return CFO_CTL_USAGE;
}

const char *cfo_ctl_value(const cfo_ctl_t *ctl, int option)
{
    const char *value = NULL;
    int i;

    for (i = 0; i < ctl->choices->nelts; i++) {
        const cfo_ctl_choice_t *choice =
            &APR_ARRAY_IDX(ctl->choices, i, cfo_ctl_choice_t);

        if (choice->option == option)
            value = choice->value ? choice->value : "";
    }
    return value;
}

int cfo_ctl_number(const char *text, int most)
{
    size_t digits = strspn(text, "0123456789");
    int number;

    if (!digits || digits > 6 || text[digits])
        return -1;
    number = atoi(text);
    return number <= most ? number : -1;
}

int cfo_ctl_time_read(const char *text, apr_time_t *time)
{
    struct tm tm = { 0 };
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    int day;

    if (end && *end)
        end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (!end || *end)
        return 0;
    day = tm.tm_mday;
    *time = apr_time_from_sec(timegm(&tm));
    /* timegm() makes the 30th of February the 1st of March. */
    return *time >= 0 && tm.tm_mday == day;
}

const char *cfo_ctl_shown(apr_pool_t *p, const char *text)
{
    const char *c = text;

    while (apr_isgraph(*c) && *c != '"')
        c++;
    return *c || c == text ? cfo_text_quote(p, text, SHOWN_MOST) : text;
}
