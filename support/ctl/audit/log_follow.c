/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: reads logs to their end, or follows them. */
#include "ctl/audit/log_follow.h"

#include <poll.h>

#include "apr_file_info.h"
#include "apr_portable.h"
#include "apr_strings.h"

volatile sig_atomic_t cfo_ctl_log_stopped;

cfo_ctl_log_t cfo_ctl_log_open(cfo_ctl_t *ctl, const char *name)
{
    cfo_ctl_log_t log = { name, NULL, NULL, 0 };
    const char *reason;

    log.now = cfo_ctl_reader_open(ctl->pool, name, &reason);
    if (!log.now)
        cfo_ctl_problem(ctl, name, reason);
    return log;
}

static void finish(cfo_ctl_t *ctl, cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take,
                   void *baton)
{
    const char *reason = cfo_ctl_reader_finish(reader, take, baton);

    if (reason)
        cfo_ctl_problem(ctl, reader->name, reason);
}

/* Do not block on one pipe while the others have data. */
static int would_wait(const cfo_ctl_reader_t *reader)
{
    struct pollfd wanted = { -1, POLLIN, 0 };

    if (reader->is_plain || reader->gzip.pid)
        return 0;
    apr_os_file_get(&wanted.fd, reader->file);
    return !poll(&wanted, 1, 0);
}

static void read_on(cfo_ctl_t *ctl, cfo_ctl_reader_t *reader, int is_followed,
                    cfo_ctl_take_line_t *take, void *baton)
{
    apr_status_t status = APR_SUCCESS;
    char text[120];

    while (!status && !cfo_ctl_log_stopped && !(is_followed && would_wait(reader)))
        status = cfo_ctl_reader_step(reader, take, baton);
    if (!status || APR_STATUS_IS_EINTR(status) ||
        (APR_STATUS_IS_EOF(status) && is_followed && reader->is_plain))
        return;
    if (!APR_STATUS_IS_EOF(status))
        cfo_ctl_problem(ctl, reader->name,
                        apr_pstrdup(ctl->pool, apr_strerror(status, text, sizeof text)));
    finish(ctl, reader, take, baton);
}

/* The log was rotated. */
static void replace(cfo_ctl_t *ctl, cfo_ctl_log_t *log, cfo_ctl_take_line_t *take,
                    void *baton)
{
    const char *reason;
    cfo_ctl_reader_t *next = cfo_ctl_reader_open(ctl->pool, log->name, &reason);

    if (!next) {
        if (!log->is_missed)
            cfo_ctl_problem(ctl, log->name, reason);
        log->is_missed = 1;
        return;
    }
    if (log->before) {
        finish(ctl, log->before, take, baton);
        apr_pool_destroy(log->before->pool);
    }
    log->before = log->now;
    log->now = next;
    log->is_missed = 0;
}

/* Returns 1 if there is more to read. */
static int look_for_rotation(cfo_ctl_t *ctl, cfo_ctl_log_t *log,
                             cfo_ctl_take_line_t *take, void *baton)
{
    cfo_ctl_reader_t *now = log->now;
    apr_finfo_t info;
    apr_pool_t *p;
    apr_status_t status;

    apr_pool_create(&p, ctl->pool);
    status = apr_stat(&info, log->name, APR_FINFO_IDENT | APR_FINFO_SIZE, p);
    apr_pool_destroy(p);
    if (status)
        return 0;
    if (info.inode != now->inode || info.device != now->device) {
        replace(ctl, log, take, baton);
        return log->now != now;
    }
    return (apr_uint64_t)info.size < now->read &&
           cfo_ctl_reader_rewind(now) == APR_SUCCESS;
}

int cfo_ctl_log_read(cfo_ctl_t *ctl, cfo_ctl_log_t *log, int is_followed,
                     cfo_ctl_take_line_t *take, void *baton)
{
    if (!log->now)
        return 0;
    if (log->before && !log->before->is_done)
        read_on(ctl, log->before, is_followed, take, baton);
    do {
        if (!log->now->is_done)
            read_on(ctl, log->now, is_followed, take, baton);
    } while (is_followed && log->now->is_plain && !cfo_ctl_log_stopped &&
             look_for_rotation(ctl, log, take, baton));
    return !log->now->is_done;
}

/* Destroying the pool also ends a gzip that was interrupted. */
static void close_reader(cfo_ctl_t *ctl, cfo_ctl_reader_t *reader,
                         cfo_ctl_take_line_t *take, void *baton)
{
    if (!reader)
        return;
    if (!reader->is_done && !reader->gzip.pid)
        finish(ctl, reader, take, baton);
    apr_pool_destroy(reader->pool);
}

void cfo_ctl_log_close(cfo_ctl_t *ctl, cfo_ctl_log_t *log, cfo_ctl_take_line_t *take,
                       void *baton)
{
    close_reader(ctl, log->before, take, baton);
    close_reader(ctl, log->now, take, baton);
}
