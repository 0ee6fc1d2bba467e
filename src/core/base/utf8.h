/* SPDX-License-Identifier: Apache-2.0 */
/* Validation of UTF-8. */
#ifndef CFO_CORE_BASE_UTF8_H
#define CFO_CORE_BASE_UTF8_H

/* The length of the UTF-8 sequence at `text` (RFC 3629: no overlong form, no
 * surrogates, nothing above U+10FFFF); 0 if it is not valid. `text` ends in a NUL. */
int cfo_utf8_length(const char *text);

#endif
