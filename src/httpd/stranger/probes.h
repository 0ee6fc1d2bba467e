/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to try out on a virtual host: usual ones, and those that its own patterns and
 * conditions speak of. */
#ifndef CFO_HTTPD_STRANGER_PROBES_H
#define CFO_HTTPD_STRANGER_PROBES_H

#include "httpd/stranger/sections.h"

/* A host name that leads to the virtual host, as httpd reads it and as it is sent. */
typedef struct {
    const char *name;
    const char *header;
} cfo_host_t;

/* Paths below `prefix` ("": all); of const char *, the plainest first. */
apr_array_header_t *cfo_probe_paths(const cfo_site_t *site, const char *prefix);

/* Other ways to send a Host header that leads to the same virtual host (upper case, a
 * port, a final point) are added to `hosts` (of cfo_host_t) if the site has a condition
 * on the host; otherwise all but the first are removed. */
void cfo_probe_vary_hosts(const cfo_site_t *site, apr_array_header_t *hosts);

/* Texts that a host would have to have, or to begin or end with, to get around the site's
 * conditions; of const char *. */
apr_array_header_t *cfo_probe_host_samples(const cfo_site_t *site);

/* Whether a path is a way around redirects that is meant, and has no content of the site:
 * it is one that certificate authorities ask for to validate a domain, or of httpd's own
 * handlers. */
int cfo_probe_is_no_content(const char *path);

#endif
