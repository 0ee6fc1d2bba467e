/* SPDX-License-Identifier: Apache-2.0 */
/* The table of directives, for the module record. */
#ifndef CFO_HTTPD_CONFIG_DIRECTIVES_H
#define CFO_HTTPD_CONFIG_DIRECTIVES_H

#include "httpd.h"
#include "http_config.h"

extern const command_rec cfo_directives[];

#endif
