/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: addresses of this host and of its network. */
#include "ctl/audit/own_address.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

int cfo_ctl_address_read(const char *text, cfo_address_t *address)
{
    if (!cfo_address_parse(text, address))
        return 0;
    if (address->bits == 128 && !address->high && address->low >> 32 == 0xffff) {
        address->bits = 32;
        address->low &= 0xffffffff;
    }
    return 1;
}

/* Whether the first `length` bits are those of `first`: for IPv4 of its 32 bits, for IPv6
 * of its upper half. */
static int begins(const cfo_address_t *address, int bits, apr_uint64_t first, int length)
{
    int half = bits == 32 ? 32 : 64;
    apr_uint64_t value = bits == 32 ? address->low : address->high;

    return address->bits == bits && value >> (half - length) == first >> (half - length);
}

/* The rest of 127.0.0.0/8 is used only by who chooses it, as in tests with many clients.
 */
int cfo_ctl_address_is_loopback(const cfo_address_t *address)
{
    return begins(address, 32, 0x7f000000, 16) ||
           (address->bits == 128 && !address->high && address->low == 1);
}

int cfo_ctl_address_is_private(const cfo_address_t *address)
{
    return begins(address, 32, 0x0a000000, 8) || begins(address, 32, 0xac100000, 12) ||
           begins(address, 32, 0xc0a80000, 16) || begins(address, 32, 0x64400000, 10) ||
           begins(address, 32, 0xa9fe0000, 16) ||
           begins(address, 128, APR_UINT64_C(0xfc00000000000000), 7) ||
           begins(address, 128, APR_UINT64_C(0xfe80000000000000), 10);
}

static void add(apr_array_header_t *ranges, const struct sockaddr *of)
{
    cfo_address_t address = { 0, 0, 0 };

    if (of && of->sa_family == AF_INET)
        cfo_address_from_bytes(&((const struct sockaddr_in *)(const void *)of)->sin_addr,
                               4, &address);
    if (of && of->sa_family == AF_INET6)
        cfo_address_from_bytes(
            &((const struct sockaddr_in6 *)(const void *)of)->sin6_addr, 16, &address);
    if (address.bits && !cfo_ctl_address_is_loopback(&address))
        APR_ARRAY_PUSH(ranges, cfo_range_t) = (cfo_range_t){ address, address };
}

void cfo_ctl_address_add_interfaces(apr_array_header_t *ranges)
{
    struct ifaddrs *all, *one;

    if (getifaddrs(&all))
        return;
    for (one = all; one; one = one->ifa_next)
        add(ranges, one->ifa_addr);
    freeifaddrs(all);
}
