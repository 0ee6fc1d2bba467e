/* SPDX-License-Identifier: Apache-2.0 */
/* The names of virtual hosts, a line each; the last line is a zone. Compared with a list
 * of the names that is searched from beginning to end. */
#include "core/trust/host_names.h"
#include "core/trust/zone_name.h"

#include <strings.h>

#include "fuzz.h"

enum { NAMES_MOST = 64 };

/* Whether `name` is `parent`, or below it. */
static int is_below(const char *name, const char *parent)
{
    size_t length = strlen(name), rest = strlen(parent);

    return length >= rest && !strcasecmp(name + length - rest, parent) &&
           (length == rest || name[length - rest - 1] == '.');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size), *rest = text, *line, *names[NAMES_MOST];
    cfo_host_names_t *hosts = cfo_host_names_create(p);
    int count = 0, is_wild = 0, is_expected = 0, i;
    const char *zone = NULL, *meant;

    while (count < NAMES_MOST && (line = fuzz_line(&rest)) != NULL)
        names[count++] = line;
    if (!cfo_zone_name_read(p, names[--count], &zone)) {
        for (i = 0; i < count; i++) {
            size_t length = strlen(names[i]);

            cfo_host_names_add(hosts, names[i]);
            if (length > 1 && names[i][length - 1] == '.')
                names[i][length - 1] = '\0';
            is_wild |= strpbrk(names[i], "*?") != NULL;
            is_expected |= is_below(names[i], zone);
        }
        if (!strcmp(zone, "*"))
            is_expected = 1;
        PROMISE(!is_expected || cfo_host_names_in_zone(hosts, zone));
        PROMISE(is_wild || is_expected == cfo_host_names_in_zone(hosts, zone));
        meant = cfo_host_names_meant(p, hosts, zone);
        PROMISE(!meant || cfo_host_names_in_zone(hosts, meant));
    }
    free(text);
    return 0;
}
