/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one line with address ranges. */
#include "core/net/ranges_line.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "core/net/range_hint.h"
#include "core/net/ranges_format.h"

enum { SHOWN_MOST = 80, LEFT_OUT_MOST = 20 };

/* Words that make a line deny what it names. */
static const char *const denials[] = {
    "deny", "drop", "reject", "not", "block", "!", NULL
};

/* Words after which an address is where a packet goes, and not where it comes from. */
static const char *const targets[] = { "-d",
                                       "--dst",
                                       "--destination",
                                       "--to-destination",
                                       "--to-source",
                                       "to",
                                       "dst",
                                       "daddr",
                                       "d",
                                       "via",
                                       "gw",
                                       "gateway",
                                       "nexthop",
                                       NULL };

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

/* How many bytes separate words here: spaces of all kinds, and dashes and dots between
 * two bounds (as *is_dash). */
static size_t separator(const char *text, int *is_dash)
{
    static const char *const spaces[] = { "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf",
                                          "\xe2\x80\xaf", "\xe2\x80\x89" };
    static const char *const dashes[] = { "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x88\x92",
                                          ".." };
    size_t i;

    *is_dash = 0;
    for (i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        if (!strncmp(text, spaces[i], strlen(spaces[i])))
            return strlen(spaces[i]);
    }
    for (i = 0; i < sizeof dashes / sizeof *dashes; i++) {
        *is_dash = !strncmp(text, dashes[i], strlen(dashes[i]));
        if (*is_dash)
            return strlen(dashes[i]);
    }
    return apr_isspace(*text) || strchr(",;|=<>", *text) ? 1 : 0;
}

static void add_word(line_t *line, const char *word, const char *end)
{
    apr_pool_t *p = line->words->pool;

    word = apr_pstrmemdup(p, word, (apr_size_t)(end - word));
    if (strspn(word, "-*") != strlen(word) || !strcmp(word, "-"))
        APR_ARRAY_PUSH(line->words, const char *) = word;
}

/* Splits at what separates, and removes what surrounds: "1.2.3.0"/24 is one word, as
 * Varnish has it; but of [2001:db8::1]:443 the bracket stays. */
static line_t split(apr_pool_t *p, const char *text)
{
    line_t line = { text, apr_array_make(p, 8, sizeof(const char *)), 0 };
    char *word = apr_palloc(p, strlen(text) + 1), *end = word;

    while (*text) {
        int is_dash;
        size_t length = separator(text, &is_dash);

        if (length) {
            if (end > word)
                add_word(&line, word, end);
            if (is_dash)
                APR_ARRAY_PUSH(line.words, const char *) = "-";
            end = word;
        }
        else if (!strchr("\"'`[](){}", *text) || !strncmp(text, "]:", 2) ||
                 (*text == '[' && !strncmp(text + strcspn(text, "]"), "]:", 2)))
            *end++ = *text;
        text += length ? length : 1;
    }
    if (end > word)
        add_word(&line, word, end);
    return line;
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
           word[strspn(word, "0123456789abcdefABCDEF:./%-[]T")] == '\0';
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
    size_t length = strlen(word);

    if (length > 1 && word[length - 1] == 'T' && apr_isdigit(word[length - 2])) {
        set_format(converter, "a list for LiteSpeed (T: trusted)");
        return apr_pstrmemdup(converter->pool, word, length - 1);
    }

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

/* Whether two words are bounds that could be two addresses as well. */
static int are_doubtful(const char *word, const char *next)
{
    cfo_address_t one, two;
    int length;

    if (!cfo_address_parse(word, &one) || !cfo_address_parse(next, &two))
        return 0;
    length = cfo_bounds_length(&one, &two);
    return length >= 0 && length < one.bits - 1;
}

/* Reads a bare address at word *i with what follows it, and moves *i to its last word.
 * Returns the text of the prefix; NULL: nothing belongs to it. */
static const char *read_pair(converter_t *converter, const line_t *line, int *i,
                             const char **reason)
{
    const char *word = word_at(line, *i), *next = word_at(line, *i + 1);
    int is_to = !strcasecmp(next, "to"), is_dash = !strcmp(next, "-");
    int skipped = is_mask_word(next) || is_dash || is_to ? 2 : 1;
    const char *text =
        combine(converter, word, word_at(line, *i + skipped), !is_dash && !is_to);

    *reason = NULL;
    if (text)
        *i += skipped;
    else if (skipped == 2 && !is_to)
        *reason = fail(converter, line->text, "these two are not one prefix");
    else if (skipped == 1 && are_doubtful(word, next))
        *reason = fail(converter, line->text,
                       "two addresses, or the first and the last one of a prefix? Write "
                       "the prefix, or a - between them, or each on a line of its own");
    return text;
}

/* Adds the range at word *i, and moves *i to its last word. */
static const char *add_range(converter_t *converter, line_t *line, int *i)
{
    const char *word = word_at(line, *i), *text = NULL, *reason = NULL;

    if (!strchr(word, '/'))
        text = read_pair(converter, line, i, &reason);
    if (reason)
        return reason;
    return add(converter, line, text ? text : convert_word(converter, word));
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

/* A line without a range. */
static const char *check_other(converter_t *converter, const line_t *line)
{
    if (!line->words->nelts)
        return NULL;
    if (!strchr("<*:", *line->text) && !opens_something(line->text) &&
        !is_header(line, converter->number) && !cfo_ranges_format_has(word_at(line, 0)))
        return fail(converter, line->text,
                    "no address is in it; remove the line, or write a # in front of it");
    if (!strncasecmp(line->text, "<RequireNone", 12))
        return fail(converter, line->text,
                    "what is in it is denied, and a list has what is allowed; remove it");
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
        else if (cfo_text_is_one_of(word, denials) || *word == '!')
            denial = word;
        else if (cfo_text_is_one_of(word, targets) &&
                 is_address_like(word_at(line, i + 1)))
            leave_out(converter,
                      apr_pstrcat(converter->pool, word, " ", word_at(line, ++i), NULL));
        else if (*word == '/' && line->found && (apr_isdigit(word[1]) || !word[1]))
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

    set_format(converter, cfo_ranges_format(word_at(&line, 0)));
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
