/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses requests. */
#ifndef CFO_HTTPD_REQUEST_GATE_H
#define CFO_HTTPD_REQUEST_GATE_H

#include "httpd.h"

/* quick_handler hook, before mod_cache's: the gate for the mode of the virtual host. */
int cfo_gate_server(request_rec *r, int lookup);

/* post_perdir_config hook: the gate for the mode of the directory. */
int cfo_gate_directory(request_rec *r);

/* access_checker hook, and again in fixups after mod_dir: checks that the verdict admits
 * the request as it is now. */
int cfo_gate_assert(request_rec *r);

/* fixups hooks before and after mod_dir. An index or FallbackResource that is refused is
 * skipped; if no other is left, the request is refused, and no listing is sent in its
 * place. The second hook also does what cfo_gate_assert() does. */
int cfo_gate_before_index(request_rec *r);
int cfo_gate_after_index(request_rec *r);

/* handler hook, before all others: a variant that was only to be looked at is not served.
 */
int cfo_gate_serve(request_rec *r);

#endif
