/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge: the options that all its verbs have. */
#ifndef CFO_CTL_EDGE_OPTIONS_H
#define CFO_CTL_EDGE_OPTIONS_H

#include "ctl/cloudflare/api.h"
#include "ctl/command/ctl.h"
#include "ctl/origin/origin.h"

/* `optch` of the common options; those of a verb begin at CFO_EDGE_OWN. */
enum {
    CFO_EDGE_TOKEN_FILE = 1,
    CFO_EDGE_API,
    CFO_EDGE_API_CA,
    CFO_EDGE_HTTPD,
    CFO_EDGE_DUMP,
    CFO_EDGE_FOLDER,
    CFO_EDGE_ORIGIN_STATUS,
    CFO_EDGE_WAIT,
    CFO_EDGE_JOBS,
    CFO_EDGE_OWN = 32
};

/* Their rows, for the table of a verb. */
/* clang-format off */
#define CFO_EDGE_OPTIONS \
    { "token-file", CFO_EDGE_TOKEN_FILE, 1, "the API token; otherwise $CLOUDFLARE_API_TOKEN" }, \
    { "api", CFO_EDGE_API, 1, "the API's address; otherwise $CLOUDFLARE_BASE_URL, or Cloudflare's" }, \
    { "api-ca", CFO_EDGE_API_CA, 1, "CA certificates that verify the API, instead of the system's" }, \
    { "httpd", CFO_EDGE_HTTPD, 1, "the command whose -t -D DUMP_CF_ORIGIN is read (apache2ctl, apachectl)" }, \
    { "dump", CFO_EDGE_DUMP, 1, "its output in a file, instead of running it" }, \
    { "folder", CFO_EDGE_FOLDER, 1, "a folder of zone files, instead of a configuration" }, \
    { "origin-status", CFO_EDGE_ORIGIN_STATUS, 1, "URL of an origin's status JSON; repeatable" }, \
    { "wait", CFO_EDGE_WAIT, 1, "seconds to wait, for a step or a limit, at most (900)" }, \
    { "jobs", CFO_EDGE_JOBS, 1, "zones at a time (4)" }
/* clang-format on */

typedef struct {
    cfo_api_t *api;
    cfo_origin_sources_t sources;
    apr_interval_time_t wait;
    int jobs;
} cfo_edge_t;

/* Reads the options and the token, and makes the API. Returns CFO_CTL_OK, CFO_CTL_USAGE
 * (and has said why), or CFO_CTL_INVALID (the token or a file; a problem of `ctl`). */
int cfo_edge_open(cfo_ctl_t *ctl, cfo_edge_t *edge);

#endif
