/* SPDX-License-Identifier: Apache-2.0 */
/* The first line is a host, the others are zones, every second one of a virtual host.
 * Compared with all zones, one after another. */
#include "core/trust/zones.h"
#include "core/trust/zone_name.h"

#include "fuzz.h"

enum { ZONES_MOST = 64 };

static int covers(const char *zone, const char *host)
{
    size_t length = strlen(host), rest = strlen(zone);

    return length >= rest && !strcmp(host + length - rest, zone) &&
           (length == rest || host[length - rest - 1] == '.');
}

/* The longest of those that cover the host; of equal ones that of the virtual host. */
static const cfo_zone_t *search(cfo_zone_t *zones[2][ZONES_MOST], const int *counts,
                                const char *host)
{
    const cfo_zone_t *best = NULL;
    int table, i;

    for (table = 0; table < 2; table++) {
        for (i = 0; i < counts[table]; i++) {
            const cfo_zone_t *zone = zones[table][i];
            int is_any = !strcmp(zone->name, "*");

            if (!is_any && !covers(zone->name, host))
                continue;
            if (!best || (!is_any && (!strcmp(best->name, "*") ||
                                      strlen(zone->name) > strlen(best->name))))
                best = zone;
        }
    }
    return best;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size), *rest = text, *line, *host = fuzz_line(&rest);
    cfo_zone_table_t *tables[2] = { cfo_zone_table_create(p), cfo_zone_table_create(p) };
    cfo_zone_t *zones[2][ZONES_MOST];
    int counts[2] = { 0 }, number;
    const char *name;

    for (number = 0; number < 2 * ZONES_MOST && (line = fuzz_line(&rest)); number++) {
        int of = number & 1;

        if (cfo_zone_name_read(p, line, &name) || cfo_zone_table_get(tables[of], name))
            continue;
        zones[of][counts[of]] = cfo_zone_create(cfo_shared_pool_permanent(p), name);
        cfo_zone_table_put(tables[of], zones[of][counts[of]++]);
        PROMISE(cfo_zone_table_get(tables[of], name));
    }
    PROMISE(cfo_zones_find(tables, 2, host) == search(zones, counts, host));
    free(text);
    return 0;
}
