/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a zone, or of its file. */
#include "core/trust/zone_name.h"

#include "core/trust/host_names.h"

#include "fuzz.h"

static void check_name(apr_pool_t *p, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    const char *again = NULL, *last = strrchr(name, '.');

    PROMISE(!cfo_zone_name_read(p, name, &again) && !strcmp(name, again));
    if (!strcmp(name, "*"))
        return;
    PROMISE(*name && strlen(name) <= 253 && !name[strspn(name, letters)]);
    PROMISE(*name != '.' && !strstr(name, ".."));
    last = last ? last + 1 : name;
    PROMISE(last[strspn(last, "0123456789")]); /* no address */
    (void)cfo_zone_name_odd(p, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size);
    const char *name = NULL, *reason = cfo_zone_name_read(p, text, &name), *of_file;

    PROMISE(reason ? *reason : name != NULL);
    if (!reason) {
        const char *file = apr_pstrcat(p, name, ".pem", NULL);

        check_name(p, name);
        PROMISE(!strcasecmp(cfo_zone_name_of_file(p, file), name));
    }
    of_file = cfo_zone_name_of_file(p, text);
    PROMISE(!of_file || strlen(of_file) + 4 == strlen(text));
    free(text);
    return 0;
}
