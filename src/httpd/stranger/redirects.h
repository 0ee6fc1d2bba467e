/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect, RedirectMatch and MDRequireHttps; and what ProxyPass takes before them. */
#ifndef CFO_HTTPD_STRANGER_REDIRECTS_H
#define CFO_HTTPD_STRANGER_REDIRECTS_H

#include "httpd/stranger/sections.h"

/* Whether one of the lines of the server, or (not NULL) one among `line` and those after
 * it, in a section, sends the request away or refuses it. */
int cfo_redirects_server(const cfo_probe_t *probe);
int cfo_redirects_lines(const cfo_probe_t *probe, const ap_directive_t *line);

/* Whether mod_md sends requests to https. */
int cfo_redirects_md(const cfo_probe_t *probe);

/* The back end that answers the request, by ProxyPass or ProxyPassMatch; NULL: none. It
 * comes before Redirect of the server, not before rewriting. */
const char *cfo_proxy_target(const cfo_probe_t *probe);

/* The argument of Alias or ScriptAlias that has the request's path; NULL: none. */
const char *cfo_alias_target(const cfo_probe_t *probe);

#endif
