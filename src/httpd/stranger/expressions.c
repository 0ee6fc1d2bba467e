/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions of httpd come to for a stranger. */
#include "httpd/stranger/site.h"

#include "http_config.h"

#include "apr_fnmatch.h"

#include "httpd/language/expression.h"

static cfo_truth_t ask(const cfo_probe_t *probe, const cfo_expression_t *expression,
                       int kind, const char *pattern)
{
    cfo_test_t test = { .text = expression->left.text,
                        .letters = expression->left.letters,
                        .kind = kind,
                        .pattern = pattern,
                        .regex = expression->regex };

    return cfo_test_holds(probe, &test, NULL);
}

/* With a text that is the same for all clients. */
static cfo_truth_t compare(const cfo_probe_t *probe, const cfo_expression_t *expression,
                           int kind)
{
    int has_unknown;
    const char *right = cfo_expand(probe, expression->right.text, NULL, "", &has_unknown);

    return has_unknown || expression->right.is_unknown || expression->right.letters
               ? CFO_MAYBE
               : ask(probe, expression, kind, right);
}

static cfo_truth_t compare_glob(const cfo_probe_t *probe,
                                const cfo_expression_t *expression, int flags)
{
    int is_unknown, has_unknown;
    const char *left = cfo_expand(probe, expression->left.text, NULL, "", &is_unknown);
    const char *right = cfo_expand(probe, expression->right.text, NULL, "", &has_unknown);

    if (is_unknown || has_unknown || expression->left.letters ||
        expression->right.letters || expression->right.is_unknown)
        return CFO_MAYBE;
    return apr_fnmatch(right, left, flags) == APR_SUCCESS ? CFO_YES : CFO_NO;
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
        return compare(probe, expression, CFO_TEST_EQUAL);
    case CFO_EXPRESSION_NUMBER:
        return compare(probe, expression, CFO_TEST_NUMBER);
    case CFO_EXPRESSION_REGEX:
        return ask(probe, expression, CFO_TEST_REGEX, expression->right.text);
    case CFO_EXPRESSION_GLOB:
        return compare_glob(probe, expression, 0);
    case CFO_EXPRESSION_GLOB_NOCASE:
        return compare_glob(probe, expression, APR_FNM_CASE_BLIND);
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
