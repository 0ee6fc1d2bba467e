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

/* Compares without regard to case. A look-alike is a name that becomes one of
 * Cloudflare's if each character other than a letter or digit is read as a hyphen, as
 * CGI-like back ends do (RFC 3875, section 4.1.18). */
cfo_header_t cfo_header_classify(const char *name);

#endif
