/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge hostname: certificates of host names. */
#include <stdio.h>
#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "ctl/change/errand.h"
#include "ctl/change/fallback.h"
#include "ctl/change/reconcile.h"
#include "ctl/change/removal.h"
#include "ctl/change/withdraw.h"

/* --- enable --- */

static int enable(cfo_work_t *work)
{
    cfo_target_t *t =
        cfo_errand_target(work, CFO_API_FOR_HOSTS,
                          APR_ARRAY_IDX(work->hosts, 0, const char *), work->hosts);
    int result = cfo_reconcile(t, NULL);

    return result == CFO_CTL_OK ? cfo_removal_run(t) : result;
}

/* --- disable --- */

static int is_used_by_wanted(const cfo_target_t *t, const cfo_world_t *w,
                             const cfo_api_certificate_t *one)
{
    int i;

    for (i = 0; i < t->wanted->nelts; i++) {
        const cfo_api_association_t *a =
            cfo_world_association(w, APR_ARRAY_IDX(t->wanted, i, const char *));

        if (a && a->cert_id && !strcmp(a->cert_id, one->id))
            return 1;
    }
    return 0;
}

static const char *refused(cfo_target_t *t, cfo_world_t *w, const char *host)
{
    apr_array_header_t *hosts = apr_array_make(t->pool, 1, sizeof(const char *));

    APR_ARRAY_PUSH(hosts, const char *) = host;
    if (t->choices->is_forced)
        return NULL;
    if (!t->choices->is_without_certificate)
        return cfo_fallback_refused(t, w, hosts, 1);
    return cfo_fallback_nothing(w, hosts);
}

static int release(cfo_target_t *t, cfo_world_t *w, const char *host)
{
    const cfo_api_association_t *now = cfo_world_association(w, host);
    cfo_api_use_t use = t->choices->is_without_certificate ? CFO_API_NONE : CFO_API_VOID;
    const char *what =
        use == CFO_API_NONE ? "without any certificate" : "to the zone's certificate";
    const cfo_api_error_t *error;
    const char *why;

    if (now && now->use == use) {
        cfo_target_tell(t, "%s is %s already", host,
                        use == CFO_API_NONE ? what : "without one of its own");
        return CFO_CTL_OK;
    }
    why = refused(t, w, host);
    if (why)
        return cfo_target_fail(
            t, CFO_CTL_NO,
            apr_psprintf(t->pool, "%s keeps its certificate: %s", host, why),
            "Set CFOriginPull Audit first, or give --force");
    if (t->choices->is_dry_run) {
        cfo_target_tell(t, "would set %s back %s", host, what);
        return CFO_CTL_OK;
    }
    error = cfo_api_associate(t->edge->api, t->pool, t->zone.id, host,
                              now ? now->cert_id : NULL, use);
    if (error)
        return cfo_target_fail(t, CFO_CTL_INVALID, error->reason, error->remedy);
    cfo_target_tell(t, "set %s back %s", host, what);
    return CFO_CTL_OK;
}

static int disable(cfo_work_t *work)
{
    cfo_target_t *t =
        cfo_errand_target(work, CFO_API_FOR_HOSTS,
                          APR_ARRAY_IDX(work->hosts, 0, const char *), work->hosts);
    int i, result;
    cfo_world_t w;

    result = cfo_withdraw_begin(t, &w, is_used_by_wanted);
    if (result != CFO_CTL_OK)
        return result;
    for (i = 0; result == CFO_CTL_OK && i < work->hosts->nelts; i++)
        result = release(t, &w, APR_ARRAY_IDX(work->hosts, i, const char *));
    if (result != CFO_CTL_OK)
        return cfo_withdraw_abandon(t, result);
    return cfo_withdraw_end(t, "done");
}

/* --- list --- */

static void list_hosts(cfo_target_t *t, const cfo_world_t *w,
                       const cfo_api_certificate_t *one)
{
    int i;

    for (i = 0; i < w->associations->nelts; i++) {
        const cfo_api_association_t *a =
            &APR_ARRAY_IDX(w->associations, i, cfo_api_association_t);

        if (a->use == CFO_API_USED && a->cert_id && !strcmp(a->cert_id, one->id))
            cfo_target_tell(t, "  %s: %s", cfo_text_word(t->pool, a->host),
                            cfo_api_state_name(a->state));
    }
}

static int list(cfo_work_t *work)
{
    cfo_target_t *t = cfo_errand_target(work, CFO_API_FOR_HOSTS, work->name, NULL);
    cfo_world_t w;
    const cfo_trouble_t *trouble = cfo_world_look(t, t->pool, &w);
    int i;

    if (trouble)
        return cfo_target_fail(t, trouble->result, trouble->reason, trouble->remedy);
    for (i = 0; i < w.certificates->nelts; i++) {
        const cfo_api_certificate_t *one =
            &APR_ARRAY_IDX(w.certificates, i, cfo_api_certificate_t);

        cfo_target_tell(
            t, "%s id %s, %s, until %s",
            one->certificate ? cfo_target_short(t->pool, one->certificate->sha256_hex)
                             : "cannot be read:",
            one->id, one->state_text,
            one->certificate ? cfo_text_time(t->pool, one->certificate->not_after) : "?");
        list_hosts(t, &w, one);
    }
    for (i = 0; i < w.associations->nelts; i++) {
        const cfo_api_association_t *a =
            &APR_ARRAY_IDX(w.associations, i, cfo_api_association_t);

        if (a->use == CFO_API_NONE)
            cfo_target_tell(t, "%s: no certificate is presented",
                            cfo_text_word(t->pool, a->host));
    }
    return cfo_target_end(t, "done", CFO_CTL_OK,
                          "%d certificates for host names, %d host names are known",
                          w.certificates->nelts, w.hosts->nelts);
}

/* --- the verb --- */

static const struct {
    const char *name, *verb;
    int (*run)(cfo_work_t *work);
} actions[] = {
    { "list", "hostname list", list },
    { "enable", "hostname enable", enable },
    { "disable", "hostname disable", disable },
    { NULL, NULL, NULL },
};

/* The word after the verb. */
static void drop_first(cfo_ctl_t *ctl)
{
    apr_array_header_t *rest = apr_array_copy(ctl->pool, ctl->operands);

    memmove(rest->elts, rest->elts + rest->elt_size,
            (size_t)(rest->nelts - 1) * (size_t)rest->elt_size);
    rest->nelts--;
    ctl->operands = rest;
}

static int run(cfo_ctl_t *ctl)
{
    const char *word =
        ctl->operands->nelts ? APR_ARRAY_IDX(ctl->operands, 0, const char *) : "";
    cfo_errand_t errand;
    int i = 0, result;

    while (actions[i].name && strcmp(actions[i].name, word) != 0)
        i++;
    if (!actions[i].name)
        return cfo_ctl_usage("say what to do: list, enable or disable");
    drop_first(ctl);
    result = cfo_errand_open(ctl, &errand, actions[i].verb, actions[i].run);
    if (result != CFO_CTL_OK)
        return result;
    errand.is_reading = actions[i].run == list;
    result = errand.is_reading ? cfo_errand_take_zones(ctl, &errand)
                               : cfo_errand_take_hosts(ctl, &errand, 0);
    return result == CFO_CTL_USAGE ? result : cfo_errand_run(ctl, &errand, result);
}

/* clang-format off */
static const apr_getopt_option_t options[] = {
    CFO_EDGE_OPTIONS,
    CFO_CHANGE_OPTIONS,
    CFO_CHANGE_OPTIONS_ISSUE,
    { "proof", CFO_CHANGE_PROOF, 1, "the file for the CA, if the configuration lacks the zone" },
    { "quiet", CFO_CHANGE_QUIET, 1, "with --take-back: seconds without a use before a proof is removed (86400)" },
    { "no-certificate", CFO_CHANGE_NO_CERTIFICATE, 0, "disable: present none at all, instead of the zone's" },
    { "delete", CFO_CHANGE_DELETE, 0, "disable: delete a certificate that no host name uses then" },
    { "force", CFO_CHANGE_FORCE, 0, "disable: even where the origin would refuse what is presented then" },
    { NULL, 0, 0, NULL },
};
/* clang-format on */

const cfo_ctl_verb_t cfo_ctl_edge_hostname = {
    "edge hostname",
    "list ZONE ... | enable [OPTION ...] HOST ... | disable [--no-certificate] [--delete] "
    "[--force] [--dry-run] HOST ...",
    "certificates for single host names",
    options,
    run,
    0
};
