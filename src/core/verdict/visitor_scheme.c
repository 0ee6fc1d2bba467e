/* SPDX-License-Identifier: Apache-2.0 */
/* The scheme that the visitor used: CF-Visitor. */
#include "core/verdict/visitor_scheme.h"

#include <stddef.h>
#include <string.h>

int cfo_visitor_scheme_is_https(const char *header)
{
    static const char *const tokens[] = { "{", "\"scheme\"", ":", "\"https\"", "}" };
    static const char white[] = " \t\r\n";
    size_t i;

    if (!header)
        return 0;
    for (i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        size_t length = strlen(tokens[i]);

        header += strspn(header, white);
        if (strncmp(header, tokens[i], length))
            return 0;
        header += length;
    }
    return !header[strspn(header, white)];
}

int cfo_visitor_port_is_https(int port)
{
    static const int ports[] = { 443, 2053, 2083, 2087, 2096, 8443 };
    size_t i;

    for (i = 0; i < sizeof ports / sizeof *ports; i++) {
        if (port == ports[i])
            return 1;
    }
    return 0;
}
