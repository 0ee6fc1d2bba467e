/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: numbers and sentences of the text output. */
#include "ctl/command/terminal.h"

#include <stdio.h>
#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"

enum { WIDTH = 80 };

const char *cfo_ctl_thousands(apr_pool_t *p, apr_uint64_t number)
{
    char text[CFO_TEXT_COUNT_SIZE];

    return apr_pstrdup(p, cfo_text_count_print(text, number));
}

const char *cfo_ctl_counted(apr_pool_t *p, apr_uint64_t number, const char *noun)
{
    return apr_pstrcat(p, cfo_ctl_thousands(p, number), " ", noun, number == 1 ? "" : "s",
                       NULL);
}

/* Quoted text, which may be a directive to copy, is one word. */
static int word_length(const char *text)
{
    int length = 0, is_quoted = 0;

    for (; text[length] && (text[length] != ' ' || is_quoted); length++) {
        if (text[length] == '"')
            is_quoted = !is_quoted && strchr(text + length + 1, '"');
    }
    return length;
}

void cfo_ctl_print_wrapped(const char *first, const char *sentence)
{
    int indent = (int)strlen(first), column = indent;

    fputs(first, stdout);
    while (*sentence) {
        int length = word_length(sentence);

        if (column > indent && column + 1 + length > WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        }
        if (column > indent) {
            putchar(' ');
            column++;
        }
        printf("%.*s", length, sentence);
        column += length;
        sentence += length + (sentence[length] == ' ');
    }
    putchar('\n');
}
