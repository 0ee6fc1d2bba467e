/* SPDX-License-Identifier: Apache-2.0 */
/* What people write where an address range is expected. */
#include "core/net/range_hint.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

static int leading_ones(apr_uint32_t mask)
{
    int length = 0;

    for (; mask & 0x80000000u; mask <<= 1)
        length++;
    return mask ? -1 : length;
}

int cfo_netmask_length(const cfo_address_t *mask)
{
    apr_uint32_t bits = (apr_uint32_t)mask->low;
    int length;

    if (mask->bits != 32)
        return -1;
    length = leading_ones(bits);
    return length > 0 ? length : bits ? leading_ones(~bits) : -1;
}

int cfo_bounds_length(const cfo_address_t *first, const cfo_address_t *last)
{
    apr_uint64_t high = first->high ^ last->high, low = first->low ^ last->low;
    int host = high ? 64 : 0;

    if (first->bits != last->bits || cfo_address_compare(first, last) > 0 ||
        (high && ~low))
        return -1;
    if (high)
        low = high;
    /* Only the host bits differ, all of them, and they are 0 in the first address. */
    if ((low & (low + 1)) || ((host ? first->high : first->low) & low) ||
        (host && first->low))
        return -1;
    for (; low; low >>= 1)
        host++;
    return first->bits - host;
}

/* "103.21.244.0/255.255.252.0" */
static const char *hint_netmask(apr_pool_t *p, const char *text)
{
    const char *slash = strchr(text, '/');
    cfo_address_t address, mask;
    const char *before;
    int length;

    if (!slash || !strchr(slash, '.'))
        return NULL;
    before = apr_pstrmemdup(p, text, (apr_size_t)(slash - text));
    if (!cfo_address_parse(before, &address) || !cfo_address_parse(slash + 1, &mask))
        return NULL;
    length = cfo_netmask_length(&mask);
    if (length < 0 || address.bits != 32)
        return apr_psprintf(p, "%s is not a netmask either", slash + 1);
    return apr_psprintf(p, "it has a netmask; write %s/%d", before, length);
}

/* "103.21.244.0-103.21.247.255" */
static const char *hint_bounds(apr_pool_t *p, const char *text)
{
    const char *dash = strchr(text, '-');
    cfo_address_t first, last;
    const char *before;
    int length;

    if (!dash)
        return NULL;
    before = apr_pstrmemdup(p, text, (apr_size_t)(dash - text));
    if (!cfo_address_parse(before, &first) || !cfo_address_parse(dash + 1, &last))
        return NULL;
    length = cfo_bounds_length(&first, &last);
    if (length < 0)
        return "these are a first and a last address; write the prefixes that are between them, "
               "such as 192.0.2.0/24";
    return apr_psprintf(p, "these are a first and a last address; write %s/%d", before,
                        length);
}

/* "104.16.*", "104.16.x.x" and "104.16." */
static const char *hint_shorthand(apr_pool_t *p, const char *text)
{
    int octets = 0, length;
    const char *c = text;
    char *prefix;

    while (apr_isdigit(*c)) {
        c += strspn(c, "0123456789");
        octets++;
        if (*c == '.')
            c++;
    }
    if (!octets || octets > 3 || strspn(c, "*xX.") != strlen(c) || c == text)
        return NULL;
    prefix = apr_pstrmemdup(p, text, (apr_size_t)(c - text));
    length = (int)strlen(prefix);
    if (prefix[length - 1] != '.')
        return NULL; /* "127.1" is 127.0.0.1 to some programs */
    prefix[length - 1] = '\0';
    return apr_psprintf(p, "it is shortened; write %s%s/%d", prefix,
                        octets == 3   ? ".0"
                        : octets == 2 ? ".0.0"
                                      : ".0.0.0",
                        8 * octets);
}

/* "104.16/13" */
static const char *hint_part(apr_pool_t *p, const char *text)
{
    size_t digits = strspn(text, "0123456789.");
    int dots = 0;
    size_t i;

    for (i = 0; i < digits; i++)
        dots += text[i] == '.';
    if (!digits || text[digits] != '/' || !dots || dots > 2 || !apr_isdigit(text[0]) ||
        !apr_isdigit(text[digits - 1]) || !apr_isdigit(text[digits + 1]))
        return NULL;
    return apr_psprintf(p, "it is shortened; write %s%s%s",
                        apr_pstrmemdup(p, text, digits), dots == 2 ? ".0" : ".0.0",
                        text + digits);
}

static int is_ascii(const char *text)
{
    while (*text && !((unsigned char)*text & 0x80))
        text++;
    return !*text;
}

/* "[2001:db8::1]", "192.0.2.1:443", "fe80::1%eth0" */
static const char *hint_decoration(apr_pool_t *p, const char *text)
{
    const char *close = strchr(text, ']'), *colon = strrchr(text, ':');
    cfo_address_t address;

    if (*text == '[' && close &&
        cfo_address_parse(apr_pstrmemdup(p, text + 1, (apr_size_t)(close - text - 1)),
                          &address))
        return apr_psprintf(p, "it has brackets%s; write %s%s",
                            close[1] == ':' ? " and a port" : "",
                            apr_pstrmemdup(p, text + 1, (apr_size_t)(close - text - 1)),
                            close[1] == '/' ? close + 1 : "");
    if (strchr(text, '%') &&
        cfo_address_parse(apr_pstrmemdup(p, text, strcspn(text, "%")), &address))
        return apr_psprintf(p, "it has an interface; write %s",
                            apr_pstrmemdup(p, text, strcspn(text, "%")));
    if (colon &&
        cfo_address_parse(apr_pstrmemdup(p, text, (apr_size_t)(colon - text)),
                          &address) &&
        address.bits == 32)
        return apr_psprintf(p, "it has a port; write %s",
                            apr_pstrmemdup(p, text, (apr_size_t)(colon - text)));
    return NULL;
}

/* "131.0.72.0/222400:cb00::/32": the last line of one list had no newline. */
static int is_glued(const char *text)
{
    const char *slash = strchr(text, '/');
    const char *next = slash ? strchr(slash + 1, '/') : NULL;

    return next && next - slash > 3 && strcspn(slash, ".:") < (size_t)(next - slash);
}

const char *cfo_range_hint(apr_pool_t *p, const char *text)
{
    const char *hint = NULL;

    if (strpbrk(text, " \t"))
        return "there are several words; a list has one range on each line, and a comment only after "
               "a #";
    if (strstr(text, "://"))
        return "it is a URL; download the list, and write the name of the file or the ranges";
    if (strpbrk(text, ",;|"))
        return apr_psprintf(
            p,
            "it has a %s; ranges are separated by spaces in a directive, and each "
            "is on a line of its own in a file",
            strchr(text, ',')   ? "comma"
            : strchr(text, ';') ? "semicolon"
                                : "bar");
    if (*text == '!')
        return "ranges cannot be excluded; list those that are meant";
    if (strpbrk(text, "\"'"))
        return "it has quotation marks; write the range without them";
    hint = hint_netmask(p, text);
    if (!hint)
        hint = hint_bounds(p, text);
    if (!hint)
        hint = hint_shorthand(p, text);
    if (!hint)
        hint = hint_part(p, text);
    if (!hint)
        hint = hint_decoration(p, text);
    if (!hint && !is_ascii(text))
        hint =
            "it has characters that are not ASCII (a no-break space, a typographic dash or "
            "slash, as web pages have them): type it again";
    if (!hint && is_glued(text))
        hint =
            "these are two ranges without a line break between them, as when two lists are joined "
            "and the first one does not end with a newline";
    return hint;
}
