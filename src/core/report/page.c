/* SPDX-License-Identifier: Apache-2.0 */
/* A report as a web page: its frame and the problems. */
#include "core/report/page.h"

#include "apr_strings.h"

#include "core/report/html.h"
#include "core/report/problem.h"
#include "core/report/page_parts.h"
#include "core/report/style.h"

enum { PROBLEMS_SHOWN = 20 };

/* The overall state, as each part of the page shows it. */
typedef struct {
    const char *style;  /* class */
    const char *mark;   /* in front of the title */
    const char *colour; /* of the icon */
    const char *sign;   /* in the icon: a path */
} state_t;

static const state_t bad = { "bad", "\xe2\x9c\x96", "c62828", "M5 5l6 6M11 5l-6 6" };
static const state_t warn = { "warn", "\xe2\x9a\xa0", "c05f00", "M8 4v5M8 11v1.5" };
static const state_t good = { "good", "\xe2\x9c\x94", "1a6b34",
                              "M4.5 8.5l2.5 2.5 4.5-6" };
static const state_t off = { "off", "\xe2\x97\x8b", "57606a", "M5 8h6" };

/* Whether nothing is judged anywhere. */
static int is_off(const cfo_report_t *report)
{
    int i;

    for (i = 0; i < report->vhosts->nelts; i++) {
        const cfo_report_vhost_t *vhost =
            &APR_ARRAY_IDX(report->vhosts, i, cfo_report_vhost_t);

        if (vhost->mode != CFO_MODE_OFF || vhost->directory_mode != CFO_MODE_OFF)
            return 0;
    }
    return 1;
}

static const state_t *state_of(const cfo_report_t *report)
{
    if (cfo_problems_count(report->problems, CFO_LEVEL_ERROR))
        return &bad;
    if (cfo_problems_count(report->problems, CFO_LEVEL_WARNING))
        return &warn;
    return is_off(report) ? &off : &good;
}

/* "2 errors, 1 warning" */
static const char *headline(const cfo_report_t *report)
{
    int errors = cfo_problems_count(report->problems, CFO_LEVEL_ERROR);
    int warnings = cfo_problems_count(report->problems, CFO_LEVEL_WARNING);
    const char *text = "";

    if (errors)
        text = apr_psprintf(report->pool, "%d error%s", errors, errors == 1 ? "" : "s");
    if (warnings)
        text = apr_psprintf(report->pool, "%s%s%d warning%s", text, errors ? ", " : "",
                            warnings, warnings == 1 ? "" : "s");
    if (*text)
        return text;
    return is_off(report) ? "Off everywhere" : "All is well";
}

static void write_head(const cfo_writer_t *out, const cfo_report_t *report)
{
    const state_t *state = state_of(report);

    cfo_write(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                   "<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, "
                   "initial-scale=1\">\n"
                   "<meta name=\"robots\" content=\"noindex\">\n<title>");
    cfo_write_format(out, "%s %s \xe2\x80\x93 ", state->mark, headline(report));
    cfo_write_html(out, report->server);
    cfo_write(out, " \xe2\x80\x93 origin pull</title>\n");
    cfo_write_format(out,
                     "<link rel=\"icon\" href=\"data:image/svg+xml,%%3Csvg "
                     "xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%%3E"
                     "%%3Ccircle cx='8' cy='8' r='8' fill='%%23%s'/%%3E%%3Cpath d='%s' "
                     "stroke='%%23fff' stroke-width='2' fill='none'/%%3E%%3C/svg%%3E\">\n"
                     "<style>",
                     state->colour, state->sign);
    cfo_write(out, cfo_report_style);
    cfo_write(out, "</style>\n</head>\n<body>\n");
}

static void write_refresh_link(const cfo_writer_t *out, const cfo_report_t *report,
                               int seconds, const char *text)
{
    if (seconds == report->refresh) {
        cfo_write_format(out, " <b aria-current=\"true\">%s</b>", text);
        return;
    }
    cfo_write(out, " <a href=\"");
    cfo_html_address(out, report, report->vhost, report->zone, seconds);
    cfo_write_format(out, "\">%s</a>", text);
}

static void write_header(const cfo_writer_t *out, const cfo_report_t *report)
{
    cfo_write(out, "<header>\n<h1>Origin pull at <span class=\"name\">");
    cfo_write_html(out, report->server);
    cfo_write(out, "</span></h1>\n<p>As of ");
    cfo_html_time(out, report->now);
    cfo_write(out, " UTC");
    if (report->totals->since) {
        cfo_write(out, "; counting for ");
        cfo_html_span(out, report->now - report->totals->since);
    }
    cfo_write(out, "</p>\n<nav aria-label=\"This page\">\n<span>Refresh:");
    write_refresh_link(out, report, 0, "off");
    write_refresh_link(out, report, 10, "10 s");
    write_refresh_link(out, report, 30, "30 s");
    write_refresh_link(out, report, 300, "5 min");
    cfo_write(out, "</span>\n<span>Also as <a href=\"?json\">JSON</a> "
                   "<a href=\"?metrics\">metrics</a></span>\n<span>Go to "
                   "<a href=\"#traffic\">requests</a> "
                   "<a href=\"#vhosts\">virtual hosts</a> "
                   "<a href=\"#zones\">zones</a> "
                   "<a href=\"#ranges\">addresses</a></span>\n</nav>\n</header>\n");
}

static void write_state(const cfo_writer_t *out, const cfo_report_t *report)
{
    const state_t *state = state_of(report);
    int on = cfo_report_count(report, CFO_MODE_ON);
    int audit = cfo_report_count(report, CFO_MODE_AUDIT);
    int none = cfo_report_count(report, CFO_MODE_OFF);

    cfo_write_format(out,
                     "<section class=\"state %s\" aria-labelledby=\"state\">\n"
                     "<h2 id=\"state\"><span class=\"%s\" aria-hidden=\"true\">%s</span> "
                     "%s</h2>\n",
                     state->style, state->style, state->mark, headline(report));
    cfo_write_format(out,
                     "<p>CFOriginPull is <b>On</b> at %d virtual host%s, <b>Audit</b> "
                     "(nothing is refused) at %d, <b>Off</b> at %d.</p>\n</section>\n",
                     on, on == 1 ? "" : "s", audit, none);
}

static void write_problem(const cfo_writer_t *out, const cfo_problem_t *problem)
{
    static const char *const badges[] = { "notice\">Notice", "warn\">Warning",
                                          "bad\">Error" };

    cfo_write_format(out, "<li><h3><span class=\"badge %s</span> ",
                     badges[problem->level]);
    cfo_write_html(out, problem->title);
    cfo_write(out, "</h3>\n<p>");
    cfo_write_html(out, problem->text);
    cfo_write(out, "</p>\n");
    if (problem->remedy) {
        cfo_write(out, "<p><b>What to do:</b> ");
        cfo_write_html(out, problem->remedy);
        cfo_write(out, "</p>\n");
    }
    if (problem->place || problem->code) {
        cfo_write(out, "<p class=\"place\"><code>");
        cfo_write_html(out, problem->place);
        cfo_write(out, "</code> ");
        cfo_write_html(out, problem->code);
        cfo_write(out, "</p>\n");
    }
    cfo_write(out, "</li>\n");
}

static void write_problem_list(const cfo_writer_t *out,
                               const apr_array_header_t *problems, int from, int end)
{
    int i;

    cfo_write(out, "<ul class=\"problems\">\n");
    for (i = from; i < end; i++)
        write_problem(out, &APR_ARRAY_IDX(problems, i, cfo_problem_t));
    cfo_write(out, "</ul>\n");
}

/* A server with thousands of zones may have thousands of expiry warnings. */
static void write_more(const cfo_writer_t *out, const apr_array_header_t *problems)
{
    int left = problems->nelts - PROBLEMS_SHOWN;
    int shown = cfo_html_rows(left);

    if (left <= 0)
        return;
    cfo_write_format(out, "<details><summary>%d more</summary>\n", left);
    write_problem_list(out, problems, PROBLEMS_SHOWN, PROBLEMS_SHOWN + shown);
    if (left > shown)
        cfo_write_format(out, "<p class=\"note\">And %d more: JSON has all.</p>\n",
                         left - shown);
    cfo_write(out, "</details>\n");
}

static void write_problems(const cfo_writer_t *out, const apr_array_header_t *problems)
{
    int all = problems->nelts;

    if (!all)
        return;
    cfo_write(out, "<section aria-labelledby=\"problems\">\n"
                   "<h2 id=\"problems\">What is wrong, and what to do</h2>\n");
    write_problem_list(out, problems, 0, all < PROBLEMS_SHOWN ? all : PROBLEMS_SHOWN);
    write_more(out, problems);
    cfo_write(out, "</section>\n");
}

void cfo_report_html(const cfo_writer_t *out, const cfo_report_t *report)
{
    write_head(out, report);
    write_header(out, report);
    cfo_write(out, "<main>\n");
    write_state(out, report);
    write_problems(out, report->problems);
    cfo_report_traffic(out, report);
    cfo_report_vhost_table(out, report);
    cfo_report_zone_tables(out, report);
    cfo_report_rest(out, report);
    cfo_write_format(out,
                     "</main>\n<footer>mod_cf_origin %s. Times are UTC. Counters survive "
                     "a graceful restart. Codes and reasons: docs/log.md of the "
                     "manual.</footer>\n</body>\n</html>\n",
                     report->version);
}
