/* SPDX-License-Identifier: Apache-2.0 */
/* The libssl and libcrypto that mod_ssl has. The module is linked to no libssl, and to a
 * libcrypto that need not be the same: what belongs to mod_ssl is only touched by
 * functions that are found here, and leaves as bytes (internals 7.2). */
#ifndef CFO_HTTPD_TLS_LIBSSL_H
#define CFO_HTTPD_TLS_LIBSSL_H

#ifdef __has_include
#if __has_include("mod_ssl_openssl.h")
#define CFO_HAVE_MOD_SSL_OPENSSL_H
#endif
#endif

/* The function of this name, NULL if there is none or no mod_ssl. For the start: it is
 * far too slow for connections. */
void *cfo_libssl_find(const char *name);

#endif
