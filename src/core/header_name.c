/* SPDX-License-Identifier: Apache-2.0 */
/* Which request headers speak in Cloudflare's name. */
#include "header_name.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"

/* Compares with a lower-case name, any punctuation in `name` counting as a hyphen.
 * `whole`: to the end of both; else `name` may go on. */
static int reads_as(const char *name, const char *lower, int whole)
{
    for (; *lower; name++, lower++) {
        char c = *name && !apr_isalnum(*name) ? '-' : (char)apr_tolower(*name);

        if (c != *lower)
            return 0;
    }
    return !whole || !*name;
}

/* Nearly every header ends here, after one look at its first letter. */
static int is_cloudflares(const char *name)
{
    if (*name == 'c' || *name == 'C')
        return reads_as(name, "cf-", 0);
    if (*name == 't' || *name == 'T')
        return reads_as(name, "true-client-ip", 1);
    return 0;
}

cfo_header_t cfo_header_classify(const char *name)
{
    const char *c;

    if (!is_cloudflares(name))
        return CFO_HEADER_FOREIGN;
    for (c = name; *c; c++) {
        if (*c != '-' && !apr_isalnum(*c))
            return CFO_HEADER_LOOKALIKE;
    }
    if (!strcasecmp(name, "CF-Ray"))
        return CFO_HEADER_RAY;
    if (!strcasecmp(name, "CF-Connecting-IP"))
        return CFO_HEADER_CONNECTING_IP;
    if (!strcasecmp(name, "CF-Connecting-IPv6"))
        return CFO_HEADER_CONNECTING_IPV6;
    return strcasecmp(name, "CF-Worker") ? CFO_HEADER_OTHER : CFO_HEADER_WORKER;
}
