/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what apachectl -t -D DUMP_CF_ORIGIN prints. */
#ifndef CFO_CTL_ORIGIN_DUMP_READER_H
#define CFO_CTL_ORIGIN_DUMP_READER_H

#include "apr_hash.h"

#include "ctl/origin/origin_types.h"

/* What httpd prints of a server. */
typedef struct {
    cfo_origin_vhost_t vhost;
    int is_main;
    apr_hash_t *listed, *folders; /* name -> cfo_origin_zone_t *, its own */
    int inherits, but_not_listed, but_not_folders; /* zones of the main server */
    int inherits_sections;
    int needs_certificates;
    cfo_origin_policy_t in_sections; /* the highest of its own */
} cfo_dump_server_t;

typedef struct {
    apr_array_header_t *servers;   /* of cfo_dump_server_t; the first has what the main
                                      server passes on: no requests are for it */
    apr_array_header_t *zones;     /* of cfo_origin_zone_t *, their files not read yet */
    cfo_origin_running_t *running; /* what was used */
    apr_array_header_t *findings;  /* of const char * */
    const char *folder;            /* the first; NULL: none */
    int reload;                    /* as in cfo_origin_t */
} cfo_dump_t;

/* `text` ends in a NUL, and changes. Lines that are not known are ignored, also those of
 * another version of the module. Returns NULL, or what is wrong with it. */
const char *cfo_dump_read(apr_pool_t *p, char *text, apr_size_t length, cfo_dump_t *dump);

#endif
