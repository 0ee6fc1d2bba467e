/* SPDX-License-Identifier: Apache-2.0 */
/* The scheme that the visitor used: CF-Visitor. */
#ifndef CFO_CORE_VERDICT_VISITOR_SCHEME_H
#define CFO_CORE_VERDICT_VISITOR_SCHEME_H

/* Whether CF-Visitor (NULL: absent) is the JSON object {"scheme":"https"}, and nothing
 * else: white space of JSON (RFC 8259, section 2) may stand between its tokens, and there
 * is no other member, escape or letter in upper case. Pure. */
int cfo_visitor_scheme_is_https(const char *header);

/* Whether Cloudflare takes https requests at `port`, so that a URL may name it.
 * (Cloudflare: Network ports, in its reference documentation.) */
int cfo_visitor_port_is_https(int port);

#endif
