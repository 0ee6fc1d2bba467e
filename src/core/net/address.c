/* SPDX-License-Identifier: Apache-2.0 */
/* An IP address as a number. */
#include "core/net/address.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static apr_uint64_t number(const unsigned char *bytes, int count)
{
    apr_uint64_t value = 0;
    int i;

    for (i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* inet_pton() takes three times as long, and each request has one. */
int cfo_address_read_ipv4(const char *text, unsigned char *bytes)
{
    int i;

    for (i = 0; i < 4; i++) {
        unsigned value = (unsigned)*text++ - '0', digit;

        if (value > 9)
            return 0;
        for (; (digit = (unsigned)*text - '0') <= 9; text++) {
            if (!value || value > 25) /* a leading zero, or more than 255 */
                return 0;
            value = 10 * value + digit;
        }
        if (value > 255 || *text++ != (i < 3 ? '.' : '\0'))
            return 0;
        bytes[i] = (unsigned char)value;
    }
    return 1;
}

int cfo_address_parse(const char *text, cfo_address_t *address)
{
    unsigned char bytes[16];

    if (cfo_address_read_ipv4(text, bytes)) {
        *address = (cfo_address_t){ 32, 0, number(bytes, 4) };
        return 1;
    }
    if (inet_pton(AF_INET6, text, bytes) == 1) {
        *address = (cfo_address_t){ 128, number(bytes, 8), number(bytes + 8, 8) };
        return 1;
    }
    return 0;
}

void cfo_address_from_bytes(const void *bytes, size_t count, cfo_address_t *address)
{
    static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    const unsigned char *b = bytes;

    if (count == 4)
        *address = (cfo_address_t){ 32, 0, number(b, 4) };
    else if (count == 16 && !memcmp(b, mapped, sizeof mapped))
        *address = (cfo_address_t){ 32, 0, number(b + 12, 4) };
    else if (count == 16)
        *address = (cfo_address_t){ 128, number(b, 8), number(b + 8, 8) };
    else
        *address = (cfo_address_t){ 0, 0, 0 };
}

cfo_address_t cfo_address_from_sockaddr(const apr_sockaddr_t *addr)
{
    int is_ip = addr->family == APR_INET || addr->family == APR_INET6;
    cfo_address_t address;

    cfo_address_from_bytes(addr->ipaddr_ptr, is_ip ? addr->ipaddr_len : 0, &address);
    return address;
}

/* Whether the first `length` bits are those of `high`, which is the upper half of an IPv6
 * address, or an IPv4 address. */
static int begins_with(const cfo_address_t *address, int bits, apr_uint64_t high,
                       int length)
{
    apr_uint64_t value = bits == 32 ? address->low : address->high;

    return address->bits == bits &&
           !((value ^ high) >> ((bits == 32 ? 32 : 64) - length));
}

int cfo_address_is_loopback(const cfo_address_t *address)
{
    return begins_with(address, 32, 0x7f000000, 8) ||
           (address->bits == 128 && !address->high && address->low == 1);
}

int cfo_address_is_private(const cfo_address_t *address)
{
    return begins_with(address, 32, 0x0a000000, 8) ||
           begins_with(address, 32, 0xac100000, 12) ||
           begins_with(address, 32, 0xc0a80000, 16) ||
           begins_with(address, 32, 0x64400000, 10) ||
           begins_with(address, 32, 0xa9fe0000, 16) ||
           begins_with(address, 128, APR_UINT64_C(0xfc00000000000000), 7) ||
           begins_with(address, 128, APR_UINT64_C(0xfe80000000000000), 10);
}

int cfo_address_compare(const cfo_address_t *a, const cfo_address_t *b)
{
    if (a->bits != b->bits)
        return a->bits < b->bits ? -1 : 1;
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    return a->low == b->low ? 0 : a->low < b->low ? -1 : 1;
}
