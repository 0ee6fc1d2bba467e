/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: for people. The first line is for monitoring systems too. */
#include "ctl/view/status.h"

#include <stdio.h>
#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "core/live/expiry.h"
#include "ctl/command/terminal.h"

/* With more zones than that, those without a problem have a line each; no more findings
 * than that are printed. */
enum { ZONES_WHOLE = 10, FINDINGS_MOST = 200, NOTES_MOST = 20 };

/* A "|" would begin what plugins call performance data. */
static const char *on_one_line(apr_pool_t *p, const char *text)
{
    char *copy = apr_pstrdup(p, text), *c;

    for (c = copy; *c; c++) {
        if (*c == '|')
            *c = '/';
    }
    return copy;
}

static const char *zone_of(const cfo_ctl_t *ctl, const cfo_edge_finding_t *finding)
{
    return finding->zone ? apr_pstrcat(ctl->pool, cfo_ctl_shown(ctl->pool, finding->zone),
                                       ": ", NULL)
                         : "";
}

static const char *headline(cfo_ctl_t *ctl, const cfo_edge_status_t *status)
{
    const cfo_edge_finding_t *first;
    const char *text;
    int more;

    if (status->level == CFO_EDGE_NOTE) {
        text = apr_pstrcat(
            ctl->pool,
            cfo_ctl_counted(ctl->pool, (apr_uint64_t)status->zones->nelts, "zone"), ", ",
            cfo_ctl_counted(
                ctl->pool,
                (apr_uint64_t)cfo_edge_count_hosts(status, CFO_JUDGED_ACCEPTED),
                "host name"),
            " accepted", NULL);
        return text;
    }
    first = &APR_ARRAY_IDX(status->findings, 0, cfo_edge_finding_t);
    more = status->findings->nelts - 1 -
           cfo_edge_count_findings(status->findings, CFO_EDGE_NOTE);
    text = apr_pstrcat(ctl->pool, zone_of(ctl, first), first->text, NULL);
    if (more)
        text = apr_psprintf(ctl->pool, "%s (and %s more)", text,
                            cfo_ctl_thousands(ctl->pool, (apr_uint64_t)more));
    return text;
}

static void print_headline(cfo_ctl_t *ctl, const cfo_edge_status_t *status)
{
    int is_known, days = cfo_edge_days_left(status, &is_known);

    printf("%s: %s | zones=%d critical=%d unknown=%d warning=%d",
           cfo_edge_status_word(status->level),
           on_one_line(ctl->pool, headline(ctl, status)), status->zones->nelts,
           cfo_edge_count_findings(status->findings, CFO_EDGE_CRITICAL),
           cfo_edge_count_findings(status->findings, CFO_EDGE_UNKNOWN),
           cfo_edge_count_findings(status->findings, CFO_EDGE_WARNING));
    if (is_known)
        printf(" days_left=%d;%d:;%d:", days, status->at.warn, status->at.critical);
    putchar('\n');
}

static void print_finding(cfo_ctl_t *ctl, const cfo_edge_finding_t *finding)
{
    char first[16];

    apr_snprintf(first, sizeof first, "  %-9s ", cfo_edge_levels[finding->level]);
    cfo_ctl_print_wrapped(
        first, apr_pstrcat(ctl->pool, zone_of(ctl, finding), finding->text, NULL));
    if (finding->remedy)
        cfo_ctl_print_wrapped("            do: ", finding->remedy);
}

static void print_findings(cfo_ctl_t *ctl, const cfo_edge_status_t *status)
{
    int i, left = 0, notes = 0;

    if (status->findings->nelts)
        putchar('\n');
    for (i = 0; i < status->findings->nelts; i++) {
        const cfo_edge_finding_t *finding =
            &APR_ARRAY_IDX(status->findings, i, cfo_edge_finding_t);
        int is_note = finding->level == CFO_EDGE_NOTE;

        notes += is_note;
        if (i < FINDINGS_MOST && notes <= NOTES_MOST)
            print_finding(ctl, finding);
        else
            left++;
    }
    if (left)
        printf("  and %s more (--json has all)\n",
               cfo_ctl_thousands(ctl->pool, (apr_uint64_t)left));
}

static const char *on_or_off(const cfo_look_t *look, cfo_look_part_t part, int is_on)
{
    return look->errors[part] ? "not known" : is_on ? "on" : "off";
}

static void print_switches(cfo_ctl_t *ctl, const cfo_look_t *look)
{
    printf("  SSL mode: %s   Authenticated Origin Pulls: zone %s, global %s\n",
           look->ssl_mode ? cfo_ctl_shown(ctl->pool, look->ssl_mode) : "not known",
           on_or_off(look, CFO_LOOK_ZONE_LEVEL, look->is_zone_level_on),
           on_or_off(look, CFO_LOOK_GLOBAL, look->is_global_on));
}

/* "old": it is active, but a newer one is there, too. */
static const char *use_of(const cfo_edge_zone_t *zone, const cfo_api_certificate_t *one,
                          int is_newer)
{
    if (!cfo_edge_is_presented(zone, one))
        return "not presented";
    return is_newer ? "old" : "presented";
}

static void print_certificate(cfo_ctl_t *ctl, const cfo_edge_status_t *status,
                              const cfo_edge_zone_t *zone,
                              const cfo_api_certificate_t *one, const char *level,
                              int is_newer)
{
    const cfo_certificate_t *certificate = one->certificate;

    printf("  %-5s  %-18s  ", level, one->state_text);
    if (certificate)
        printf("%.10s  %5d  %s  %s\n", cfo_text_time(ctl->pool, certificate->not_after),
               cfo_expiry_days(certificate->not_after, status->at.now),
               certificate->sha256_hex, use_of(zone, one, is_newer));
    else
        printf("cannot be read: %s\n", one->invalid);
}

static void print_certificates(cfo_ctl_t *ctl, const cfo_edge_status_t *status,
                               const cfo_edge_zone_t *zone)
{
    static const char *const levels[] = { "zone", "hosts" };
    cfo_api_level_t of;
    int i, count = 0;

    for (of = CFO_API_FOR_ZONE; of <= CFO_API_FOR_HOSTS; of++) {
        const apr_array_header_t *all = zone->look->certificates[of];
        int active = 0;

        for (i = 0; all && i < all->nelts; i++) {
            const cfo_api_certificate_t *one =
                &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

            if (!count++)
                printf("  %-5s  %-18s  %-10s  %5s  %-64s  %s\n", "for", "state",
                       "expires", "days", "SHA-256", "use");
            print_certificate(ctl, status, zone, one, levels[of],
                              of == CFO_API_FOR_ZONE && active);
            active += one->state == CFO_API_ACTIVE;
        }
    }
    if (!count)
        printf("  certificates: %s\n",
               zone->look->certificates[CFO_API_FOR_ZONE] ? "none" : "not known");
}

static const char *names_of(apr_pool_t *p, const cfo_judged_t *group)
{
    apr_array_header_t *names =
        apr_array_make(p, group->hosts->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < group->hosts->nelts; i++)
        APR_ARRAY_PUSH(names, const char *) =
            APR_ARRAY_IDX(group->hosts, i, const cfo_look_host_t *)->name;
    return cfo_edge_names(p, names);
}

static const char *presented_word(const cfo_presented_t *presented)
{
    switch (presented->what) {
    case CFO_PRESENTS_OWN:
        return strncmp(presented->key, "zone", 4) ? "a certificate of its own"
                                                  : "the zone's certificate";
    case CFO_PRESENTS_SHARED:
        return "Cloudflare's shared certificate";
    case CFO_PRESENTS_NOTHING:
        return "no certificate";
    default:
        return "not known";
    }
}

static const char *answer_of(apr_pool_t *p, const cfo_judged_t *group)
{
    static const char *const policies[] = { [CFO_ORIGIN_OFF] = ", Off",
                                            [CFO_ORIGIN_AUDIT] = ", Audit",
                                            [CFO_ORIGIN_ON] = ", On",
                                            [CFO_ORIGIN_POLICY_UNKNOWN] = "" };

    return apr_pstrcat(
        p, cfo_judgements[group->judgement],
        group->judgement == CFO_JUDGED_REFUSED ? " (" : "",
        group->judgement == CFO_JUDGED_REFUSED ? cfo_reason_name(group->reason) : "",
        group->judgement == CFO_JUDGED_REFUSED ? ")" : "",
        group->judgement == CFO_JUDGED_ELSEWHERE ? "" : policies[group->policy], NULL);
}

static void print_hosts(cfo_ctl_t *ctl, const cfo_edge_zone_t *zone)
{
    apr_pool_t *p = ctl->pool;
    int i;

    for (i = 0; i < zone->groups->nelts; i++) {
        const cfo_judged_t *group = &APR_ARRAY_IDX(zone->groups, i, cfo_judged_t);

        cfo_ctl_print_wrapped(
            "  ", apr_psprintf(
                      p, "%s: %s; presented: %s (%s)",
                      cfo_ctl_counted(p, (apr_uint64_t)group->hosts->nelts, "host name"),
                      answer_of(p, group), presented_word(group->presented),
                      names_of(p, group)));
    }
    if (!zone->groups->nelts)
        puts("  host names: none is known");
}

static int count_dns_only(const cfo_look_t *look)
{
    int i, count = 0;

    for (i = 0; i < look->records->nelts; i++)
        count += !APR_ARRAY_IDX(look->records, i, cfo_api_record_t).is_proxied;
    return count;
}

static void print_zone(cfo_ctl_t *ctl, const cfo_edge_status_t *status,
                       const cfo_edge_zone_t *zone)
{
    cfo_edge_level_t level = cfo_edge_zone_level(zone);

    if (zone->look->errors[CFO_LOOK_ZONE]) {
        printf("\n%s: %s\n", cfo_ctl_shown(ctl->pool, zone->name),
               cfo_edge_status_word(level));
        return;
    }
    if (status->zones->nelts > ZONES_WHOLE && level == CFO_EDGE_NOTE) {
        printf("%s: OK\n", cfo_ctl_shown(ctl->pool, zone->name));
        return;
    }
    printf("\n%s: %s\n", cfo_ctl_shown(ctl->pool, zone->name),
           cfo_edge_status_word(level));
    print_switches(ctl, zone->look);
    print_certificates(ctl, status, zone);
    print_hosts(ctl, zone);
    if (zone->look->records)
        printf("  DNS-only records: %s\n",
               cfo_ctl_thousands(ctl->pool, (apr_uint64_t)count_dns_only(zone->look)));
}

/* Whether it can write is seen only by writing. */
static void print_token(cfo_ctl_t *ctl, const cfo_edge_status_t *status)
{
    const char *has = "", *lacks = "";
    int i;

    for (i = 0; i < CFO_PERMISSIONS; i++) {
        const char **list = status->permissions[i] ? &has : &lacks;

        if (status->permissions[i] >= 0)
            *list = apr_pstrcat(ctl->pool, *list, **list ? ", " : "",
                                cfo_look_permissions[i], NULL);
    }
    cfo_ctl_print_wrapped(
        "Token: ",
        apr_pstrcat(ctl->pool, status->token ? status->token : "state not known",
                    status->token_note ? ", " : "",
                    status->token_note ? status->token_note : "", "; has ",
                    *has ? has : "no permission that was seen", *lacks ? "; lacks " : "",
                    lacks, "; whether it may write cannot be seen by reading", NULL));
}

static void print_summary(cfo_ctl_t *ctl, const cfo_edge_status_t *status)
{
    apr_pool_t *p = ctl->pool;
    const char *text = cfo_ctl_counted(p, (apr_uint64_t)status->zones->nelts, "zone");
    int i;

    for (i = 0; i < CFO_JUDGED_COUNT; i++) {
        int count = cfo_edge_count_hosts(status, i);

        if (count)
            text = apr_pstrcat(p, text, "; ",
                               cfo_ctl_counted(p, (apr_uint64_t)count, "host name"), " ",
                               cfo_judgements[i], NULL);
    }
    for (i = CFO_EDGE_CRITICAL; i >= CFO_EDGE_NOTE; i--) {
        int count = cfo_edge_count_findings(status->findings, i);

        if (count)
            text = apr_psprintf(p, "%s; %s: %s", text, cfo_edge_levels[i],
                                cfo_ctl_thousands(p, (apr_uint64_t)count));
    }
    cfo_ctl_print_wrapped("Summary: ", text);
}

void cfo_edge_status_text(cfo_ctl_t *ctl, const cfo_edge_status_t *status)
{
    int i;

    print_headline(ctl, status);
    print_findings(ctl, status);
    for (i = 0; i < status->zones->nelts; i++)
        print_zone(ctl, status, APR_ARRAY_IDX(status->zones, i, const cfo_edge_zone_t *));
    putchar('\n');
    print_token(ctl, status);
    print_summary(ctl, status);
}
