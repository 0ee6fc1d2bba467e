/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of error logs, as "cf-originctl audit" counts them. */
#include "ctl/audit/log_summary.h"

#include "ctl/audit/log_denial.h"
#include "ctl/audit/uri_path.h"

#include "fuzz.h"

static void try_line(const char *line, size_t length)
{
    cfo_ctl_line_front_t front;
    cfo_ctl_denial_t denial;

    cfo_ctl_line_front(line, length, &front);
    PROMISE(memchr(front.process, '\0', sizeof front.process));
    PROMISE(memchr(front.client, '\0', sizeof front.client));
    if (cfo_ctl_denial_read(line, length, &denial)) {
        PROMISE(denial.front <= length);
        PROMISE(memchr(denial.what, '\0', sizeof denial.what));
        PROMISE(memchr(denial.other, '\0', sizeof denial.other));
    }
}

static void try_path(apr_pool_t *p, const char *line, size_t length)
{
    const char *uri = apr_pstrmemdup(p, line, length);
    char path[64];
    size_t decoded = cfo_ctl_uri_path(uri, path, sizeof path);

    PROMISE(strlen(path) < sizeof path && (!decoded || decoded == strlen(path)));
    PROMISE(!decoded || *path == '/');
    PROMISE(cfo_ctl_path_is_below(path, path));
    (void)cfo_ctl_path_is_hidden(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *exact = fuzz_exact(data, size), *line = exact, *end = exact + size;
    cfo_ctl_wanted_t wanted = { 0 };
    cfo_ctl_summary_t *summary =
        cfo_ctl_summary_create(p, &wanted, cfo_ctl_own_create(p));
    apr_uint64_t lines = 0;

    while (line < end && lines < 64) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline ? newline : end) - line);
        char *alone = fuzz_exact((const uint8_t *)line, length);

        try_line(alone, length);
        try_path(p, alone, length);
        cfo_ctl_summary_add(summary, alone, length);
        free(alone);
        lines++;
        line += length + 1;
    }
    cfo_ctl_summary_settle(summary);
    PROMISE(summary->events <= lines && summary->cut <= lines);
    PROMISE(summary->untimed <= lines);
    free(exact);
    return 0;
}
