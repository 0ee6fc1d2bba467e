/* SPDX-License-Identifier: Apache-2.0 */
/* Where requests are turned away. */
#ifndef CFO_HTTPD_GATE_H
#define CFO_HTTPD_GATE_H

#include "httpd.h"

/* quick_handler hook, before mod_cache's: the gate for what the virtual host says. */
int cfo_gate_server(request_rec *r, int lookup);

/* post_perdir_config hook: the gate for what a directory adds. */
int cfo_gate_directory(request_rec *r);

/* access_checker and fixups hooks: nobody gets here without a verdict that admits him. */
int cfo_gate_assert(request_rec *r);

#endif
