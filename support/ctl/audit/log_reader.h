/* SPDX-License-Identifier: Apache-2.0 */
/* Reads logs of any size, line by line; only lines that may be of interest are passed on.
 */
#ifndef CFO_CTL_AUDIT_LOG_READER_H
#define CFO_CTL_AUDIT_LOG_READER_H

#include "apr_file_io.h"
#include "apr_pools.h"
#include "apr_thread_proc.h"

/* One open log. */
typedef struct {
    const char *name; /* as given, and not copied */
    apr_pool_t *pool; /* its own: destroying it closes the log */
    apr_file_t *file;
    apr_proc_t gzip;   /* the process that unpacks it; pid 0: not compressed */
    apr_ino_t inode;   /* identify a plain file, */
    apr_dev_t device;  /* to notice a rotation */
    int is_plain;      /* an uncompressed file, which may grow */
    int is_done;       /* the end was read, and there will be no more */
    int is_skipping;   /* within the rest of a line that is too long */
    apr_uint64_t read; /* bytes, as unpacked */
    apr_size_t filled; /* bytes in the buffer: an incomplete line */
    char *buffer;
} cfo_ctl_reader_t;

/* Takes a line that contains CFO_EVENT_LINE_MARK or one of the marks in log_denial.h,
 * without its line feed; valid only during the call. */
typedef void cfo_ctl_take_line_t(void *baton, const char *line, size_t length);

/* Opens a log (CFO_CTL_STDIN: standard input); returns NULL and sets *reason if it cannot
 * be read. The first bytes tell whether it is compressed; then gzip(1) unpacks it in a
 * process of its own, which needs no library and uses another processor. */
cfo_ctl_reader_t *cfo_ctl_reader_open(apr_pool_t *parent, const char *name,
                                      const char **reason);

/* Reads at most 256 KB. APR_EOF: no more data for now. Only the first 256 KB of a line
 * are examined. */
apr_status_t cfo_ctl_reader_step(cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take,
                                 void *baton);

/* At the end: takes a last line without a line feed. Returns the reason if the log is not
 * complete. */
const char *cfo_ctl_reader_finish(cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take,
                                  void *baton);

/* The file was truncated: starts again at its first byte. */
apr_status_t cfo_ctl_reader_rewind(cfo_ctl_reader_t *reader);

#endif
