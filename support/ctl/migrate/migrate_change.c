/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: edits of configuration files. */
#include "ctl/migrate/migrate.h"

#include "apr_strings.h"

void cfo_plan_change(cfo_site_t *site, int phase, const cfo_conf_line_t *line,
                     const char *old_text, const char *new_text, const char *why)
{
    APR_ARRAY_PUSH(site->changes, cfo_change_t) =
        (cfo_change_t){ phase,           new_text ? "change" : "remove",
                        line->file,      line->line,
                        line->last_line, old_text,
                        new_text,        why };
}

void cfo_plan_add(cfo_site_t *site, int phase, const cfo_conf_line_t *line,
                  const char *new_text, const char *why)
{
    if (site->section)
        line = site->section;
    APR_ARRAY_PUSH(site->changes, cfo_change_t) =
        (cfo_change_t){ phase,           "add", line->file, line->line,
                        line->last_line, NULL,  new_text,   why };
}

const char *cfo_line_text(apr_pool_t *p, const cfo_conf_line_t *line)
{
    return apr_pstrcat(p, line->name, *line->args ? " " : "", line->args, NULL);
}

void cfo_plan_edit(cfo_site_t *site, int phase, const cfo_conf_line_t *line,
                   const char *old_text, const char *new_text, const char *why)
{
    APR_ARRAY_PUSH(site->changes, cfo_change_t) =
        (cfo_change_t){ phase,           "edit",   line->file, line->line,
                        line->last_line, old_text, new_text,   why };
}
