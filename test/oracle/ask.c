/* SPDX-License-Identifier: Apache-2.0 */
/* ask certificate|trust|ranges|log: answers the questions of standard input. */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apr_escape.h"
#include "apr_file_io.h"
#include "apr_general.h"
#include "apr_strings.h"

void oracle_fail(const char *what, const char *detail)
{
    fflush(stdout);
    fprintf(stderr, "ask: %s: %s\n", what, detail);
    exit(2);
}

const char *oracle_field(const apr_array_header_t *question, int i)
{
    return i < question->nelts ? APR_ARRAY_IDX(question, i, const char *) : "";
}

char *oracle_bytes(apr_pool_t *p, const apr_array_header_t *question, int i,
                   apr_size_t *length)
{
    const char *hex = oracle_field(question, i);
    char *bytes = apr_pcalloc(p, strlen(hex) / 2 + 1);

    *length = strlen(hex) / 2;
    if (*length && apr_unescape_hex(bytes, hex, APR_ESCAPE_STRING, 0, length))
        oracle_fail("not hexadecimal", hex);
    bytes[*length] = '\0';
    return bytes;
}

char *oracle_file(apr_pool_t *p, const char *path, apr_size_t *length)
{
    apr_finfo_t info;
    apr_file_t *file;
    char *text;

    if (apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p) ||
        apr_file_info_get(&info, APR_FINFO_SIZE, file))
        oracle_fail("cannot read", path);
    *length = (apr_size_t)info.size;
    text = apr_pcalloc(p, *length + 1);
    if (*length && apr_file_read_full(file, text, *length, NULL))
        oracle_fail("cannot read", path);
    apr_file_close(file);
    return text;
}

static apr_array_header_t *split(apr_pool_t *p, char *line)
{
    apr_array_header_t *fields = apr_array_make(p, 16, sizeof(char *));
    char *tab;

    line[strcspn(line, "\n")] = '\0';
    for (; (tab = strchr(line, '\t')); line = tab + 1) {
        *tab = '\0';
        APR_ARRAY_PUSH(fields, char *) = line;
    }
    APR_ARRAY_PUSH(fields, char *) = line;
    return fields;
}

static oracle_answer_t *find(const char *name)
{
    if (!strcmp(name, "certificate"))
        return oracle_certificate;
    if (!strcmp(name, "trust"))
        return oracle_trust;
    if (!strcmp(name, "ranges"))
        return oracle_ranges;
    if (!strcmp(name, "log"))
        return oracle_log;
    oracle_fail("no such subject", name);
}

int main(int argc, char **argv)
{
    oracle_answer_t *answer = find(argc > 1 ? argv[1] : "");
    apr_pool_t *p;
    char *line = NULL;
    size_t size = 0;

    if (apr_initialize() || apr_pool_create(&p, NULL))
        oracle_fail("APR", "does not start");
    while (getline(&line, &size, stdin) > 0) {
        answer(p, split(p, line));
        putchar('\n');
        apr_pool_clear(p);
    }
    free(line);
    apr_terminate();
    return 0;
}
