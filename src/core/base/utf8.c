/* SPDX-License-Identifier: Apache-2.0 */
/* Validation of UTF-8. */
#include "core/base/utf8.h"

int cfo_utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned char least = 0x80, most = 0xbf;
    int length, i;

    if (*s < 0x80)
        return 1;
    if (*s < 0xc2 || *s > 0xf4)
        return 0;
    length = *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
    if (*s == 0xe0)
        least = 0xa0;
    else if (*s == 0xed)
        most = 0x9f;
    else if (*s == 0xf0)
        least = 0x90;
    else if (*s == 0xf4)
        most = 0x8f;
    if (s[1] < least || s[1] > most)
        return 0;
    for (i = 2; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}
