/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of ap_expr, tried on a supposed request. httpd's own evaluation needs a
 * request and a connection, and may look into files and call other modules. */
#include "httpd/trial/supposed.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "apr_strings.h"

typedef struct {
    cfo_supposed_t *supposed;
    const char *rest;
    int failed; /* it is something that this does not understand */
} parser_t;

static int parse_or(parser_t *parser);

static cfo_value_t unknown(void)
{
    cfo_value_t value = { CFO_IS_UNKNOWN, NULL };

    return value;
}

static int fail(parser_t *parser)
{
    parser->failed = 1;
    return parser->supposed->guess;
}

static void skip_space(parser_t *parser)
{
    while (isspace((unsigned char)*parser->rest))
        parser->rest++;
}

static int is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Takes a word or sign, if it is what follows. */
static int take(parser_t *parser, const char *token)
{
    size_t length = strlen(token);

    skip_space(parser);
    if (strncasecmp(parser->rest, token, length) ||
        (is_of_word(token[length - 1]) && is_of_word(parser->rest[length])))
        return 0;
    parser->rest += length;
    return 1;
}

/* What is up to an end mark, without the backslashes before it. */
static char *take_until(parser_t *parser, char mark)
{
    char *text = apr_palloc(parser->supposed->pool, strlen(parser->rest) + 1);
    char *end = text;

    for (; *parser->rest && *parser->rest != mark; parser->rest++) {
        if (*parser->rest == '\\' && parser->rest[1] == mark)
            parser->rest++;
        *end++ = *parser->rest;
    }
    *end = '\0';
    if (*parser->rest)
        parser->rest++;
    else
        fail(parser);
    return text;
}

static const char *take_word(parser_t *parser)
{
    const char *start = parser->rest;

    while (is_of_word(*parser->rest))
        parser->rest++;
    return apr_pstrmemdup(parser->supposed->pool, start,
                          (apr_size_t)(parser->rest - start));
}

static cfo_value_t parse_value(parser_t *parser);

/* A function that reads a header or a variable is known by name. */
static cfo_value_t parse_call(parser_t *parser, const char *name)
{
    cfo_value_t value = parse_value(parser);

    while (take(parser, ","))
        parse_value(parser);
    if (!take(parser, ")"))
        fail(parser);
    if (!strcasecmp(name, "tolower") || !strcasecmp(name, "toupper"))
        return value;
    return value.kind == CFO_IS_TEXT
               ? cfo_supposed_variable(
                     parser->supposed,
                     apr_pstrcat(parser->supposed->pool, name, ":", value.text, NULL))
               : unknown();
}

static cfo_value_t parse_single(parser_t *parser)
{
    cfo_value_t value = { CFO_IS_TEXT, NULL };
    char first;

    skip_space(parser);
    first = *parser->rest;
    if (first == '\'' || first == '"') {
        parser->rest++;
        return cfo_supposed_string(parser->supposed, take_until(parser, first));
    }
    if (first == '%' && parser->rest[1] == '{') {
        parser->rest += 2;
        return cfo_supposed_variable(parser->supposed, take_until(parser, '}'));
    }
    if (first == '$') {
        parser->rest++;
        take_word(parser);
        return unknown();
    }
    if (!is_of_word(first)) {
        fail(parser);
        return unknown();
    }
    value.text = take_word(parser);
    return take(parser, "(") ? parse_call(parser, value.text) : value;
}

static cfo_value_t parse_value(parser_t *parser)
{
    cfo_value_t value = parse_single(parser);

    while (take(parser, ".")) {
        cfo_value_t more = parse_single(parser);

        if (value.kind == CFO_IS_TEXT && more.kind == CFO_IS_TEXT)
            value.text = apr_pstrcat(parser->supposed->pool, value.text, more.text, NULL);
        else
            value = unknown();
    }
    return value;
}

static int ask_equal(parser_t *parser, cfo_value_t value, cfo_value_t other)
{
    cfo_question_t question = { .kind = CFO_ASK_EQUAL };

    if (other.kind != CFO_IS_TEXT) {
        cfo_value_t swapped = value;

        value = other;
        other = swapped;
    }
    question.text = other.text;
    return other.kind == CFO_IS_TEXT
               ? cfo_supposed_ask(parser->supposed, value, &question)
               : parser->supposed->guess;
}

/* m#...#i, /.../, or a string. */
static int ask_regex(parser_t *parser, cfo_value_t value)
{
    const cfo_question_t *question;
    const char *pattern;
    int ignores_case = 0;

    skip_space(parser);
    parser->rest += *parser->rest == 'm' && !isalnum((unsigned char)parser->rest[1]);
    if (!*parser->rest)
        return fail(parser);
    parser->rest++;
    pattern = take_until(parser, parser->rest[-1]);
    for (; isalpha((unsigned char)*parser->rest); parser->rest++)
        ignores_case |= *parser->rest == 'i';
    question = cfo_question_regex(parser->supposed->pool, pattern, ignores_case);
    return question ? cfo_supposed_ask(parser->supposed, value, question) : fail(parser);
}

static int ask_list(parser_t *parser, cfo_value_t value)
{
    int is_in = 0;

    if (!take(parser, "{")) {
        parse_value(parser);
        return parser->supposed->guess;
    }
    do
        is_in |= ask_equal(parser, value, parse_value(parser));
    while (take(parser, ","));
    return take(parser, "}") ? is_in : fail(parser);
}

static int ask_network(parser_t *parser, cfo_value_t value)
{
    cfo_value_t network = parse_value(parser);

    return network.kind == CFO_IS_TEXT
               ? cfo_supposed_in_network(parser->supposed, value, network.text)
               : parser->supposed->guess;
}

static int ask_glob(parser_t *parser, cfo_value_t value)
{
    cfo_value_t glob = parse_value(parser);
    cfo_question_t question = { .kind = CFO_ASK_GLOB, .text = glob.text };

    return glob.kind == CFO_IS_TEXT ? cfo_supposed_ask(parser->supposed, value, &question)
                                    : parser->supposed->guess;
}

/* An order of strings or numbers. */
static int takes_order(parser_t *parser)
{
    static const char *const orders[] = { "<=", ">=",  "<",   ">",   "lt",  "le", "gt",
                                          "ge", "-lt", "-le", "-gt", "-ge", NULL };
    const char *const *order;

    for (order = orders; *order; order++) {
        if (take(parser, *order))
            return 1;
    }
    return 0;
}

static int parse_comparison(parser_t *parser)
{
    cfo_value_t value = parse_value(parser);

    if (take(parser, "=~"))
        return ask_regex(parser, value);
    if (take(parser, "!~"))
        return !ask_regex(parser, value);
    if (take(parser, "!=") || take(parser, "ne") || take(parser, "-ne"))
        return !ask_equal(parser, value, parse_value(parser));
    if (take(parser, "==") || take(parser, "=") || take(parser, "eq") ||
        take(parser, "-eq"))
        return ask_equal(parser, value, parse_value(parser));
    if (take(parser, "-ipmatch"))
        return ask_network(parser, value);
    if (take(parser, "-strmatch") || take(parser, "-strcmatch") ||
        take(parser, "-fnmatch"))
        return ask_glob(parser, value);
    if (take(parser, "in"))
        return ask_list(parser, value);
    if (!takes_order(parser))
        return fail(parser);
    parse_value(parser);
    return parser->supposed->guess;
}

static int is_empty(parser_t *parser)
{
    static const cfo_value_t nothing = { CFO_IS_TEXT, "" };

    return ask_equal(parser, parse_value(parser), nothing);
}

/* -T: neither empty, nor 0, off, false or no. */
static int is_true(parser_t *parser)
{
    const cfo_question_t *question =
        cfo_question_regex(parser->supposed->pool, "^(0|off|false|no|)$", 1);

    return !cfo_supposed_ask(parser->supposed, parse_value(parser), question);
}

static int parse_unary(parser_t *parser)
{
    if (take(parser, "-n"))
        return !is_empty(parser);
    if (take(parser, "-z"))
        return is_empty(parser);
    if (take(parser, "-T"))
        return is_true(parser);
    if (take(parser, "-R"))
        return ask_network(parser, cfo_supposed_address(parser->supposed));
    parser->rest++; /* about files */
    take_word(parser);
    parse_value(parser);
    return parser->supposed->guess;
}

static int parse_primary(parser_t *parser)
{
    int value;

    if (parser->failed)
        return parser->supposed->guess;
    if (take(parser, "(")) {
        value = parse_or(parser);
        return take(parser, ")") ? value : fail(parser);
    }
    if (take(parser, "!") || take(parser, "not"))
        return !parse_primary(parser);
    if (take(parser, "true"))
        return 1;
    if (take(parser, "false"))
        return 0;
    skip_space(parser);
    return *parser->rest == '-' ? parse_unary(parser) : parse_comparison(parser);
}

static int parse_and(parser_t *parser)
{
    int value = parse_primary(parser);

    while (take(parser, "&&") || take(parser, "and"))
        value &= parse_primary(parser);
    return value;
}

static int parse_or(parser_t *parser)
{
    int value = parse_and(parser);

    while (take(parser, "||") || take(parser, "or"))
        value |= parse_and(parser);
    return value;
}

int cfo_supposed_expression(cfo_supposed_t *supposed, const char *expression)
{
    parser_t parser = { supposed, expression, 0 };
    int value = parse_or(&parser);

    skip_space(&parser);
    return parser.failed || *parser.rest ? supposed->guess : value;
}
