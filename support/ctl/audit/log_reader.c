/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: reads logs of any size. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem(), memrchr() */
#endif
#include "ctl/audit/log_reader.h"

#include <string.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/log/event_line.h"
#include "ctl/command/ctl.h"
#include "ctl/audit/log_denial.h"

enum { BUFFER = 256 * 1024, MARKS = 3 };

/* Each is searched for separately. The long ones cost little, because memmem() can skip
 * their length. */
static const char *const marks[MARKS] = { CFO_EVENT_LINE_MARK, CFO_DENIAL_MARK,
                                          CFO_DENIAL_SNI_MARK };

static const char *reason_of(apr_pool_t *p, apr_status_t status)
{
    char text[120];

    return apr_pstrdup(p, apr_strerror(status, text, sizeof text));
}

static apr_status_t start_gzip(cfo_ctl_reader_t *reader)
{
    static const char *const args[] = { "gzip", "-dc", NULL };
    apr_pool_t *p = reader->pool;
    apr_procattr_t *attr;
    apr_file_t *null;
    apr_off_t start = 0;
    apr_status_t status = apr_file_seek(reader->file, APR_SET, &start);

    if (!status)
        status = apr_file_open(&null, "/dev/null", APR_FOPEN_WRITE, APR_OS_DEFAULT, p);
    if (!status)
        status = apr_procattr_create(&attr, p);
    if (!status)
        status = apr_procattr_io_set(attr, APR_NO_PIPE, APR_FULL_BLOCK, APR_NO_PIPE);
    if (!status)
        status = apr_procattr_child_in_set(attr, reader->file, NULL);
    if (!status)
        status = apr_procattr_child_err_set(attr, null, NULL);
    if (!status)
        status = apr_procattr_cmdtype_set(attr, APR_PROGRAM_PATH);
    if (!status)
        status = apr_procattr_error_check_set(attr, 1);
    if (!status)
        status = apr_proc_create(&reader->gzip, *args, args, NULL, attr, p);
    if (status) {
        reader->gzip.pid = 0;
        return status;
    }
    apr_pool_note_subprocess(p, &reader->gzip, APR_KILL_ALWAYS);
    reader->file = reader->gzip.out;
    return APR_SUCCESS;
}

static apr_status_t open_file(cfo_ctl_reader_t *reader)
{
    apr_finfo_t info;
    apr_status_t status;

    if (!strcmp(reader->name, CFO_CTL_STDIN))
        return apr_file_open_stdin(&reader->file, reader->pool);
    status = apr_file_open(&reader->file, reader->name, APR_FOPEN_READ | APR_FOPEN_BINARY,
                           APR_OS_DEFAULT, reader->pool);
    if (!status)
        status = apr_file_info_get(&info, APR_FINFO_IDENT | APR_FINFO_TYPE, reader->file);
    if (status)
        return status;
    reader->inode = info.inode;
    reader->device = info.device;
    reader->is_plain = info.filetype == APR_REG;
    return APR_SUCCESS;
}

/* The first bytes tell whether it is compressed (RFC 1952). */
static apr_status_t begin(cfo_ctl_reader_t *reader)
{
    apr_status_t status =
        apr_file_read_full(reader->file, reader->buffer, 2, &reader->filled);

    reader->read = reader->filled;
    if (status && !APR_STATUS_IS_EOF(status))
        return status;
    if (reader->filled < 2 || memcmp(reader->buffer, "\x1f\x8b", 2))
        return APR_SUCCESS;
    reader->filled = reader->read = 0;
    reader->is_plain = 0;
    return start_gzip(reader);
}

cfo_ctl_reader_t *cfo_ctl_reader_open(apr_pool_t *parent, const char *name,
                                      const char **reason)
{
    cfo_ctl_reader_t *reader;
    apr_status_t status;
    apr_pool_t *p;

    apr_pool_create(&p, parent);
    reader = apr_pcalloc(p, sizeof *reader);
    reader->name = name;
    reader->pool = p;
    reader->buffer = apr_palloc(p, BUFFER);
    status = open_file(reader);
    if (!status)
        status = begin(reader);
    if (!status)
        return reader;
    *reason = APR_STATUS_IS_ESPIPE(status)
                  ? "it is compressed and not a file: pipe it through \"gzip -dc\""
                  : reason_of(parent, status);
    apr_pool_destroy(p);
    return NULL;
}

/* The first mark from `at` on; NULL: there is none. `next` has for each the last result
 * of a search from an earlier position. */
static const char *find_mark(const char *at, const char *end, const char *next[MARKS])
{
    const char *first = end;
    int i;

    for (i = 0; i < MARKS; i++) {
        if (next[i] < at) {
            next[i] = memmem(at, end - at, marks[i], strlen(marks[i]));
            if (!next[i])
                next[i] = end;
        }
        if (next[i] < first)
            first = next[i];
    }
    return first < end ? first : NULL;
}

/* `at` is at the begin of a line, `end` at the end of one. */
static void take_lines(const char *at, const char *end, cfo_ctl_take_line_t *take,
                       void *baton)
{
    const char *mark, *newline, *start, *next[MARKS] = { NULL };

    while ((mark = find_mark(at, end, next))) {
        newline = memrchr(at, '\n', mark - at);
        start = newline ? newline + 1 : at;
        newline = memchr(mark, '\n', end - mark);
        at = newline ? newline : end;
        while (!*start) /* the hole of a log that was truncated while httpd wrote */
            start++;
        take(baton, start, at - start);
    }
}

/* The buffer has no line feed. A hole is not a line, however long. */
static void take_long(cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take, void *baton)
{
    if (reader->filled < BUFFER && !reader->is_skipping)
        return;
    if (!reader->is_skipping)
        take_lines(reader->buffer, reader->buffer + reader->filled, take, baton);
    reader->is_skipping = reader->filled && reader->buffer[reader->filled - 1];
    reader->filled = 0;
}

static void take_buffer(cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take, void *baton)
{
    char *start = reader->buffer, *last = memrchr(start, '\n', reader->filled);

    if (!last) {
        take_long(reader, take, baton);
        return;
    }
    if (reader->is_skipping)
        start = memchr(start, '\n', reader->filled);
    reader->is_skipping = 0;
    take_lines(start, last, take, baton);
    reader->filled -= last + 1 - reader->buffer;
    memmove(reader->buffer, last + 1, reader->filled);
}

apr_status_t cfo_ctl_reader_step(cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take,
                                 void *baton)
{
    apr_size_t size = BUFFER - reader->filled;
    apr_status_t status =
        apr_file_read(reader->file, reader->buffer + reader->filled, &size);

    if (status)
        return status;
    reader->filled += size;
    reader->read += size;
    take_buffer(reader, take, baton);
    return APR_SUCCESS;
}

const char *cfo_ctl_reader_finish(cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take,
                                  void *baton)
{
    int code = 0;
    apr_exit_why_e why = APR_PROC_EXIT;

    if (!reader->is_skipping)
        take_lines(reader->buffer, reader->buffer + reader->filled, take, baton);
    reader->filled = 0;
    reader->is_done = 1;
    if (!reader->gzip.pid)
        return NULL;
    apr_file_close(reader->file);
    apr_proc_wait(&reader->gzip, &code, &why, APR_WAIT);
    /* 2 is a warning about trailing garbage. */
    if (APR_PROC_CHECK_EXIT(why) && (code == 0 || code == 2))
        return NULL;
    return "gzip cannot unpack it completely (\"gzip -t\" says why)";
}

apr_status_t cfo_ctl_reader_rewind(cfo_ctl_reader_t *reader)
{
    apr_off_t start = 0;

    reader->filled = 0;
    reader->read = 0;
    reader->is_skipping = 0;
    return apr_file_seek(reader->file, APR_SET, &start);
}
