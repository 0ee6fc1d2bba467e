/* SPDX-License-Identifier: Apache-2.0 */
/* The libssl and libcrypto that mod_ssl uses. This module is not linked to libssl, and
 * its libcrypto may be another one than mod_ssl's: so objects of mod_ssl are only passed
 * to functions that are found here, and read as bytes (internals 7.2). */
#ifndef CFO_HTTPD_TLS_LIBSSL_H
#define CFO_HTTPD_TLS_LIBSSL_H

#ifdef __has_include
#if __has_include("mod_ssl_openssl.h")
#define CFO_HAVE_MOD_SSL_OPENSSL_H
#endif
#endif

/* The function of this name; NULL if there is none, or no mod_ssl. For startup only: too
 * slow for connections. */
void *cfo_libssl_find(const char *name);

/* For a list of rows X(result, field, name, arguments): CFO_LIBSSL_DECLARE makes the
 * fields of a struct, CFO_LIBSSL_LOAD finds their functions for `lib`, and sets
 * `is_complete` to 0 if one is missing. */
#define CFO_LIBSSL_DECLARE(result, field, name, arguments) result(*field) arguments;
#define CFO_LIBSSL_LOAD(result, field, name, arguments)                                  \
    lib->field = (result(*) arguments)cfo_libssl_find(name);                             \
    is_complete &= lib->field != NULL;

#endif
