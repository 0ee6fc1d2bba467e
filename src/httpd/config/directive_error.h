/* SPDX-License-Identifier: Apache-2.0 */
/* The error message of a directive. */
#ifndef CFO_HTTPD_CONFIG_DIRECTIVE_ERROR_H
#define CFO_HTTPD_CONFIG_DIRECTIVE_ERROR_H

#include "httpd.h"
#include "http_config.h"

/* `Directive: "text": reason`, in cmd->pool; httpd puts file and line before it. */
const char *cfo_directive_error(cmd_parms *cmd, const char *text, const char *reason);

#endif
