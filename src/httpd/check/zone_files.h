/* SPDX-License-Identifier: Apache-2.0 */
/* Files of zone folders that are for no host. */
#ifndef CFO_HTTPD_CHECK_ZONE_FILES_H
#define CFO_HTTPD_CHECK_ZONE_FILES_H

#include "httpd.h"

#include "core/trust/host_names.h"

/* The names of all servers, in `p`. */
cfo_host_names_t *cfo_zone_files_names(apr_pool_t *p, const server_rec *main);

/* Whether requests for hosts that no server names can be in zones of this folder: it is
 * of a virtual host itself, or of a main server that serves requests. */
int cfo_zone_files_are_open(const server_rec *main, const char *folder);

typedef enum {
    CFO_ZONE_FILE_USED,   /* or it may be */
    CFO_ZONE_FILE_UNUSED, /* no server has a host in the zone */
    CFO_ZONE_FILE_ODD     /* the name of the file looks like a mistake */
} cfo_zone_file_use_t;

/* How a zone of a folder is used. Sets *text to its name and, for ODD, what is wrong with
 * it. */
cfo_zone_file_use_t cfo_zone_file_use(apr_pool_t *p, const cfo_host_names_t *names,
                                      int is_open, const char *zone, const char **text);

#endif
