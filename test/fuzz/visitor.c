/* SPDX-License-Identifier: Apache-2.0 */
/* The first line is CF-Connecting-IP, the second CF-Connecting-IPv6. */
#include "core/verdict/visitor.h"

#include <arpa/inet.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *ip = fuzz_text(data, size), *newline = strchr(ip, '\n'), *ipv6 = NULL;
    char expected[INET6_ADDRSTRLEN];
    cfo_visitor_t visitor;

    if (newline) {
        *newline = '\0';
        ipv6 = fuzz_text((const uint8_t *)newline + 1, strlen(newline + 1));
    }
    cfo_visitor_read(fuzz_pool(), ip, ipv6, &visitor);
    PROMISE(cfo_visitor_status_name(visitor.status));
    if (visitor.status == CFO_VISITOR_REWRITTEN || visitor.status == CFO_VISITOR_PSEUDO) {
        int family = visitor.length == 4 ? AF_INET : AF_INET6;

        PROMISE(visitor.length == 4 || visitor.length == 16);
        PROMISE(inet_ntop(family, visitor.bytes, expected, sizeof expected));
        PROMISE(!strcmp(visitor.text, expected));
        PROMISE(visitor.length == 4 || visitor.bytes[0] >> 5 == 1);
    }
    else
        PROMISE(!visitor.text);
    free(ipv6);
    free(ip);
    return 0;
}
