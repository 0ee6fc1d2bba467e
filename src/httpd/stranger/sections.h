/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of a virtual host, in the order in which httpd merges them. */
#ifndef CFO_HTTPD_STRANGER_SECTIONS_H
#define CFO_HTTPD_STRANGER_SECTIONS_H

#include "httpd/language/section.h"
#include "httpd/stranger/rewrite_rules.h"

/* When httpd merges a section. */
enum {
    CFO_STAGE_NONE, /* no section of this kind */
    CFO_STAGE_DIRECTORY,
    CFO_STAGE_DIRECTORY_MATCH,
    CFO_STAGE_FILES,
    CFO_STAGE_LOCATION,
    CFO_STAGE_IF
};

int cfo_section_stage(const ap_directive_t *line);

/* <Directory> of the DocumentRoot, <Files>, <Location>, <If> and their forms with regular
 * expressions. */
typedef struct cfo_section_t {
    const ap_directive_t *line;
    const struct cfo_section_t *around; /* NULL: none */
    const char *argument;               /* path or pattern, without quotes */
    const ap_regex_t *regex;            /* argument; NULL: not a regular expression */
    int stage;                          /* CFO_STAGE_ */
    int parts;                          /* of the path, for <Directory> */
    int number;                         /* as they were written */
    apr_array_header_t *rules;          /* of cfo_rewrite_rule_t; empty: none */
} cfo_section_t;

/* The sections of the virtual host and of the main server that have a line about access,
 * redirects, rewriting, back ends or this module. Those of other folders are left out. */
apr_array_header_t *cfo_sections_list(const cfo_site_t *site);

/* Whether a section applies to a request. `is_file`: the request is for a file below the
 * DocumentRoot, not for a back end. */
cfo_truth_t cfo_section_applies(const cfo_probe_t *probe, const cfo_section_t *section,
                                int is_file);

/* The file that a request is for. */
const char *cfo_probe_file(const cfo_probe_t *probe);

#endif
