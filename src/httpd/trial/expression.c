/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of httpd, tried on a supposed request. */
#include "httpd/language/expression.h"
#include "httpd/trial/supposed.h"

static cfo_value_t value_of(cfo_supposed_t *supposed, const cfo_operand_t *operand)
{
    static const cfo_value_t unknown = { CFO_IS_UNKNOWN, NULL };
    cfo_value_t value = cfo_supposed_string(supposed, operand->text);

    return operand->is_unknown ? unknown : value;
}

/* Whether two values are equal, or the first has the form of the second. */
static int compare(cfo_supposed_t *supposed, const cfo_expression_t *expression, int kind)
{
    cfo_value_t value = value_of(supposed, &expression->left);
    cfo_value_t other = value_of(supposed, &expression->right);
    cfo_question_t question = { .kind = kind };

    if (kind == CFO_ASK_EQUAL && other.kind != CFO_IS_TEXT) {
        cfo_value_t swapped = value;

        value = other;
        other = swapped;
    }
    question.text = other.text;
    return other.kind == CFO_IS_TEXT ? cfo_supposed_ask(supposed, value, &question)
                                     : supposed->guess;
}

static int compare_network(cfo_supposed_t *supposed, const cfo_expression_t *expression)
{
    cfo_value_t network = value_of(supposed, &expression->right);

    return network.kind == CFO_IS_TEXT
               ? cfo_supposed_in_network(supposed, value_of(supposed, &expression->left),
                                         network.text)
               : supposed->guess;
}

static int match(cfo_supposed_t *supposed, const cfo_expression_t *expression)
{
    cfo_question_t question = { .kind = CFO_ASK_REGEX,
                                .text = expression->right.text,
                                .regex = expression->regex };

    return cfo_supposed_ask(supposed, value_of(supposed, &expression->left), &question);
}

/* What it asks for counts all the same. */
static int guess(cfo_supposed_t *supposed, const cfo_expression_t *expression)
{
    if (expression->left.text)
        value_of(supposed, &expression->left);
    if (expression->right.text)
        value_of(supposed, &expression->right);
    return supposed->guess;
}

/* Both sides of AND and OR are tried, since each may ask for something. */
static int holds(cfo_supposed_t *supposed, const cfo_expression_t *expression)
{
    int first = expression->first ? holds(supposed, expression->first) : 0;
    int second = expression->second ? holds(supposed, expression->second) : 0;

    switch (expression->kind) {
    case CFO_EXPRESSION_TRUE:
        return 1;
    case CFO_EXPRESSION_NOT:
        return !first;
    case CFO_EXPRESSION_AND:
        return first && second;
    case CFO_EXPRESSION_OR:
        return first || second;
    case CFO_EXPRESSION_EQUAL:
    case CFO_EXPRESSION_NUMBER:
        return compare(supposed, expression, CFO_ASK_EQUAL);
    case CFO_EXPRESSION_REGEX:
        return match(supposed, expression);
    case CFO_EXPRESSION_NETWORK:
        return compare_network(supposed, expression);
    case CFO_EXPRESSION_GLOB:
    case CFO_EXPRESSION_GLOB_NOCASE:
        return compare(supposed, expression, CFO_ASK_GLOB);
    default:
        return guess(supposed, expression);
    }
}

int cfo_supposed_expression(cfo_supposed_t *supposed, const char *expression)
{
    const cfo_expression_t *tree =
        cfo_expression_read(supposed->pool, supposed->vhosts->patterns, expression);

    return tree ? holds(supposed, tree) : supposed->guess;
}
