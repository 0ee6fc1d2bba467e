/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: Cloudflare's ranges, in the ways in which rules name them. */
#include "ctl/migrate/migrate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/net/ranges_retired.h"
#include "core/trust/zone_name.h"

enum { WORD_MOST = 63 };

/* Bits of a netmask (255.255.252.0), or of a length; -1: neither. */
static int prefix_length(const char *text)
{
    cfo_address_t mask;
    size_t digits = strspn(text, "0123456789");
    int bits = 0;

    if (digits && digits <= 3 && !text[digits])
        return atoi(text);
    if (!cfo_address_parse(text, &mask) || mask.bits != 32)
        return -1;
    while (bits < 32 && mask.low & ((apr_uint64_t)1 << (31 - bits)))
        bits++;
    return bits;
}

/* "172.64" is 172.64.0.0/16. */
static int complete(char *text, int *bits)
{
    int dots = 0;
    char *c = text;
    size_t length = strspn(text, "0123456789.");

    if (text[length] || !length || length > 11)
        return 0;
    if (text[length - 1] == '.')
        text[--length] = '\0';
    for (; *c; c++)
        dots += *c == '.';
    if (dots > 2)
        return 0;
    *bits = 8 * (dots + 1);
    for (; dots < 3; dots++)
        strcat(text, ".0");
    return 1;
}

static int contains(const cfo_address_t *range, int bits, const cfo_address_t *address)
{
    int shift = 32 - bits;

    return range->bits == 32 && address->bits == 32 && bits >= 8 && bits <= 32 &&
           range->low >> shift == address->low >> shift;
}

/* The first addresses of the built-in list, and of what was Cloudflare's once. */
static int contains_published(const cfo_address_t *range, int bits)
{
    apr_pool_t *p;
    apr_array_header_t *all;
    int i, result = 0;

    apr_pool_create(&p, NULL);
    all = apr_array_make(p, 32, sizeof(cfo_range_t));
    cfo_ranges_add_builtin(all);
    cfo_ranges_add_retired(all);
    for (i = 0; i < all->nelts && !result; i++)
        result = contains(range, bits, &APR_ARRAY_IDX(all, i, cfo_range_t).first);
    apr_pool_destroy(p);
    return result;
}

/* Reads the address of a word, and completes a part of one. */
static int read_address(char *text, cfo_address_t *address, int *bits)
{
    int part = 0;

    if (cfo_address_parse(text, address))
        return 1;
    if (!complete(text, &part) || !cfo_address_parse(text, address))
        return 0;
    *bits = *bits < 0 ? part : *bits;
    return 1;
}

int cfo_word_is_edge(const cfo_ranges_t *edge, const char *word)
{
    char text[WORD_MOST + 16], *slash;
    cfo_address_t address;
    int bits = -1;

    if (strlen(word) > WORD_MOST)
        return 0;
    strcpy(text, word);
    slash = strchr(text, '/');
    if (slash) {
        *slash = '\0';
        bits = prefix_length(slash + 1);
        if (bits < 8)
            return 0;
    }
    if (!read_address(text, &address, &bits))
        return 0;
    return cfo_ranges_contain(edge, &address) ||
           contains_published(&address, bits < 0 ? address.bits : bits);
}

int cfo_word_is_loopback(const char *word)
{
    return !strncmp(word, "127.", 4) || !strncmp(word, "::1", 3) ||
           !strncmp(word, "[::1]", 5) || !strncasecmp(word, "localhost", 9);
}

/* Whether a regular expression begins one of its addresses as Cloudflare's do: the first
 * two numbers of each IPv4 range. */
static int has_pattern(const char *text)
{
    static const char *const starts[] = { "173.245.", "103.21.",  "103.22.",  "103.31.",
                                          "141.101.", "108.162.", "190.93.",  "188.114.",
                                          "197.234.", "198.41.",  "162.158.", "104.16.",
                                          "172.64.",  "131.0.72", "172.6[" };
    char plain[4096];
    size_t i, length = 0;

    for (; *text && length < sizeof plain - 1; text++) {
        if (*text != '\\')
            plain[length++] = *text;
    }
    plain[length] = '\0';
    for (i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (strstr(plain, starts[i]))
            return 1;
    }
    return strstr(plain, "172.(6") || strstr(plain, "104.(1");
}

int cfo_text_has_edge(const cfo_migration_t *migration, const char *text)
{
    char word[WORD_MOST + 1];

    if (has_pattern(text))
        return 1;
    while (*text) {
        size_t length = strspn(text, "0123456789abcdefABCDEF.:/");

        if (length >= 7 && length <= WORD_MOST) {
            memcpy(word, text, length);
            word[length] = '\0';
            if (cfo_word_is_edge(migration->edge, word))
                return 1;
        }
        text += length ? length : 1;
    }
    return 0;
}

/* Second-level names below which everybody registers. */
static int is_registry(const char *label, size_t length)
{
    static const char *const labels[] = { "co",  "com", "net", "org", "gov", "edu",
                                          "ac",  "or",  "ne",  "go",  "gob", "gv",
                                          "nom", "id",  "me",  "ltd", "plc", "gen" };
    size_t i;

    for (i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (strlen(labels[i]) == length && !strncasecmp(label, labels[i], length))
            return 1;
    }
    return 0;
}

const char *cfo_zone_guess(apr_pool_t *p, const char *host)
{
    const char *labels[4] = { NULL }, *zone, *c;
    int count = 0, wanted = 2;

    if (!strncmp(host, "*.", 2))
        host += 2;
    for (c = host + strlen(host); c > host && count < 3; c--) {
        if (c[-1] == '.' && c[0])
            labels[count++] = c;
    }
    if (c == host && count < 3 && *host)
        labels[count++] = host;
    if (count < 2)
        return NULL;
    if (count == 3 && strlen(labels[0]) == 2 &&
        is_registry(labels[1], labels[0] - labels[1] - 1))
        wanted = 3;
    zone = labels[wanted - 1];
    return cfo_zone_name_read(p, zone, &zone) ? NULL : zone;
}
