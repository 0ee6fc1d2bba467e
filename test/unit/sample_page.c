/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the status page of the sample server, to look at: FOLDER/index.html, and the
 * header that belongs to it as FOLDER/policy; and the same as JSON, FOLDER/status.json. */
#include "core/report/json_report.h"
#include "core/report/page.h"
#include "core/report/style.h"
#include "page.h"
#include "sample.h"

static void put(const char *folder, const char *name, const char *text)
{
    FILE *file = fopen(apr_pstrcat(pool, folder, "/", name, NULL), "w");

    if (!file || fputs(text, file) < 0 || fclose(file))
        exit(1);
}

int main(int argc, char **argv)
{
    void *state = NULL;
    cfo_report_t *report;

    if (argc != 2)
        return 2;
    fixture_open(&state);
    report = sample_night();
    cfo_report_html(page_begin(), report);
    put(argv[1], "index.html", page_text());
    cfo_report_json(page_begin(), report);
    put(argv[1], "status.json", page_text());
    put(argv[1], "policy", cfo_report_style_policy(pool));
    return fixture_close(&state);
}
