/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of httpd (<If>, Require expr): comparisons, !, &&, || and brackets. */
#include "httpd/stranger/site.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpd.h"

#include "apr_lib.h"
#include "apr_strings.h"

enum { MOST_DEPTH = 30 };

typedef struct {
    const cfo_probe_t *probe;
    const char *at;
    int depth;
    int is_bad; /* something that is not understood */
} reader_t;

static void skip_space(reader_t *reader)
{
    while (apr_isspace(*reader->at))
        reader->at++;
}

/* Whether the next is `text`, which is skipped then. */
static int take(reader_t *reader, const char *text)
{
    size_t length = strlen(text);

    skip_space(reader);
    if (strncasecmp(reader->at, text, length) ||
        (apr_isalpha(*text) && apr_isalnum(reader->at[length])))
        return 0;
    reader->at += length;
    return 1;
}

static apr_pool_t *pool_of(const reader_t *reader)
{
    return reader->probe->site->pool;
}

/* The text up to `end`, which is skipped. */
static const char *read_until(reader_t *reader, char end)
{
    const char *begin = reader->at;

    while (*reader->at && *reader->at != end)
        reader->at += *reader->at == '\\' && reader->at[1] ? 2 : 1;
    if (!*reader->at) {
        reader->is_bad = 1;
        return "";
    }
    return apr_pstrmemdup(pool_of(reader), begin, (apr_size_t)(reader->at++ - begin));
}

/* A string, number or variable, with its variables not yet replaced. NULL: a function or
 * something else that is not understood. */
static const char *read_word(reader_t *reader)
{
    const char *begin;

    skip_space(reader);
    begin = reader->at;
    if (*begin == '\'' || *begin == '"') {
        reader->at++;
        return read_until(reader, *begin);
    }
    if (*begin == '%' && begin[1] == '{') {
        reader->at += 2;
        return apr_pstrcat(pool_of(reader), "%{", read_until(reader, '}'), "}", NULL);
    }
    while (apr_isdigit(*reader->at))
        reader->at++;
    if (reader->at > begin)
        return apr_pstrmemdup(pool_of(reader), begin, (apr_size_t)(reader->at - begin));
    if (take(reader, "req(") || take(reader, "http(")) {
        const char *name = read_word(reader);

        return name && take(reader, ")")
                   ? apr_pstrcat(pool_of(reader), "%{req:", name, "}", NULL)
                   : NULL;
    }
    return NULL;
}

static int is_equal(const cfo_test_t *test, const char *text)
{
    return !strcmp(text, test->pattern);
}

static int is_equal_number(const cfo_test_t *test, const char *text)
{
    return atoi(text) == atoi(test->pattern);
}

static int is_matched(const cfo_test_t *test, const char *text)
{
    return !ap_regexec(test->regex, text, 0, NULL, 0);
}

static int is_filled(const cfo_test_t *test, const char *text)
{
    (void)test;
    return *text != '\0';
}

static cfo_truth_t ask(reader_t *reader, cfo_test_t *test)
{
    cfo_test_add_samples(pool_of(reader), test);
    return cfo_test_holds(reader->probe, test, NULL);
}

/* After =~: /pattern/i or m#pattern#i. */
static cfo_truth_t read_match(reader_t *reader, const char *text)
{
    cfo_test_t test = { .text = text, .holds = is_matched };
    int is_nocase = 0;
    char delimiter;

    skip_space(reader);
    reader->at += *reader->at == 'm';
    delimiter = *reader->at ? *reader->at++ : '\0';
    test.pattern = read_until(reader, delimiter);
    for (; apr_isalpha(*reader->at); reader->at++)
        is_nocase |= *reader->at == 'i';
    test.regex = cfo_pattern_compile(reader->probe->site->vhosts->patterns, test.pattern,
                                     is_nocase);
    if (reader->is_bad || !test.regex)
        return CFO_MAYBE;
    return ask(reader, &test);
}

static cfo_truth_t read_compared(reader_t *reader, const char *text,
                                 int (*holds)(const cfo_test_t *, const char *))
{
    cfo_test_t test = { .text = text, .holds = holds };
    const char *right = read_word(reader);
    int has_unknown;

    if (!right) {
        reader->is_bad = 1;
        return CFO_MAYBE;
    }
    /* A variable may be on either side. */
    if (!strstr(text, "%{") && strstr(right, "%{")) {
        test.text = right;
        right = text;
    }
    test.pattern = cfo_expand(reader->probe, right, NULL, "", &has_unknown);
    return has_unknown ? CFO_MAYBE : ask(reader, &test);
}

static cfo_truth_t read_comparison(reader_t *reader)
{
    const char *text = read_word(reader);

    if (!text) {
        reader->is_bad = 1;
        return CFO_MAYBE;
    }
    if (take(reader, "=~"))
        return read_match(reader, text);
    if (take(reader, "!~"))
        return cfo_not(read_match(reader, text));
    if (take(reader, "-eq"))
        return read_compared(reader, text, is_equal_number);
    if (take(reader, "-ne"))
        return cfo_not(read_compared(reader, text, is_equal_number));
    if (take(reader, "==") || take(reader, "="))
        return read_compared(reader, text, is_equal);
    if (take(reader, "!="))
        return cfo_not(read_compared(reader, text, is_equal));
    reader->is_bad = 1;
    return CFO_MAYBE;
}

static cfo_truth_t read_filled(reader_t *reader)
{
    cfo_test_t test = { .pattern = "", .holds = is_filled, .text = read_word(reader) };

    reader->is_bad |= !test.text;
    return test.text ? ask(reader, &test) : CFO_MAYBE;
}

static cfo_truth_t read_any(reader_t *reader);

static cfo_truth_t read_term(reader_t *reader)
{
    cfo_truth_t truth;

    if (take(reader, "true"))
        return CFO_YES;
    if (take(reader, "false"))
        return CFO_NO;
    if (take(reader, "-n"))
        return read_filled(reader);
    if (take(reader, "-z"))
        return cfo_not(read_filled(reader));
    if (take(reader, "!"))
        return cfo_not(read_term(reader));
    if (!take(reader, "("))
        return read_comparison(reader);
    if (++reader->depth > MOST_DEPTH)
        reader->is_bad = 1;
    truth = reader->is_bad ? CFO_MAYBE : read_any(reader);
    reader->is_bad |= !take(reader, ")");
    return truth;
}

static cfo_truth_t read_all(reader_t *reader)
{
    cfo_truth_t truth = read_term(reader);

    while (!reader->is_bad && (take(reader, "&&") || take(reader, "and")))
        truth = cfo_and(truth, read_term(reader));
    return truth;
}

static cfo_truth_t read_any(reader_t *reader)
{
    cfo_truth_t truth = read_all(reader);

    while (!reader->is_bad && (take(reader, "||") || take(reader, "or")))
        truth = cfo_or(truth, read_all(reader));
    return truth;
}

cfo_truth_t cfo_expression_holds(const cfo_probe_t *probe, const char *expression)
{
    reader_t reader = { .probe = probe, .at = expression };
    cfo_truth_t truth = read_any(&reader);

    skip_space(&reader);
    return reader.is_bad || *reader.at ? CFO_MAYBE : truth;
}
