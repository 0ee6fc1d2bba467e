/* SPDX-License-Identifier: Apache-2.0 */
/* Reads logs of any size, of which only the lines with an event are looked at. */
#ifndef CFO_CTL_LOG_READER_H
#define CFO_CTL_LOG_READER_H

#include "apr_file_io.h"
#include "apr_pools.h"
#include "apr_thread_proc.h"

/* One open log. */
typedef struct {
    const char *name; /* as given, and not copied */
    apr_pool_t *pool; /* its own: destroying it closes the log */
    apr_file_t *file;
    apr_proc_t gzip;   /* what unpacks it; pid 0: it is not compressed */
    apr_ino_t inode;   /* of a plain file, with */
    apr_dev_t device;  /* this; to know it from the next of its name */
    int is_plain;      /* an uncompressed file, which may grow */
    int is_done;       /* its end was seen, and nothing can follow */
    int is_skipping;   /* in the rest of a line that is too long */
    apr_uint64_t read; /* bytes, as unpacked */
    apr_size_t filled; /* of the buffer: a line without its end */
    char *buffer;
} cfo_ctl_reader_t;

/* Takes a line that has CFO_EVENT_LINE_MARK in it, without its line feed. Not to be kept.
 */
typedef void cfo_ctl_take_line_t(void *baton, const char *line, size_t length);

/* Opens a log (CFO_CTL_STDIN: standard input); NULL, and the reason in *reason, if it
 * cannot be read. Whether it is compressed is told by its first bytes: gzip(1) unpacks
 * it, as a process of its own. (So there is nothing more to build with, and the other
 * processor has something to do.) */
cfo_ctl_reader_t *cfo_ctl_reader_open(apr_pool_t *parent, const char *name,
                                      const char **reason);

/* Reads on: a quarter of a megabyte at most. APR_EOF: that was all for now. Of a line
 * longer than that only so much is seen. */
apr_status_t cfo_ctl_reader_step(cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take,
                                 void *baton);

/* Nothing will follow: takes a last line that has no end. Returns the reason if the log
 * turned out not to be whole. */
const char *cfo_ctl_reader_finish(cfo_ctl_reader_t *reader, cfo_ctl_take_line_t *take,
                                  void *baton);

/* The file was emptied: begins again with its first byte. */
apr_status_t cfo_ctl_reader_rewind(cfo_ctl_reader_t *reader);

#endif
