/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one line with address ranges. */
#include "core/net/ranges_line.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "core/net/range_hint.h"

enum { SHOWN_MOST = 80, LEFT_OUT_MOST = 20 };

/* The formats that are recognized by a word of a line; the first that applies. */
static const struct {
    const char *word, *format;
} formats[] = {
    { "set_real_ip_from", "a list for nginx (set_real_ip_from)" },
    { "RemoteIPTrustedProxy", "a list for mod_remoteip (RemoteIPTrustedProxy)" },
    { "RemoteIPInternalProxy", "a list for mod_remoteip (RemoteIPInternalProxy)" },
    { "CloudFlareRemoteIPTrustedProxy", "a list for mod_cloudflare" },
    { "CFOriginPullRanges", "a line of a configuration (CFOriginPullRanges)" },
    { "Require", "a list of access rules (Require ip)" },
    { "Allow", "a list of access rules (Allow from)" },
    { "allow", "a list of access rules (allow)" },
    { "acl", "a list for HAProxy (acl)" },
    { "iptables", "a list of firewall rules" },
    { "ip6tables", "a list of firewall rules" },
    { "-A", "a list of firewall rules" },
    { "-I", "a list of firewall rules" },
    { "ufw", "a list of firewall rules" },
    { "ipset", "a list for ipset" },
    { "add", "a list for ipset" },
    { "trusted_proxies", "a list for Caddy (trusted_proxies)" },
    { "geo", "a list for nginx (geo)" },
    { "RPAF_ProxyIPs", "a list for mod_rpaf" },
    { "RPAFproxy_ips", "a list for mod_rpaf" },
};

/* Words that lines without a range may begin with: the rest of such configurations. */
static const char *const other_lines[] = {
    "real_ip_header",
    "real_ip_recursive",
    "RemoteIPHeader",
    "RemoteIPProxiesHeader",
    "CloudFlareRemoteIPHeader",
    "Order",
    "deny",
    "Satisfy",
    "create",
    "default",
    "flush",
    "COMMIT",
    "LoadModule",
    "elements",
    "set",
    "type",
    "flags",
    "version",
    "table",
    "name",
    "ipv4",
    "ipv6",
    "ip",
    "ips",
    "range",
    "ranges",
    "cidr",
    "prefix",
    "prefixes",
    "network",
    "address",
    "echo",
    "return",
    "array",
    "RemoteIPTrustedProxyList",
};

/* Words that make a line deny what it names. */
static const char *const denials[] = { "deny", "drop", "reject", "not", "block", "!" };

/* A text that is being converted. */
typedef struct {
    apr_pool_t *pool;
    cfo_conversion_t *conversion;
    int number; /* of the line */
} converter_t;

/* The words of a line. */
typedef struct {
    const char *text; /* the line itself, without its end */
    apr_array_header_t *words;
    int found; /* ranges on it */
} line_t;

static const char *word_at(const line_t *line, int i)
{
    return i < line->words->nelts ? APR_ARRAY_IDX(line->words, i, const char *) : "";
}

static const char *fail(const converter_t *converter, const char *text,
                        const char *reason)
{
    return apr_psprintf(converter->pool, "line %d: %s: %s", converter->number,
                        cfo_text_quote(converter->pool, text, SHOWN_MOST), reason);
}

/* Splits at what separates, and removes what surrounds: "1.2.3.0"/24 is one word, as
 * Varnish has it. */
static line_t split(apr_pool_t *p, const char *text)
{
    line_t line = { text, apr_array_make(p, 8, sizeof(const char *)), 0 };
    char *word = apr_palloc(p, strlen(text) + 1), *end = word;

    for (;; text++) {
        if (*text && strchr("\"'`[](){}", *text))
            continue;
        if (*text && !apr_isspace(*text) && !strchr(",;|=<>", *text)) {
            *end++ = *text;
            continue;
        }
        *end = '\0';
        if (end > word && strspn(word, "-*") != strlen(word))
            APR_ARRAY_PUSH(line.words, const char *) = apr_pstrdup(p, word);
        else if (!strcmp(word, "-"))
            APR_ARRAY_PUSH(line.words, const char *) = "-";
        end = word;
        if (!*text)
            return line;
    }
}

/* Whether a word is meant as an address: it begins with a digit and has dots, or it has
 * colons as IPv6 has. */
static int is_address_like(const char *word)
{
    size_t digits = strspn(word, "0123456789");
    const char *colon = strchr(word, ':');

    if (digits && word[digits] == '.' && apr_isdigit(word[digits + 1]))
        return 1;
    return colon && strchr(colon + 1, ':') &&
           word[strspn(word, "0123456789abcdefABCDEF:./%-")] == '\0';
}

static void set_format(converter_t *converter, const char *format)
{
    if (!converter->conversion->format)
        converter->conversion->format = format;
}

static const char *add(converter_t *converter, line_t *line, const char *text)
{
    cfo_range_t range;
    const char *reason = cfo_range_parse(converter->pool, text, &range);

    if (reason)
        return fail(converter, text, reason);
    APR_ARRAY_PUSH(converter->conversion->ranges, cfo_range_t) = range;
    line->found++;
    return NULL;
}

/* "103.21.244.0/255.255.252.0" and "103.21.244.0-103.21.247.255", also as two or three
 * words. Returns the text of the prefix; NULL: it is neither. */
static const char *combine(converter_t *converter, const char *word, const char *other,
                           int is_mask)
{
    cfo_address_t one, two;
    int length;

    if (!cfo_address_parse(word, &one) || !cfo_address_parse(other, &two))
        return NULL;
    length = is_mask ? cfo_netmask_length(&two) : cfo_bounds_length(&one, &two);
    if (length < 0)
        return NULL;
    set_format(converter,
               is_mask ? "a list with netmasks" : "a list of first and last addresses");
    return apr_psprintf(converter->pool, "%s/%d", word, length);
}

/* A word with its mask or its other bound in it. */
static const char *convert_word(converter_t *converter, const char *word)
{
    const char *sign = strpbrk(word, "/-");
    const char *text = NULL;

    if (sign)
        text = combine(converter,
                       apr_pstrmemdup(converter->pool, word, (apr_size_t)(sign - word)),
                       sign + 1, *sign == '/');
    return text ? text : word;
}

static int is_mask_word(const char *word)
{
    return !strcasecmp(word, "netmask") || !strcasecmp(word, "mask");
}

/* Adds the range at word *i, and moves *i to its last word. */
static const char *add_range(converter_t *converter, line_t *line, int *i)
{
    const char *word = word_at(line, *i), *next = word_at(line, *i + 1);
    int skipped = is_mask_word(next) || !strcmp(next, "-") ? 2 : 1;
    const char *text = NULL;

    if (!strchr(word, '/')) {
        const char *other = word_at(line, *i + skipped);

        if (strcmp(next, "-"))
            text = combine(converter, word, other, 1);
        else
            text = combine(converter, word, other, 0);
        if (!text && skipped == 2)
            return fail(converter, line->text, "these two are not one prefix");
    }
    if (text)
        *i += skipped;
    return add(converter, line, text ? text : convert_word(converter, word));
}

static int is_one_of(const char *const *words, size_t count, const char *word)
{
    size_t i;

    for (i = 0; i < count && words[i]; i++) {
        if (!strcasecmp(words[i], word))
            return 1;
    }
    return 0;
}

/* What the line is a part of, by its first words. */
static void recognize(converter_t *converter, const line_t *line)
{
    size_t i;

    for (i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!strcmp(word_at(line, 0), formats[i].word))
            set_format(converter, formats[i].format);
    }
}

static void leave_out(converter_t *converter, const char *text)
{
    apr_array_header_t *list = converter->conversion->left_out;

    if (list->nelts < LEFT_OUT_MOST)
        APR_ARRAY_PUSH(list, const char *) =
            apr_psprintf(converter->pool, "line %d: %s", converter->number,
                         cfo_text_quote(converter->pool, text, SHOWN_MOST));
    else if (list->nelts == LEFT_OUT_MOST)
        APR_ARRAY_PUSH(list, const char *) = "and more";
}

/* "[section]", "ranges:", "$ips = array(", "CLOUDFLARE = [", "table cf {" */
static int opens_something(const char *text)
{
    return strchr("([{:", text[strlen(text) - 1]) ||
           (*text == '[' && text[strlen(text) - 1] == ']');
}

/* "ip_prefix,name" */
static int is_header(const line_t *line, int number)
{
    return number == 1 && strpbrk(line->text, ",;\t") &&
           !strpbrk(line->text, "0123456789");
}

/* The first word of a line that such configurations have, or of a format, as if the
 * ranges were on the next lines. */
static int is_known(apr_pool_t *p, const char *word)
{
    size_t i;

    for (i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!strcmp(word, formats[i].word))
            return 1;
    }
    return is_one_of(other_lines, sizeof other_lines / sizeof *other_lines,
                     apr_pstrmemdup(p, word, strcspn(word, ":"))) ||
           !strncasecmp(word, "RPAF", 4);
}

/* A line without a range. */
static const char *check_other(converter_t *converter, const line_t *line)
{
    if (!line->words->nelts)
        return NULL;
    if (!strchr("<*:", *line->text) && !opens_something(line->text) &&
        !is_header(line, converter->number) &&
        !is_known(converter->pool, word_at(line, 0)))
        return fail(converter, line->text, "no address is in it");
    leave_out(converter, line->text);
    return NULL;
}

static const char *read_words(converter_t *converter, line_t *line)
{
    const char *reason = NULL, *denial = NULL;
    int i, others = 0;

    for (i = 0; !reason && i < line->words->nelts; i++) {
        const char *word = word_at(line, i);

        if (is_address_like(word))
            reason = add_range(converter, line, &i);
        else if (is_one_of(denials, sizeof denials / sizeof *denials, word) ||
                 *word == '!')
            denial = word;
        else if (*word == '/' && line->found && apr_isdigit(word[1]))
            reason = fail(converter, line->text, "a space is before the /");
        else if (line->found && strcmp(word, "-"))
            others++;
    }
    if (!reason && denial && line->found)
        return fail(converter, line->text,
                    "it denies, and a list has what is allowed; remove the line");
    if (others && !converter->conversion->format)
        set_format(converter, "a table whose other columns are no ranges");
    return reason;
}

const char *cfo_ranges_line_read(apr_pool_t *p, int number, const char *text,
                                 cfo_conversion_t *conversion)
{
    converter_t reader = { p, conversion, number }, *converter = &reader;
    line_t line = split(converter->pool, text);
    const char *reason;

    recognize(converter, &line);
    if (!strncmp(text, "<?", 2)) /* of XML, with its version */
        return check_other(converter, &line);
    reason = read_words(converter, &line);
    if (reason)
        return reason;
    if (!line.found)
        return check_other(converter, &line);
    if (line.found > 1)
        set_format(converter, "a list with several ranges on a line");
    else if (strpbrk(text, ",;"))
        set_format(converter, "a list with commas or semicolons");
    else if (strpbrk(text, "\"'"))
        set_format(converter, "a list with quotation marks");
    return NULL;
}
