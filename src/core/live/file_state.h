/* SPDX-License-Identifier: Apache-2.0 */
/* Shows whether a file has changed, without reading it. */
#ifndef CFO_CORE_LIVE_FILE_STATE_H
#define CFO_CORE_LIVE_FILE_STATE_H

#include "apr_pools.h"
#include "apr_time.h"

/* Plain data without pointers: it is written to the journal as it is. */
typedef struct {
    apr_int64_t status; /* of stat(): APR_SUCCESS, or why it failed */
    apr_uint64_t device;
    apr_uint64_t inode;
    apr_int64_t size;
    apr_time_t mtime;
    apr_time_t ctime; /* of the last change of any kind; no program can set it */
} cfo_file_state_t;

/* The state of a file that exists but could not be read. It equals no other state, so the
 * file is tried again. */
extern const cfo_file_state_t cfo_file_state_unread;

/* One stat(), which follows links: a link that points to another file now is a change.
 * `p` is for temporary use. */
void cfo_file_state_get(apr_pool_t *p, const char *path, cfo_file_state_t *state);

int cfo_file_state_equal(const cfo_file_state_t *a, const cfo_file_state_t *b);

/* Whether a second has passed since the last change. A file that is read earlier may be
 * half-written, or change again within the same tick of the file system's clock. A time
 * in the future means that the file was touched just now, or by a server whose clock is
 * ahead: such a file is not settled. */
int cfo_file_state_is_settled(const cfo_file_state_t *state, apr_time_t now);

#endif
