/* SPDX-License-Identifier: Apache-2.0 */
/* ctl/origin: what httpd prints, maybe another version, maybe cut short. */
#include "fuzz.h"

#include "core/base/text.h"
#include "core/trust/zone_name.h"
#include "ctl/origin/dump_line.h"
#include "ctl/origin/dump_reader.h"

enum { QUOTE_MOST = 1000 };

/* What is quoted is read back, unless it was cut. */
static void check_quotes(apr_pool_t *p, const char *text)
{
    const char *quoted = cfo_text_quote(p, text, QUOTE_MOST), *end;
    const char *read = cfo_dump_quoted(p, quoted, &end);

    PROMISE(read ? !strcmp(read, text) && !*end : strlen(quoted) > QUOTE_MOST);
}

static void check_uses(const apr_array_header_t *uses)
{
    int i;

    for (i = 0; i < uses->nelts; i++) {
        const cfo_origin_use_t *use = &APR_ARRAY_IDX(uses, i, cfo_origin_use_t);

        PROMISE(use->zone && strlen(use->sha256) == 64 && use->first_used >= 0 &&
                use->last_used >= 0);
    }
}

static void check_zone(apr_pool_t *p, const cfo_origin_zone_t *zone)
{
    const char *name;
    int i;

    PROMISE(!cfo_zone_name_read(p, zone->name, &name) && !strcmp(name, zone->name));
    PROMISE(zone->vhost);
    for (i = 0; i < zone->files->nelts; i++)
        PROMISE(*APR_ARRAY_IDX(zone->files, i, const char *) == '/');
    for (i = 0; i < zone->sources->nelts; i++)
        PROMISE(!APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t).text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size);
    cfo_dump_t dump;
    int i;

    check_quotes(p, text);
    if (!cfo_dump_read(p, text, size, &dump)) {
        PROMISE(dump.servers->nelts && dump.reload >= -1 && dump.reload <= 86400);
        for (i = 0; i < dump.zones->nelts; i++)
            check_zone(p, APR_ARRAY_IDX(dump.zones, i, const cfo_origin_zone_t *));
        check_uses(dump.running->proofs);
        check_uses(dump.running->presented);
    }
    free(text);
    return 0;
}
