/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of httpd. */
#include "httpd/language/expression.h"

#include <string.h>

#include "apr_lib.h"

#include "httpd/language/pattern.h"

typedef cfo_expression_t node_t;

static node_t *make(cfo_reader_t *reader, cfo_expression_kind_t kind)
{
    node_t *node = apr_pcalloc(reader->pool, sizeof *node);

    node->kind = kind;
    return node;
}

static const node_t *join(cfo_reader_t *reader, cfo_expression_kind_t kind,
                          const node_t *first, const node_t *second)
{
    node_t *node = make(reader, kind);

    node->first = first;
    node->second = second;
    return node;
}

static cfo_operand_t text(const char *string)
{
    return (cfo_operand_t){ .text = string };
}

static const node_t *negate(cfo_reader_t *reader, const node_t *node)
{
    return join(reader, CFO_EXPRESSION_NOT, node, NULL);
}

static const node_t *compare(cfo_reader_t *reader, cfo_expression_kind_t kind,
                             cfo_operand_t left, cfo_operand_t right)
{
    node_t *node = make(reader, kind);

    node->left = left;
    node->right = right;
    return node;
}

/* A variable may be on either side. */
static const node_t *read_equal(cfo_reader_t *reader, cfo_expression_kind_t kind,
                                cfo_operand_t left)
{
    cfo_operand_t right = cfo_reader_operand(reader);
    int is_swapped =
        !cfo_operand_has_variable(left.text) && cfo_operand_has_variable(right.text);

    return is_swapped ? compare(reader, kind, right, left)
                      : compare(reader, kind, left, right);
}

static const node_t *match(cfo_reader_t *reader, cfo_operand_t left, const char *pattern,
                           int is_nocase)
{
    const ap_regex_t *regex = cfo_pattern_compile(reader->patterns, pattern, is_nocase);
    node_t *node = make(reader, regex ? CFO_EXPRESSION_REGEX : CFO_EXPRESSION_UNKNOWN);

    node->left = left;
    node->right.text = pattern;
    node->regex = regex;
    return node;
}

/* /pattern/i, m#pattern#i, or a text. */
static const node_t *read_match(cfo_reader_t *reader, cfo_operand_t left)
{
    const char *pattern;
    int is_nocase = 0;
    char delimiter;

    cfo_reader_skip_space(reader);
    reader->at += *reader->at == 'm' && !apr_isalnum(reader->at[1]);
    delimiter = *reader->at;
    reader->at += delimiter != '\0';
    pattern = cfo_reader_until(reader, delimiter);
    for (; apr_isalpha(*reader->at); reader->at++)
        is_nocase |= *reader->at == 'i';
    return match(reader, left, pattern, is_nocase);
}

/* In a list is equal to one of it. */
static const node_t *read_list(cfo_reader_t *reader, cfo_operand_t left)
{
    const node_t *any = NULL;

    if (!cfo_reader_take(reader, "{"))
        return compare(reader, CFO_EXPRESSION_UNKNOWN, left, cfo_reader_operand(reader));
    do {
        const node_t *one = read_equal(reader, CFO_EXPRESSION_EQUAL, left);

        any = any ? join(reader, CFO_EXPRESSION_OR, any, one) : one;
    } while (cfo_reader_take(reader, ","));
    reader->is_bad |= !cfo_reader_take(reader, "}");
    return any;
}

/* An order of strings or numbers, or the operator of another module. */
static const node_t *read_other(cfo_reader_t *reader, cfo_operand_t left)
{
    static const char *const orders[] = { "<=", ">=", "<", ">", "lt", "le", "gt", "ge" };
    size_t i = 0;

    while (i < sizeof orders / sizeof *orders && !cfo_reader_take(reader, orders[i]))
        i++;
    if (i == sizeof orders / sizeof *orders) {
        if (*reader->at != '-' || !apr_isalpha(reader->at[1]))
            reader->is_bad = 1;
        reader->at += *reader->at == '-';
        cfo_reader_word(reader);
    }
    return compare(reader, CFO_EXPRESSION_UNKNOWN, left, cfo_reader_operand(reader));
}

static const node_t *read_comparison(cfo_reader_t *reader)
{
    cfo_operand_t left = cfo_reader_operand(reader);

    if (cfo_reader_take(reader, "=~"))
        return read_match(reader, left);
    if (cfo_reader_take(reader, "!~"))
        return negate(reader, read_match(reader, left));
    if (cfo_reader_take(reader, "-eq") || cfo_reader_take(reader, "eq"))
        return read_equal(reader, CFO_EXPRESSION_NUMBER, left);
    if (cfo_reader_take(reader, "-ne") || cfo_reader_take(reader, "ne"))
        return negate(reader, read_equal(reader, CFO_EXPRESSION_NUMBER, left));
    if (cfo_reader_take(reader, "==") || cfo_reader_take(reader, "="))
        return read_equal(reader, CFO_EXPRESSION_EQUAL, left);
    if (cfo_reader_take(reader, "!="))
        return negate(reader, read_equal(reader, CFO_EXPRESSION_EQUAL, left));
    if (cfo_reader_take(reader, "-ipmatch"))
        return compare(reader, CFO_EXPRESSION_NETWORK, left, cfo_reader_operand(reader));
    if (cfo_reader_take(reader, "-strcmatch"))
        return compare(reader, CFO_EXPRESSION_GLOB_NOCASE, left,
                       cfo_reader_operand(reader));
    if (cfo_reader_take(reader, "-strmatch") || cfo_reader_take(reader, "-fnmatch"))
        return compare(reader, CFO_EXPRESSION_GLOB, left, cfo_reader_operand(reader));
    if (cfo_reader_take(reader, "in") || cfo_reader_take(reader, "-in"))
        return read_list(reader, left);
    return read_other(reader, left);
}

static const node_t *read_empty(cfo_reader_t *reader)
{
    return compare(reader, CFO_EXPRESSION_EQUAL, cfo_reader_operand(reader), text(""));
}

static const node_t *read_unary(cfo_reader_t *reader)
{
    if (cfo_reader_take(reader, "-n"))
        return negate(reader, read_empty(reader));
    if (cfo_reader_take(reader, "-z"))
        return read_empty(reader);
    if (cfo_reader_take(reader, "-T"))
        return negate(
            reader, match(reader, cfo_reader_operand(reader), "^(0|off|false|no|)$", 1));
    if (cfo_reader_take(reader, "-R"))
        return compare(reader, CFO_EXPRESSION_NETWORK, text("%{REMOTE_ADDR}"),
                       cfo_reader_operand(reader));
    reader->at++; /* about files */
    cfo_reader_word(reader);
    return compare(reader, CFO_EXPRESSION_UNKNOWN, cfo_reader_operand(reader),
                   text(NULL));
}

static const node_t *read_any(cfo_reader_t *reader);

static const node_t *read_term(cfo_reader_t *reader)
{
    const node_t *node;

    if (reader->is_bad || reader->depth++ > CFO_READER_MOST_DEPTH) {
        reader->is_bad = 1;
        return make(reader, CFO_EXPRESSION_UNKNOWN);
    }
    if (cfo_reader_take(reader, "(")) {
        node = read_any(reader);
        reader->is_bad |= !cfo_reader_take(reader, ")");
    }
    else if (cfo_reader_take(reader, "!") || cfo_reader_take(reader, "not"))
        node = negate(reader, read_term(reader));
    else if (cfo_reader_take(reader, "true"))
        node = make(reader, CFO_EXPRESSION_TRUE);
    else if (cfo_reader_take(reader, "false"))
        node = negate(reader, make(reader, CFO_EXPRESSION_TRUE));
    else
        node = *reader->at == '-' && apr_isalpha(reader->at[1]) ? read_unary(reader)
                                                                : read_comparison(reader);
    reader->depth--;
    return node;
}

static const node_t *read_all(cfo_reader_t *reader)
{
    const node_t *node = read_term(reader);

    while (!reader->is_bad &&
           (cfo_reader_take(reader, "&&") || cfo_reader_take(reader, "and")))
        node = join(reader, CFO_EXPRESSION_AND, node, read_term(reader));
    return node;
}

static const node_t *read_any(cfo_reader_t *reader)
{
    const node_t *node = read_all(reader);

    while (!reader->is_bad &&
           (cfo_reader_take(reader, "||") || cfo_reader_take(reader, "or")))
        node = join(reader, CFO_EXPRESSION_OR, node, read_all(reader));
    return node;
}

const cfo_expression_t *cfo_expression_read(apr_pool_t *p, apr_hash_t *patterns,
                                            const char *expression)
{
    cfo_reader_t reader = { .pool = p, .patterns = patterns, .at = expression };
    const node_t *node = read_any(&reader);

    cfo_reader_skip_space(&reader);
    return reader.is_bad || *reader.at ? NULL : node;
}

const char *cfo_expression_of_require(apr_pool_t *p, const char *args)
{
    size_t length = strlen(args);

    return length > 1 && *args == '"' && args[length - 1] == '"'
               ? ap_getword_conf(p, &args)
               : args;
}
