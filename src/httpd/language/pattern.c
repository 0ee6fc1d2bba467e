/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions of the configuration. */
#include "httpd/language/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "httpd.h"

#include "apr_lib.h"
#include "apr_strings.h"

enum { MOST_SAMPLES = 24, MOST_REPEATS = 64, MOST_DEPTH = 20 };

/* The key is the pattern, with its final zero if case is ignored. */
const ap_regex_t *cfo_pattern_compile(apr_hash_t *cache, const char *pattern,
                                      int is_nocase)
{
    apr_pool_t *p = apr_hash_pool_get(cache);
    apr_ssize_t length = (apr_ssize_t)strlen(pattern) + (is_nocase != 0);
    const ap_regex_t *regex = apr_hash_get(cache, pattern, length);

    if (!regex) {
        regex = ap_pregcomp(p, pattern, AP_REG_EXTENDED | (is_nocase ? AP_REG_ICASE : 0));
        apr_hash_set(cache, apr_pstrdup(p, pattern), length, regex);
    }
    return regex;
}

/* Reads a pattern from left to right; sets of texts are arrays of const char *. */
typedef struct {
    apr_pool_t *pool;
    const char *at;
    int depth;
} reader_t;

static void add(apr_array_header_t *set, const char *text)
{
    if (set->nelts < MOST_SAMPLES)
        APR_ARRAY_PUSH(set, const char *) = text;
}

static apr_array_header_t *set_of(reader_t *reader, const char *text)
{
    apr_array_header_t *set = apr_array_make(reader->pool, 2, sizeof(const char *));

    add(set, text);
    return set;
}

static const char *nth(const apr_array_header_t *set, int i)
{
    return APR_ARRAY_IDX(set, i, const char *);
}

/* Every text of `heads` with every text of `tails`. */
static apr_array_header_t *join(reader_t *reader, const apr_array_header_t *heads,
                                const apr_array_header_t *tails)
{
    apr_array_header_t *set = apr_array_make(reader->pool, 4, sizeof(const char *));
    int i, j;

    for (i = 0; i < tails->nelts; i++) {
        for (j = 0; j < heads->nelts; j++)
            add(set, apr_pstrcat(reader->pool, nth(heads, j), nth(tails, i), NULL));
    }
    return set;
}

static const char *text_of(reader_t *reader, char c)
{
    return apr_pstrmemdup(reader->pool, &c, 1);
}

/* After a backslash. */
static const char *read_escape(reader_t *reader)
{
    char c = *reader->at;

    if (!c)
        return "";
    reader->at++;
    switch (c) {
    case 'd':
        return "1";
    case 'w':
    case 'D':
    case 'S':
        return "a";
    case 's':
    case 'W':
        return " ";
    default: /* \b, \A, \Q, \1 ... stand for no text of their own. */
        return apr_isalnum(c) ? "" : text_of(reader, c);
    }
}

/* After [: a character of the class, or one outside of it if it is negated. */
static const char *read_class(reader_t *reader)
{
    int is_negated = *reader->at == '^';
    const char *begin = reader->at + is_negated, *end = begin, *sample;

    /* A bracket right at the beginning stands for itself. */
    for (end += *end == ']'; *end && *end != ']'; end++)
        end += *end == '\\' && end[1];
    if (is_negated)
        sample = memchr(begin, 'x', (size_t)(end - begin)) ? "0" : "x";
    else {
        reader->at = begin + (*begin == '\\');
        sample = *begin == '\\' ? read_escape(reader) : text_of(reader, *begin);
    }
    reader->at = *end ? end + 1 : end;
    return sample;
}

static apr_array_header_t *read_alternatives(reader_t *reader);

/* After (: skips the marks of a group. Whether it looks ahead or behind. */
static int read_group_kind(reader_t *reader)
{
    int looks = 0;

    if (*reader->at != '?')
        return 0;
    reader->at++;
    looks = ap_strchr_c("=!", *reader->at) != NULL ||
            (*reader->at == '<' && reader->at[1] && ap_strchr_c("=!", reader->at[1]));
    if (!*reader->at)
        return 0;
    if (looks)
        reader->at += *reader->at == '<' ? 2 : 1;
    else if (*reader->at != ')') {
        reader->at += strcspn(reader->at, ":>)");
        reader->at += *reader->at != '\0';
    }
    return looks;
}

static apr_array_header_t *read_group(reader_t *reader)
{
    int looks = read_group_kind(reader);
    apr_array_header_t *set;

    if (++reader->depth > MOST_DEPTH)
        reader->at += strlen(reader->at);
    set = read_alternatives(reader);
    reader->depth--;
    if (*reader->at == ')')
        reader->at++;
    if (looks)
        add(set, "");
    return set;
}

/* A point is often a point that nobody escaped. */
static apr_array_header_t *read_atom(reader_t *reader)
{
    char c = *reader->at++;

    switch (c) {
    case '(':
        return read_group(reader);
    case '[':
        return set_of(reader, read_class(reader));
    case '\\':
        return set_of(reader, read_escape(reader));
    case '^':
    case '$':
        return set_of(reader, "");
    case '.':
        return set_of(reader,
                      *reader->at && ap_strchr_c("*+?{", *reader->at) ? "x" : ".");
    default:
        return set_of(reader, text_of(reader, c));
    }
}

static apr_array_header_t *repeat(reader_t *reader, const apr_array_header_t *atom,
                                  long times)
{
    apr_array_header_t *set = set_of(reader, "");

    if (times > MOST_REPEATS)
        times = MOST_REPEATS;
    while (times-- > 0)
        set = join(reader, set, atom);
    return set;
}

/* What *, +, ? and {n} make of an atom. */
static apr_array_header_t *read_repetition(reader_t *reader, apr_array_header_t *atom)
{
    char c = *reader->at;

    if (c == '{' && apr_isdigit(reader->at[1])) {
        long times = strtol(reader->at + 1, NULL, 10);

        reader->at += strcspn(reader->at, "}");
        reader->at += *reader->at == '}';
        atom = repeat(reader, atom, times);
    }
    else if (c && ap_strchr_c("*+?", c)) {
        reader->at++;
        if (c != '+')
            add(atom, "");
    }
    else
        return atom;
    /* Lazy or possessive. */
    reader->at += *reader->at && ap_strchr_c("?+", *reader->at);
    return atom;
}

static apr_array_header_t *read_sequence(reader_t *reader)
{
    apr_array_header_t *set = set_of(reader, "");

    while (*reader->at && *reader->at != '|' && *reader->at != ')')
        set = join(reader, set, read_repetition(reader, read_atom(reader)));
    return set;
}

static apr_array_header_t *read_alternatives(reader_t *reader)
{
    apr_array_header_t *set = read_sequence(reader);
    int i;

    while (*reader->at == '|') {
        const apr_array_header_t *next;

        reader->at++;
        next = read_sequence(reader);
        for (i = 0; i < next->nelts; i++)
            add(set, nth(next, i));
    }
    return set;
}

void cfo_pattern_samples(apr_pool_t *p, const char *pattern, apr_array_header_t *samples)
{
    reader_t reader = { .pool = p, .at = pattern };
    int before = samples->nelts;

    while (*reader.at && samples->nelts - before < MOST_SAMPLES) {
        apr_array_cat(samples, read_alternatives(&reader));
        reader.at += *reader.at == ')'; /* one too many */
    }
}
