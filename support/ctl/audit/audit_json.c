/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl audit: the report as JSON. */
#include "ctl/audit/audit_report.h"

#include "core/verdict/reason.h"

enum { EXEMPT_PATHS = 10 };

static void write_counts(cfo_json_t *json, const apr_uint64_t *counts)
{
    static const char *const names[CFO_COUNTS] = {
        [CFO_COUNT_REFUSED] = "refused",
        [CFO_COUNT_WOULD_REFUSE] = "would_refuse",
        [CFO_COUNT_ADMITTED] = "admitted",
        [CFO_COUNT_HELD_BACK] = "held_back",
        [CFO_COUNT_FAILED] = "handshakes_failed",
        [CFO_COUNT_PROVEN] = "proven",
        [CFO_COUNT_LOST] = "lost",
        [CFO_COUNT_DOUBTFUL] = "doubtful",
        [CFO_COUNT_FROM_EDGE] = "from_edge",
        [CFO_COUNT_DIRECT] = "direct",
        [CFO_COUNT_TUNNELLED] = "tunnelled",
        [CFO_COUNT_DENIED] = "denied",
        [CFO_COUNT_EXPECTED] = "denied_expected",
        [CFO_COUNT_MISDIRECTED] = "misdirected",
    };
    int i;

    for (i = 0; i < CFO_COUNTS; i++)
        cfo_json_number(json, names[i], (apr_int64_t)counts[i]);
}

static const char *known(const char *text)
{
    return *text ? text : NULL;
}

static void write_examples(const cfo_ctl_report_t *report, const cfo_ctl_row_t *row)
{
    cfo_json_t *json = report->ctl->json;
    int i;

    cfo_json_open(json, "examples", '[');
    for (i = 0; i < CFO_BREAKDOWN_EXAMPLES && i < row->examples; i++) {
        const cfo_ctl_example_t *example =
            &row->example[(row->examples - 1 - i) % CFO_BREAKDOWN_EXAMPLES];

        cfo_json_open(json, NULL, '{');
        cfo_json_time(json, "time", example->time);
        cfo_json_string(json, "ray", example->is_claimed ? NULL : known(example->ray));
        cfo_json_string(json, "claimed_ray",
                        example->is_claimed ? known(example->ray) : NULL);
        cfo_json_string(json, "edge", known(example->edge));
        cfo_json_string(json, "what", known(example->what));
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
}

static void write_row(const cfo_ctl_report_t *report, const cfo_ctl_table_t *table,
                      const cfo_ctl_row_t *row)
{
    const cfo_reason_info_t *info = cfo_reason_find(row->name);
    cfo_json_t *json = report->ctl->json;

    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "name", row->name);
    if (table->breakdown == report->summary->reasons)
        cfo_json_string(json, "advice", info ? info->advice : NULL);
    else
        cfo_json_string(json, "subject", known(row->label));
    write_counts(json, row->counts);
    cfo_json_number(json, "missed", (apr_int64_t)row->missed);
    cfo_json_time(json, "first", row->first);
    cfo_json_time(json, "last", row->last);
    write_examples(report, row);
    cfo_json_close(json, '}');
}

static void write_table(const cfo_ctl_report_t *report, const cfo_ctl_table_t *table)
{
    apr_array_header_t *rows = cfo_ctl_breakdown_sorted(table->breakdown, report->pool);
    cfo_json_t *json = report->ctl->json;
    cfo_ctl_counts_t others;
    int i;

    cfo_json_open(json, table->member, '{');
    cfo_json_open(json, "rows", '[');
    for (i = 0; i < rows->nelts && i < report->top; i++)
        write_row(report, table, APR_ARRAY_IDX(rows, i, const cfo_ctl_row_t *));
    cfo_json_close(json, ']');
    cfo_ctl_breakdown_others(table->breakdown, rows, i, others);
    cfo_json_open(json, "others", '{');
    write_counts(json, others);
    cfo_json_close(json, '}');
    cfo_json_truth(json, "complete", !table->breakdown->missed);
    cfo_json_close(json, '}');
}

static void write_list(cfo_json_t *json, const char *name,
                       const apr_array_header_t *sentences)
{
    int i;

    cfo_json_open(json, name, '[');
    for (i = 0; i < sentences->nelts; i++)
        cfo_json_string(json, NULL, APR_ARRAY_IDX(sentences, i, const char *));
    cfo_json_close(json, ']');
}

static void write_exemption(cfo_json_t *json, const cfo_ctl_exemption_t *exemption)
{
    const cfo_ctl_own_source_t *source = &exemption->source;
    int i;

    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "kind", cfo_ctl_own_kind_name(source->kind));
    cfo_json_string(json, "address", known(source->address));
    cfo_json_number(json, "requests", (apr_int64_t)source->unproven);
    cfo_json_string(json, "directive", exemption->directive);
    cfo_json_string(json, "alternative", exemption->alternative);
    cfo_json_open(json, "paths", '[');
    for (i = 0; i < exemption->paths->nelts && i < EXEMPT_PATHS; i++) {
        const cfo_ctl_row_t *path =
            APR_ARRAY_IDX(exemption->paths, i, const cfo_ctl_row_t *);

        cfo_json_open(json, NULL, '{');
        cfo_json_string(json, "path", path->name);
        cfo_json_string(json, "vhost", path->label);
        cfo_json_number(json, "requests",
                        (apr_int64_t)path->counts[CFO_COUNT_WOULD_REFUSE]);
        cfo_json_close(json, '}');
    }
    cfo_json_close(json, ']');
    cfo_json_close(json, '}');
}

static void write_exempt(const cfo_ctl_report_t *report)
{
    const apr_array_header_t *exempt = report->readiness.exempt;
    int i;

    cfo_json_open(report->ctl->json, "exempt", '[');
    for (i = 0; i < exempt->nelts; i++)
        write_exemption(report->ctl->json,
                        &APR_ARRAY_IDX(exempt, i, cfo_ctl_exemption_t));
    cfo_json_close(report->ctl->json, ']');
}

static void write_summary(const cfo_ctl_report_t *report)
{
    const cfo_ctl_summary_t *summary = report->summary;
    cfo_json_t *json = report->ctl->json;
    cfo_ctl_table_t tables[CFO_CTL_TABLES];
    int i;

    cfo_json_time(json, "since", summary->wanted.since);
    cfo_json_time(json, "until", summary->wanted.until);
    cfo_json_string(json, "vhost", summary->wanted.vhost);
    cfo_json_number(json, "lines", (apr_int64_t)summary->events);
    cfo_json_number(json, "cut", (apr_int64_t)summary->cut);
    cfo_json_number(json, "untimed", (apr_int64_t)summary->untimed);
    cfo_json_open(json, "total", '{');
    write_counts(json, summary->total.counts);
    cfo_json_time(json, "first", summary->total.first);
    cfo_json_time(json, "last", summary->total.last);
    cfo_json_close(json, '}');
    cfo_ctl_report_tables(summary, tables);
    for (i = 0; i < CFO_CTL_TABLES; i++)
        write_table(report, &tables[i]);
}

void cfo_ctl_report_json(const cfo_ctl_report_t *report)
{
    cfo_json_t *json = report->ctl->json;

    if (!report->is_brief)
        write_summary(report);
    cfo_json_open(json, "readiness", '{');
    cfo_json_string(json, "answer", cfo_ctl_ready_name(report->readiness.answer));
    cfo_json_string(json, "sentence", report->readiness.sentence);
    write_list(json, "why", report->readiness.why);
    write_list(json, "notes", report->readiness.notes);
    write_exempt(report);
    write_counts(json, report->summary->total.counts);
    cfo_json_close(json, '}');
}
