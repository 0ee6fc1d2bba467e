/* SPDX-License-Identifier: Apache-2.0 */
/* Which request headers speak in Cloudflare's name. */
#ifndef CFO_CORE_VERDICT_HEADER_NAME_H
#define CFO_CORE_VERDICT_HEADER_NAME_H

typedef enum {
    CFO_HEADER_FOREIGN,         /* none of our business */
    CFO_HEADER_CONNECTING_IP,   /* CF-Connecting-IP */
    CFO_HEADER_CONNECTING_IPV6, /* CF-Connecting-IPv6 */
    CFO_HEADER_RAY,             /* CF-Ray */
    CFO_HEADER_WORKER,          /* CF-Worker */
    CFO_HEADER_OTHER,           /* any other CF-*, and True-Client-IP */
    CFO_HEADER_LOOKALIKE        /* CF_Ray, CF.Ray, True_Client-IP: see below */
} cfo_header_t;

/* Names are compared without regard to case. A look-alike is a name that becomes one of
 * Cloudflare's when everything that is neither letter nor digit is read as a hyphen, as
 * CGI-like back ends do (internals 5.2). */
cfo_header_t cfo_header_classify(const char *name);

#endif
