/* SPDX-License-Identifier: Apache-2.0 */
/* Names of request headers that belong to Cloudflare. */
#ifndef CFO_CORE_VERDICT_HEADER_NAME_H
#define CFO_CORE_VERDICT_HEADER_NAME_H

typedef enum {
    CFO_HEADER_FOREIGN,         /* not Cloudflare's */
    CFO_HEADER_CONNECTING_IP,   /* CF-Connecting-IP */
    CFO_HEADER_CONNECTING_IPV6, /* CF-Connecting-IPv6 */
    CFO_HEADER_RAY,             /* CF-Ray */
    CFO_HEADER_VISITOR,         /* CF-Visitor */
    CFO_HEADER_WORKER,          /* CF-Worker */
    CFO_HEADER_OTHER,           /* any other CF-*, and True-Client-IP */
    CFO_HEADER_LOOKALIKE        /* CF_Ray, CF.Ray, True_Client-IP: see below */
} cfo_header_t;

/* For cfo_header_classify(): of a name that begins with CF or T. */
cfo_header_t cfo_header_read(const char *name);

/* Compares without regard to case. A look-alike is a name that becomes one of
 * Cloudflare's if each character other than a letter or digit is read as a hyphen, as
 * CGI-like back ends do (RFC 3875, section 4.1.18). */
static inline cfo_header_t cfo_header_classify(const char *name)
{
    const int first = name[0] | 0x20;

    /* Nearly every header is foreign by its first letters. */
    if ((first != 'c' || (name[1] | 0x20) != 'f') && first != 't')
        return CFO_HEADER_FOREIGN;
    return cfo_header_read(name);
}

#endif
