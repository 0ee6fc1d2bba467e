/* SPDX-License-Identifier: Apache-2.0 */
/* The short form of the status, within mod_status. */
#ifndef CFO_HTTPD_STATUS_STATUS_SHORT_H
#define CFO_HTTPD_STATUS_STATUS_SHORT_H

/* Registers the hook of mod_status; has no effect if mod_status is not loaded. */
void cfo_status_short_register(void);

#endif
