/* SPDX-License-Identifier: Apache-2.0 */
/* What tells that a file has changed, without reading it. */
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
    apr_time_t ctime; /* of the last change of any kind; nobody can set it */
} cfo_file_state_t;

/* That of what is there but could not be read: it equals none, so that it is tried again.
 */
extern const cfo_file_state_t cfo_file_state_unread;

/* One stat(), which follows links, so that a link that was turned to another file is a
 * change. `p` is for temporary use. */
void cfo_file_state_get(apr_pool_t *p, const char *path, cfo_file_state_t *state);

int cfo_file_state_equal(const cfo_file_state_t *a, const cfo_file_state_t *b);

/* Whether a file that has changed was then left alone for a second: who reads it earlier
 * may find it half-written, or miss a change within the same tick of the file system's
 * clock. What seems to come from the future was touched just now, or by a server whose
 * clock is ahead: nobody knows, so it is not settled. */
int cfo_file_state_is_settled(const cfo_file_state_t *state, apr_time_t now);

#endif
