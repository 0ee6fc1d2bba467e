/* SPDX-License-Identifier: Apache-2.0 */
/* Watches handshakes through mod_ssl's pre_handshake hook and OpenSSL's message callback,
 * if the module was built with mod_ssl_openssl.h. */
#ifndef CFO_HTTPD_TLS_HANDSHAKE_WATCH_H
#define CFO_HTTPD_TLS_HANDSHAKE_WATCH_H

#include "httpd.h"

#include "httpd/config/conf.h"

/* For register_hooks. */
void cfo_handshake_watch_register(void);

/* For post_config, after mod_ssl's: finds what is needed of mod_ssl's libraries. Lives in
 * `pconf`. NULL: handshakes cannot be watched. */
const cfo_libssl_t *cfo_handshake_watch_prepare(apr_pool_t *pconf);

#endif
