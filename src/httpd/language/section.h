/* SPDX-License-Identifier: Apache-2.0 */
/* Sections: what is around a line, and what a section is for. */
#ifndef CFO_HTTPD_LANGUAGE_SECTION_H
#define CFO_HTTPD_LANGUAGE_SECTION_H

#include "httpd.h"
#include "util_cfgtree.h"

/* The section around a line that is not <RequireAny>, <Limit> or the like; NULL: none.
 * <VirtualHost> is none. */
const ap_directive_t *cfo_section_of(const ap_directive_t *line);

/* <Limit> and <LimitExcept>: their lines count as those of the section around them. */
int cfo_section_is_limit(const ap_directive_t *line);

/* The first line next to `line`. */
const ap_directive_t *cfo_section_first(const ap_directive_t *line);

/* The path, name, expression or regular expression: without ~, quotes and bracket. */
const char *cfo_section_argument(apr_pool_t *p, const ap_directive_t *section);

/* Whether two sections are for the same: they have the same name and argument. */
int cfo_section_is_same(apr_pool_t *p, const ap_directive_t *one,
                        const ap_directive_t *other);

/* Whether the argument is a regular expression: <LocationMatch>, <Location ~>. */
int cfo_section_is_regex(const ap_directive_t *section);

/* Whether a section (NULL: none) is <Location "/">. */
int cfo_section_is_everywhere(apr_pool_t *p, const ap_directive_t *section);

/* The <If> or <ElseIf> before an <ElseIf> or <Else>; NULL: none. */
const ap_directive_t *cfo_section_branch_before(const ap_directive_t *section);

/* Whether a folder is `path` or below it. */
int cfo_path_is_below(const char *folder, const char *path);

/* Whether the argument of a section has wildcards. */
int cfo_path_is_pattern(const char *path);

#endif
