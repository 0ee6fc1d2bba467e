/* SPDX-License-Identifier: Apache-2.0 */
/* The directives that take lists: ranges, paths, zones. */
#ifndef CFO_HTTPD_CONFIG_LIST_DIRECTIVES_H
#define CFO_HTTPD_CONFIG_LIST_DIRECTIVES_H

#include "httpd.h"
#include "http_config.h"

/* Setters for RAW_ARGS (TAKE1 for the folder). They return NULL, or what is wrong. */
const char *cfo_list_ranges(cmd_parms *cmd, void *dir, const char *args);
const char *cfo_list_exempt_paths(cmd_parms *cmd, void *dir, const char *args);
const char *cfo_list_zone(cmd_parms *cmd, void *dir, const char *args);
const char *cfo_list_zone_dir(cmd_parms *cmd, void *dir, const char *word);

/* cmd->info points to the offset (size_t) of the list in cfo_server_conf_t. */
const char *cfo_list_cidrs(cmd_parms *cmd, void *dir, const char *args);

#endif
