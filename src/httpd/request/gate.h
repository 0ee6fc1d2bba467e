/* SPDX-License-Identifier: Apache-2.0 */
/* Where requests are turned away. */
#ifndef CFO_HTTPD_REQUEST_GATE_H
#define CFO_HTTPD_REQUEST_GATE_H

#include "httpd.h"

/* quick_handler hook, before mod_cache's: the gate for what the virtual host says. */
int cfo_gate_server(request_rec *r, int lookup);

/* post_perdir_config hook: the gate for what a directory adds. */
int cfo_gate_directory(request_rec *r);

/* access_checker hook, and once more in fixups, after mod_dir: nobody gets here without a
 * verdict that admits him. */
int cfo_gate_assert(request_rec *r);

/* fixups hooks around mod_dir. An index or FallbackResource that is refused is passed
 * over; if there is no other, the request is refused, not answered without it. The second
 * one asserts as well. */
int cfo_gate_before_index(request_rec *r);
int cfo_gate_after_index(request_rec *r);

/* handler hook, before all: what was let through to be looked at only is not served. */
int cfo_gate_serve(request_rec *r);

#endif
