/* SPDX-License-Identifier: Apache-2.0 */
/* One look at Cloudflare and at the origins. */
#include "ctl/change/world.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "core/trust/zone_name.h"

const cfo_trouble_t *cfo_trouble_make(apr_pool_t *p, const char *reason, int result)
{
    cfo_trouble_t *trouble = apr_pcalloc(p, sizeof *trouble);

    trouble->reason = reason;
    trouble->result = result;
    return trouble;
}

const cfo_trouble_t *cfo_trouble_of(apr_pool_t *p, const cfo_api_error_t *error)
{
    cfo_trouble_t *trouble = apr_pcalloc(p, sizeof *trouble);

    trouble->reason = error->reason;
    trouble->remedy = error->remedy;
    trouble->is_passing = error->failure == CFO_API_UNREACHABLE ||
                          error->failure == CFO_API_BROKEN ||
                          error->failure == CFO_API_LIMITED || error->http == 409;
    trouble->result = CFO_CTL_INVALID;
    return trouble;
}

int cfo_world_is_deploying(const cfo_api_certificate_t *certificate)
{
    return certificate->state == CFO_API_INITIALIZING ||
           certificate->state == CFO_API_PENDING_DEPLOYMENT ||
           certificate->state == CFO_API_STATE_UNKNOWN;
}

int cfo_world_is_active(const cfo_api_certificate_t *certificate)
{
    return certificate->state == CFO_API_ACTIVE;
}

int cfo_world_may_be_presented(const cfo_api_certificate_t *certificate)
{
    return certificate->state != CFO_API_DEPLOYMENT_TIMED_OUT &&
           certificate->state != CFO_API_DELETED;
}

int cfo_world_presents(const cfo_world_t *w)
{
    static const char *const modes[] = { "full", "strict", "origin_pull", NULL };

    return cfo_text_is_one_of(w->ssl_mode, modes);
}

const cfo_api_association_t *cfo_world_association(const cfo_world_t *w, const char *host)
{
    int i;

    for (i = 0; i < w->associations->nelts; i++) {
        const cfo_api_association_t *one =
            &APR_ARRAY_IDX(w->associations, i, cfo_api_association_t);

        if (!strcmp(one->host, host))
            return one;
    }
    return NULL;
}

static int has_status(const cfo_world_t *w)
{
    return w->origin->running->nelts &&
           APR_ARRAY_IDX(w->origin->running, 0, cfo_origin_running_t).url;
}

/* Of several origins, or of one that the configuration read here is not of. */
static const char *refusing_elsewhere(const cfo_world_t *w,
                                      const apr_array_header_t *hosts)
{
    int i;

    for (i = 0; i < w->origin->running->nelts; i++) {
        const cfo_origin_running_t *running =
            &APR_ARRAY_IDX(w->origin->running, i, cfo_origin_running_t);
        const char *name = cfo_origin_refusing(running, hosts);

        if (name)
            return apr_psprintf(w->ctl.pool, "CFOriginPull is On for %s at %s",
                                cfo_ctl_shown(w->ctl.pool, name), running->url);
    }
    return NULL;
}

const char *cfo_world_refusing(const cfo_world_t *w, const apr_array_header_t *hosts)
{
    int i, j;

    for (i = 0; i < hosts->nelts; i++) {
        const char *host = APR_ARRAY_IDX(hosts, i, const char *);
        apr_array_header_t *zones = cfo_origin_zones_for(w->ctl.pool, w->origin, host);

        for (j = 0; zones && j < zones->nelts; j++) {
            const cfo_origin_zone_t *zone =
                APR_ARRAY_IDX(zones, j, const cfo_origin_zone_t *);

            if (zone->policy == CFO_ORIGIN_ON)
                return apr_psprintf(w->ctl.pool, "CFOriginPull is On for %s (%s)", host,
                                    zone->vhost ? zone->vhost : "a folder");
            /* A folder: its origins tell. */
            if (zone->policy == CFO_ORIGIN_POLICY_UNKNOWN && !has_status(w))
                return apr_psprintf(w->ctl.pool,
                                    "it is not known whether CFOriginPull is On for %s",
                                    host);
        }
    }
    return refusing_elsewhere(w, hosts);
}

/* The origin, and each status: nothing is done with one origin out of sight. */
static const cfo_trouble_t *look_at_origin(cfo_target_t *t, apr_pool_t *p, cfo_world_t *w)
{
    const char *wrong = cfo_origin_read(&w->ctl, &t->edge->sources, &w->origin);
    int i;

    if (wrong)
        return cfo_trouble_make(p, wrong, CFO_CTL_INVALID);
    for (i = 0; i < w->origin->running->nelts; i++) {
        const cfo_origin_running_t *running =
            &APR_ARRAY_IDX(w->origin->running, i, cfo_origin_running_t);
        cfo_trouble_t *trouble;

        if (!running->error)
            continue;
        trouble = apr_pcalloc(p, sizeof *trouble);
        trouble->reason =
            apr_psprintf(p, "what the origin %s accepts cannot be seen: %s",
                         running->url ? running->url : "of the dump", running->error);
        trouble->remedy = "Nothing is changed while an origin is out of sight";
        trouble->is_passing = 1;
        trouble->result = CFO_CTL_INVALID;
        return trouble;
    }
    return NULL;
}

/* Whether a zone of the origin belongs to the target's zone at Cloudflare, and not to
 * another one, above or below it: its certificates must not get among the proofs of
 * that. */
static const cfo_api_error_t *is_of_zone(cfo_target_t *t, const char *name, int *is)
{
    const char *id = apr_hash_get(t->zone_ids, name, APR_HASH_KEY_STRING);
    cfo_api_zone_t zone;
    const cfo_api_error_t *error;

    *is = !strcmp(name, t->zone.name) || !strcmp(name, "*");
    if (*is)
        return NULL;
    if (!id) {
        error = cfo_api_zone_of_host(t->edge->api, t->pool, name, &zone);
        if (error && error->failure != CFO_API_ABSENT)
            return error;
        id = error ? "none" : zone.id;
        apr_hash_set(t->zone_ids, apr_pstrdup(t->pool, name), APR_HASH_KEY_STRING, id);
    }
    *is = !strcmp(id, t->zone.id);
    return NULL;
}

static const cfo_api_error_t *belongs(cfo_target_t *t, cfo_world_t *w, const char *host,
                                      int *is)
{
    apr_array_header_t *zones;
    const cfo_api_error_t *error = NULL;
    int i;

    *is = cfo_target_is_below(host, t->zone.name);
    if (!*is)
        return NULL;
    zones = cfo_origin_zones_for(w->ctl.pool, w->origin, host);
    for (i = 0; zones && *is && !error && i < zones->nelts; i++)
        error =
            is_of_zone(t, APR_ARRAY_IDX(zones, i, const cfo_origin_zone_t *)->name, is);
    return error;
}

/* A name that a wildcard of DNS or of a virtual host stands for: the certificate is
 * presented for any of them. */
static const char *name_for(apr_pool_t *p, const char *text)
{
    const char *name = "";

    for (; *text; text++)
        name = apr_pstrcat(p, name,
                           *text == '*'   ? "any-other-name"
                           : *text == '?' ? "x"
                                          : apr_pstrmemdup(p, text, 1),
                           NULL);
    return name;
}

/* Of what DNS and the configuration say, only what is the name of a host: it is printed,
 * and becomes part of a URL. */
static const cfo_api_error_t *add_host(cfo_target_t *t, cfo_world_t *w, const char *text)
{
    const cfo_api_error_t *error;
    const char *host;
    int is;

    if (strpbrk(text, "*?"))
        text = name_for(w->ctl.pool, text);
    if (cfo_zone_name_read(w->ctl.pool, text, &host) ||
        cfo_target_has_name(w->hosts, host))
        return NULL;
    error = belongs(t, w, host, &is);
    if (!error && is)
        APR_ARRAY_PUSH(w->hosts, const char *) = host;
    return error;
}

/* All names of the virtual hosts where something is judged. */
static const cfo_api_error_t *add_names(cfo_target_t *t, cfo_world_t *w)
{
    const cfo_api_error_t *error = NULL;
    int i, j;

    for (i = 0; i < w->origin->servers->nelts; i++) {
        const cfo_origin_vhost_t *vhost =
            &APR_ARRAY_IDX(w->origin->servers, i, cfo_origin_vhost_t);

        for (j = 0; !error && vhost->policy && j < vhost->names->nelts; j++)
            error = add_host(t, w, APR_ARRAY_IDX(vhost->names, j, const char *));
    }
    return error;
}

/* The host names that the origin, DNS, the state file and the caller know. */
static const cfo_api_error_t *list_hosts(cfo_target_t *t, apr_pool_t *p, cfo_world_t *w)
{
    const cfo_change_t *change = cfo_target_change(t);
    apr_array_header_t *records;
    const cfo_api_error_t *error = cfo_api_records(t->edge->api, p, t->zone.id, &records);
    int i;

    w->hosts = apr_array_copy(p, t->wanted);
    for (i = 0; !error && change && i < change->hosts->nelts; i++) {
        const char *host = APR_ARRAY_IDX(change->hosts, i, cfo_state_host_t).host;

        if (!cfo_target_has_name(w->hosts, host))
            APR_ARRAY_PUSH(w->hosts, const char *) = host;
    }
    if (!error)
        error = add_names(t, w);
    for (i = 0; !error && i < records->nelts; i++) {
        const cfo_api_record_t *record = &APR_ARRAY_IDX(records, i, cfo_api_record_t);

        if (record->is_proxied)
            error = add_host(t, w, record->name);
    }
    return error;
}

/* A call a name, at each look: of a zone with more names, those of the caller and of the
 * virtual hosts come first. The others count as without an association: then the zone's
 * certificate has to be accepted for them, and Cloudflare does not delete a certificate
 * that one of them uses. */
enum { ASSOCIATIONS_MOST = 500 };

static const cfo_api_error_t *look_at_associations(cfo_target_t *t, apr_pool_t *p,
                                                   cfo_world_t *w)
{
    const cfo_api_error_t *error = NULL;
    int i;

    w->associations = apr_array_make(p, 4, sizeof(cfo_api_association_t));
    if (!w->others->nelts && t->level == CFO_API_FOR_ZONE)
        return NULL;
    for (i = 0; !error && i < w->hosts->nelts && i < ASSOCIATIONS_MOST; i++) {
        cfo_api_association_t *one = apr_array_push(w->associations);
        const char *host = APR_ARRAY_IDX(w->hosts, i, const char *);

        error = cfo_api_association(t->edge->api, p, t->zone.id, host, one);
        one->host = host;
    }
    return error;
}

/* Whether a host shares a certificate with one that was given. */
static int shares(const cfo_target_t *t, const cfo_world_t *w, const char *host)
{
    const cfo_api_association_t *own = cfo_world_association(w, host);
    int i;

    if (!own || own->use != CFO_API_USED || !own->cert_id)
        return 0;
    for (i = 0; i < t->wanted->nelts; i++) {
        const cfo_api_association_t *other =
            cfo_world_association(w, APR_ARRAY_IDX(t->wanted, i, const char *));

        if (other && other->use == CFO_API_USED && other->cert_id &&
            !strcmp(other->cert_id, own->cert_id))
            return 1;
    }
    return 0;
}

int cfo_world_uses_old(const cfo_change_t *change,
                       const cfo_api_association_t *association)
{
    int i;

    if (!change || !association || association->use != CFO_API_USED ||
        !association->cert_id)
        return 0;
    for (i = 0; i < change->olds->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(change->olds, i, cfo_state_old_t).id,
                    association->cert_id))
            return 1;
    }
    return 0;
}

static int is_of_change(const cfo_change_t *change, const char *host)
{
    int i;

    for (i = 0; change && i < change->hosts->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(change->hosts, i, cfo_state_host_t).host, host))
            return 1;
    }
    return 0;
}

/* A zone's certificate is for the hosts without one of their own, or without any. */
static int is_judged(const cfo_target_t *t, const cfo_world_t *w, const char *host)
{
    const cfo_api_association_t *association = cfo_world_association(w, host);

    if (t->level == CFO_API_FOR_ZONE)
        return !association || association->use == CFO_API_VOID ||
               (association->use == CFO_API_USED &&
                association->cert_state != CFO_API_ACTIVE);
    return cfo_target_has_name(t->wanted, host) ||
           is_of_change(cfo_target_change(t), host) ||
           cfo_world_uses_old(cfo_target_change(t), association) ||
           (strcmp(t->verb, "rotate") == 0 && shares(t, w, host));
}

static void choose_judged(const cfo_target_t *t, apr_pool_t *p, cfo_world_t *w)
{
    int i;

    w->judged = apr_array_make(p, 4, sizeof(const char *));
    for (i = 0; i < w->hosts->nelts; i++) {
        const char *host = APR_ARRAY_IDX(w->hosts, i, const char *);

        if (is_judged(t, w, host))
            APR_ARRAY_PUSH(w->judged, const char *) = host;
    }
    /* No host name is known, as with a folder: the zone itself. */
    if (t->level == CFO_API_FOR_ZONE && !w->judged->nelts)
        APR_ARRAY_PUSH(w->judged, const char *) = t->zone.name;
}

const cfo_trouble_t *cfo_world_look(cfo_target_t *t, apr_pool_t *p, cfo_world_t *w)
{
    cfo_api_t *api = t->edge->api;
    cfo_api_level_t other =
        t->level == CFO_API_FOR_ZONE ? CFO_API_FOR_HOSTS : CFO_API_FOR_ZONE;
    const cfo_trouble_t *trouble;
    const cfo_api_error_t *error;

    memset(w, 0, sizeof *w);
    w->ctl = t->job->ctl;
    w->ctl.pool = p;
    w->ctl.problems = apr_array_make(p, 2, sizeof(cfo_ctl_problem_t));
    trouble = look_at_origin(t, p, w);
    if (trouble)
        return trouble;
    error = cfo_api_ssl_mode(api, p, t->zone.id, &w->ssl_mode);
    if (!error)
        error = cfo_api_switch_get(api, p, t->zone.id, CFO_API_ZONE_LEVEL, &w->is_on);
    if (!error)
        error = cfo_api_certificates(api, p, t->zone.id, t->level, &w->certificates);
    if (!error)
        error = cfo_api_certificates(api, p, t->zone.id, other, &w->others);
    if (!error)
        error = list_hosts(t, p, w);
    if (!error)
        error = look_at_associations(t, p, w);
    if (error)
        return cfo_trouble_of(p, error);
    choose_judged(t, p, w);
    return NULL;
}
