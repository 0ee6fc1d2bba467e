/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the command line of cf-originctl, and what it prints of foreign text. */
#include "ctl/command/ctl.h"

#include "core/base/text.h"
#include "ctl/audit/own_address.h"

#include <stdio.h>

#include "fuzz.h"

static void try_time(apr_pool_t *p, const char *text)
{
    apr_time_t time = 0, again = 0;

    if (!cfo_ctl_time_read(text, &time))
        return;
    PROMISE(cfo_ctl_time_read(cfo_text_time(p, time), &again) && again == time);
}

static void try_address(const char *text)
{
    cfo_address_t address;

    if (cfo_ctl_address_read(text, &address)) {
        PROMISE(address.bits == 32 || address.bits == 128);
        PROMISE(!cfo_ctl_address_is_loopback(&address) ||
                !cfo_ctl_address_is_private(&address));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    char *text = fuzz_text(data, size), *rest = text;
    int number;

    PROMISE(fuzz_is_printable(cfo_ctl_shown(p, text)));
    fuzz_line(&rest);
    try_time(p, text);
    try_address(text);
    number = cfo_ctl_number(text, 86400);
    PROMISE(number >= -1 && number <= 86400);
    if (number >= 0)
        PROMISE(atoi(text) == number && !text[strspn(text, "0123456789")]);
    free(text);
    return 0;
}
