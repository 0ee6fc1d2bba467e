/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions of httpd come to for a stranger. */
#include "httpd/stranger/site.h"

#include <stdlib.h>
#include <string.h>

#include "http_config.h"

#include "apr_fnmatch.h"

#include "httpd/language/expression.h"

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

static cfo_truth_t ask(const cfo_probe_t *probe, const cfo_expression_t *expression,
                       const char *pattern,
                       int (*holds)(const cfo_test_t *, const char *))
{
    cfo_test_t test = { .text = expression->left.text,
                        .letters = expression->left.letters,
                        .pattern = pattern,
                        .regex = expression->regex,
                        .holds = holds };

    cfo_test_add_samples(probe->site->pool, &test);
    return cfo_test_holds(probe, &test, NULL);
}

/* With a text that is the same for all clients. */
static cfo_truth_t compare(const cfo_probe_t *probe, const cfo_expression_t *expression,
                           int (*holds)(const cfo_test_t *, const char *))
{
    int has_unknown;
    const char *right = cfo_expand(probe, expression->right.text, NULL, "", &has_unknown);

    return has_unknown || expression->right.is_unknown || expression->right.letters
               ? CFO_MAYBE
               : ask(probe, expression, right, holds);
}

static cfo_truth_t compare_glob(const cfo_probe_t *probe,
                                const cfo_expression_t *expression)
{
    int is_unknown, has_unknown;
    const char *left = cfo_expand(probe, expression->left.text, NULL, "", &is_unknown);
    const char *right = cfo_expand(probe, expression->right.text, NULL, "", &has_unknown);

    if (is_unknown || has_unknown || expression->left.letters ||
        expression->right.letters || expression->right.is_unknown)
        return CFO_MAYBE;
    return apr_fnmatch(right, left, 0) == APR_SUCCESS ? CFO_YES : CFO_NO;
}

static cfo_truth_t holds(const cfo_probe_t *probe, const cfo_expression_t *expression)
{
    if (expression->left.is_unknown)
        return CFO_MAYBE;
    switch (expression->kind) {
    case CFO_EXPRESSION_TRUE:
        return CFO_YES;
    case CFO_EXPRESSION_NOT:
        return cfo_not(holds(probe, expression->first));
    case CFO_EXPRESSION_AND:
        return cfo_and(holds(probe, expression->first), holds(probe, expression->second));
    case CFO_EXPRESSION_OR:
        return cfo_or(holds(probe, expression->first), holds(probe, expression->second));
    case CFO_EXPRESSION_EQUAL:
        return compare(probe, expression, is_equal);
    case CFO_EXPRESSION_NUMBER:
        return compare(probe, expression, is_equal_number);
    case CFO_EXPRESSION_REGEX:
        return ask(probe, expression, expression->right.text, is_matched);
    case CFO_EXPRESSION_GLOB:
        return compare_glob(probe, expression);
    default:
        return CFO_MAYBE;
    }
}

cfo_truth_t cfo_expression_holds(const cfo_probe_t *probe, const char *expression)
{
    const cfo_expression_t *tree =
        cfo_expression_read(probe->site->pool, probe->site->vhosts->patterns, expression);

    return tree ? holds(probe, tree) : CFO_MAYBE;
}
