/* SPDX-License-Identifier: Apache-2.0 */
/* Text that an editor saved as UTF-16. */
#include "core/base/utf16.h"

#include <string.h>

enum { LOOKED_AT = 64 };

/* 0: the low byte is the first of two; 1: it is the second; -1: this is not UTF-16. */
static int low_byte(const char *text, apr_size_t length)
{
    apr_size_t i, count = length < LOOKED_AT ? length & ~(apr_size_t)1 : LOOKED_AT;
    apr_size_t nuls[2] = { 0, 0 };

    if (length >= 2 && !memcmp(text, "\xff\xfe", 2))
        return 0;
    if (length >= 2 && !memcmp(text, "\xfe\xff", 2))
        return 1;
    for (i = 0; i < count; i++)
        nuls[i % 2] += !text[i];
    if (count < 8 || (nuls[0] && nuls[1]))
        return -1;
    if (nuls[1] == count / 2)
        return 0;
    return nuls[0] == count / 2 ? 1 : -1;
}

int cfo_utf16_is(const char *text, apr_size_t length)
{
    return low_byte(text, length) >= 0;
}

const char *cfo_utf16_to_ascii(apr_pool_t *p, const char *text, apr_size_t length,
                               apr_size_t *ascii_length)
{
    int low = low_byte(text, length);
    char *ascii = apr_palloc(p, length / 2 + 1), *end = ascii;
    apr_size_t i;

    for (i = 0; low >= 0 && i + 1 < length; i += 2) {
        unsigned char c = (unsigned char)text[i + low];
        unsigned char high = (unsigned char)text[i + 1 - low];

        if (high != 0xfe || c != 0xff || i) /* it is not the mark */
            *end++ = high || c > 0x7f || !c ? '?' : (char)c;
    }
    *end = '\0';
    *ascii_length = (apr_size_t)(end - ascii);
    return ascii;
}

void cfo_utf8_skip_mark(const char **text, apr_size_t *length)
{
    if (*length >= 3 && !memcmp(*text, "\xef\xbb\xbf", 3)) {
        *text += 3;
        *length -= 3;
    }
}
