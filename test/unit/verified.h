/* SPDX-License-Identifier: Apache-2.0 */
/* Counts verifications by OpenSSL, which an unknown client can cause. For tests that are
 * linked with
 * --wrap of both functions (Makefile: wrap_...); included by one file of a program. */
#ifndef TEST_VERIFIED_H
#define TEST_VERIFIED_H

#include <openssl/x509_vfy.h>

static int verified;

int __real_X509_verify_cert(X509_STORE_CTX *ctx);
int __wrap_X509_verify_cert(X509_STORE_CTX *ctx);
int __real_X509_verify(X509 *x509, EVP_PKEY *key);
int __wrap_X509_verify(X509 *x509, EVP_PKEY *key);

int __wrap_X509_verify_cert(X509_STORE_CTX *ctx)
{
    __atomic_add_fetch(&verified, 1, __ATOMIC_RELAXED);
    return __real_X509_verify_cert(ctx);
}

int __wrap_X509_verify(X509 *x509, EVP_PKEY *key)
{
    __atomic_add_fetch(&verified, 1, __ATOMIC_RELAXED);
    return __real_X509_verify(x509, key);
}

#endif
