/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on a request, and what it changes in the request. */
#ifndef CFO_HTTPD_REQUEST_REQUEST_H
#define CFO_HTTPD_REQUEST_REQUEST_H

#include "httpd.h"

#include "httpd/request/parts.h"

/* post_read_request, before all other modules: reads the headers and judges. Where
 * mod_remoteip has to run before the verdict, only removes the headers until then. */
int cfo_request_begin(request_rec *r);

/* post_read_request, after mod_remoteip: judges what is not judged yet. */
int cfo_request_judge(request_rec *r);

/* For cfo_request_require(): where that is not so. */
cfo_part_t *cfo_request_require_late(request_rec *r, cfo_part_t *part, cfo_mode_t mode);

/* As cfo_request_find(), but judges `r` if neither it nor what it comes from has been
 * judged (for directories below a virtual host that is Off), and makes the changes of
 * `mode`, which is in force for `r`, if only those of a lower one were made. */
static inline cfo_part_t *cfo_request_require(request_rec *r, cfo_mode_t mode)
{
    cfo_part_t *part = cfo_request_find(r);

    /* The changes of the server's mode were made when the request was judged. */
    if (part && mode <= (cfo_mode_t)cfo_server_conf(r->server)->mode)
        return part;
    return cfo_request_require_late(r, part, mode);
}

/* To be called where `r` may lead out of an exempt path, to `path` (NULL: to any).
 * `part` is what cfo_request_find() returns for `r`. Returns the part whose verdict holds
 * from then on. */
cfo_part_t *cfo_request_follow(request_rec *r, cfo_part_t *part, const char *path);

#endif
