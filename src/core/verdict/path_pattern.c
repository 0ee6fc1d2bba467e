/* SPDX-License-Identifier: Apache-2.0 */
/* What people write where a prefix of a path is expected. */
#include "core/verdict/path_pattern.h"

#include <string.h>

static const char pattern[] =
    "this is a regular expression or a pattern, but it must be the prefix of a path, which "
    "covers everything below it; write each prefix as it is, separated by spaces, such as "
    "/healthz /api/ping";
static const char url[] =
    "a path begins with a slash; this is a URL or has a host name: write only the path";
static const char query[] =
    "a query (?) or a fragment (#) is no part of the path; write only the path";
static const char separator[] =
    "a comma, a semicolon or a space is no separator within an argument; separate paths by "
    "spaces, outside of quotation marks";

/* A word is not empty. */
static char last_of(const char *word)
{
    return word[strlen(word) - 1];
}

/* "/(a|b)", "(?:a)", "/a(/b)"; not "/wiki/Foo_(bar)" */
static int has_group(const char *word)
{
    const char *open;

    for (open = strchr(word, '('); open; open = strchr(open + 1, '(')) {
        if (open == word || open[-1] == '/' || open[1] == '/' || open[1] == '?' ||
            !strchr(open, ')'))
            return 1;
    }
    return 0;
}

static int is_pattern(const char *word)
{
    return strpbrk(word, "*^|[]{}<>\\") || has_group(word) || strstr(word, ".+") ||
           last_of(word) == '$' || last_of(word) == '+' || strstr(word, "$)") ||
           *word == '~' || *word == '=';
}

static int has_separator(const char *word)
{
    return strchr(",;", last_of(word)) || strstr(word, ",/") || strstr(word, ";/") ||
           strstr(word, " /");
}

const char *cfo_path_pattern(const char *word)
{
    if (!*word)
        return NULL;
    if (strstr(word, "://") || !strncmp(word, "//", 2))
        return url;
    if (is_pattern(word))
        return pattern;
    if (has_separator(word))
        return separator;
    if (strpbrk(word, "?#"))
        return query;
    if (word[strcspn(word, "/.")] == '.' && strchr(word, '/'))
        return url;
    return NULL;
}
