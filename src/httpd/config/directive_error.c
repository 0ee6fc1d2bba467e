/* SPDX-License-Identifier: Apache-2.0 */
/* The error message of a directive. */
#include "httpd/config/directive_error.h"

#include "apr_strings.h"

#include "core/base/text.h"

enum { QUOTE_MOST = 100 };

const char *cfo_directive_error(cmd_parms *cmd, const char *text, const char *reason)
{
    return apr_psprintf(cmd->pool, "%s: %s: %s", cmd->cmd->name,
                        cfo_text_quote(cmd->pool, text, QUOTE_MOST), reason);
}
