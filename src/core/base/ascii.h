/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of characters: those of ASCII, whatever locale another module may have set, and
 * by a table, because this is asked for each character of each request. Thread-safe. */
#ifndef CFO_CORE_BASE_ASCII_H
#define CFO_CORE_BASE_ASCII_H

enum {
    CFO_ASCII_DIGIT = 1,
    CFO_ASCII_UPPER = 2,
    CFO_ASCII_LOWER = 4,
    CFO_ASCII_LOWER_HEX = 8, /* 0-9, a-f */
    CFO_ASCII_HYPHEN = 16,
    CFO_ASCII_MARK = 32, /* .:-_[]* */
    CFO_ASCII_ALNUM = CFO_ASCII_DIGIT | CFO_ASCII_UPPER | CFO_ASCII_LOWER,
    CFO_ASCII_WORD = CFO_ASCII_ALNUM | CFO_ASCII_MARK
};

extern const unsigned char cfo_ascii_kinds[256];

/* Whether `c` is of one of these kinds. A NUL is of none. */
static inline int cfo_ascii_is(char c, int kinds)
{
    return cfo_ascii_kinds[(unsigned char)c] & kinds;
}

#endif
