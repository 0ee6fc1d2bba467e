/* SPDX-License-Identifier: Apache-2.0 */
/* What is UTF-8 and what is not. */
#ifndef CFO_CORE_BASE_UTF8_H
#define CFO_CORE_BASE_UTF8_H

/* The length of the UTF-8 sequence at `text` (RFC 3629: none too long, no surrogates,
 * nothing above U+10FFFF); 0 if there is none. `text` ends in a NUL. */
int cfo_utf8_length(const char *text);

#endif
