/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: a line on stderr that says what is being done. */
#include "ctl/command/progress.h"

#include <stdio.h>

#include "apr_atomic.h"

enum { WIDTH = 79 };

/* The lock of stderr guards it, but ThreadSanitizer does not know that lock. */
static volatile apr_uint32_t is_shown;

void cfo_progress_show(const char *line)
{
    flockfile(stderr);
    fprintf(stderr, "\r\033[K%.*s", WIDTH, line);
    apr_atomic_set32(&is_shown, 1);
    funlockfile(stderr);
}

void cfo_progress_clear(void)
{
    flockfile(stderr);
    if (apr_atomic_read32(&is_shown))
        fputs("\r\033[K", stderr);
    apr_atomic_set32(&is_shown, 0);
    funlockfile(stderr);
}
