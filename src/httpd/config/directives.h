/* SPDX-License-Identifier: Apache-2.0 */
/* The directives: what they take, and what they say when they cannot. */
#ifndef CFO_HTTPD_CONFIG_DIRECTIVES_H
#define CFO_HTTPD_CONFIG_DIRECTIVES_H

#include "httpd.h"
#include "http_config.h"

extern const command_rec cfo_directives[];

/* "Directive: "text": reason" */
const char *cfo_directive_refuse(cmd_parms *cmd, const char *text, const char *reason);

#endif
