/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a client presented in the handshake. */
#ifndef CFO_HTTPD_TLS_LEAF_H
#define CFO_HTTPD_TLS_LEAF_H

#include "httpd.h"

/* Its DER, for a primary connection after mod_ssl's handshake, and before anything else
 * is read; lives in the connection's pool. A size of 0: it could not be read. NULL: the
 * client presented none. */
const unsigned char *cfo_leaf_read(conn_rec *c, long *size);

/* A variable of mod_ssl's; NULL: none, or it is empty. */
const char *cfo_ssl_variable(conn_rec *c, const char *name);

#endif
