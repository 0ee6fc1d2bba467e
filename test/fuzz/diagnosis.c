/* SPDX-License-Identifier: Apache-2.0 */
/* A file that should be PEM and is none: what it is said to be. */
#include "core/trust/der_kind.h"
#include "core/trust/foreign_text.h"
#include "core/trust/pem_diagnosis.h"
#include "core/trust/pem_front.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "fuzz.h"

static void check(const char *said)
{
    PROMISE(!said || (*said && fuzz_is_printable(said)));
}

/* What is called a certificate is one for OpenSSL, too. */
static void check_certificate(const uint8_t *data, size_t size)
{
    const unsigned char *at = data;
    X509 *x509 = d2i_X509(NULL, &at, (long)size);

    PROMISE(x509);
    X509_free(x509);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = fuzz_exact(data, size), *text = fuzz_text(data, size);

    check(cfo_der_kind(exact, size));
    check(cfo_foreign_text(exact, size));
    check(cfo_pem_diagnose(exact, size));
    check(cfo_pem_front(exact, size));
    check(cfo_pem_advice(text));
    if (cfo_der_is_certificate(exact, size))
        check_certificate(data, size);
    PROMISE(ERR_peek_error() == 0);
    free(text);
    free(exact);
    return 0;
}
