/* SPDX-License-Identifier: Apache-2.0 */
/* An IP address as a number, so that ranges can be compared. */
#ifndef CFO_CORE_NET_ADDRESS_H
#define CFO_CORE_NET_ADDRESS_H

#include <stddef.h>

#include "apr.h"
#include "apr_network_io.h"

typedef struct {
    int bits;          /* 32: IPv4, 128: IPv6, 0: not an address */
    apr_uint64_t high; /* upper half of an IPv6 address; 0 for IPv4 */
    apr_uint64_t low;  /* lower half, or the whole IPv4 address */
} cfo_address_t;

/* Reads a literal exactly as inet_pton() does: no name, no shorthand, no octal, no zone
 * index, nothing around it. An IPv4-mapped literal stays IPv6. Returns 1; or 0, and then
 * *address is undefined. */
int cfo_address_parse(const char *text, cfo_address_t *address);

/* Reads an IPv4 literal exactly as inet_pton() does into 4 bytes, in network order.
 * Returns 1; or 0, and then the bytes are undefined. */
int cfo_address_read_ipv4(const char *text, unsigned char *bytes);

/* Reads 4 or 16 bytes in network order, as in a sockaddr. A mapped address
 * (::ffff:a.b.c.d, which a dual-stack socket has for an IPv4 peer) becomes IPv4. Any
 * other length gives an address of 0 bits, which no range contains. */
void cfo_address_from_bytes(const void *bytes, size_t count, cfo_address_t *address);

/* The same of a socket's address; 0 bits if it is not an IP address (a Unix socket). */
cfo_address_t cfo_address_from_sockaddr(const apr_sockaddr_t *addr);

/* 127.0.0.0/8 and ::1. */
int cfo_address_is_loopback(const cfo_address_t *address);

/* What only a network of one's own has: RFC 1918, RFC 6598 (100.64.0.0/10), RFC 4193
 * (fc00::/7), and link-local addresses. */
int cfo_address_is_private(const cfo_address_t *address);

/* <0, 0 or >0; IPv4 sorts before IPv6. */
int cfo_address_compare(const cfo_address_t *a, const cfo_address_t *b);

#endif
