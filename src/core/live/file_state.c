/* SPDX-License-Identifier: Apache-2.0 */
/* Shows whether a file has changed. */
#include "core/live/file_state.h"

#include <string.h>

#include "apr_file_info.h"

const cfo_file_state_t cfo_file_state_unread = { .status = APR_EGENERAL };

void cfo_file_state_get(apr_pool_t *p, const char *path, cfo_file_state_t *state)
{
    const apr_int32_t wanted =
        APR_FINFO_IDENT | APR_FINFO_SIZE | APR_FINFO_MTIME | APR_FINFO_CTIME;
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, wanted, p);

    memset(state, 0, sizeof *state);
    if (status != APR_SUCCESS && status != APR_INCOMPLETE) {
        state->status = status;
        return;
    }
    state->device = (apr_uint64_t)info.device;
    state->inode = (apr_uint64_t)info.inode;
    state->size = info.size;
    state->mtime = info.mtime;
    state->ctime = info.ctime;
}

int cfo_file_state_equal(const cfo_file_state_t *a, const cfo_file_state_t *b)
{
    return a->status == b->status && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->mtime == b->mtime && a->ctime == b->ctime;
}

int cfo_file_state_is_settled(const cfo_file_state_t *state, apr_time_t now)
{
    return now - state->ctime > apr_time_from_sec(1);
}
