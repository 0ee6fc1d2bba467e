/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: which certificate Cloudflare presents for a host name. */
#include "ctl/view/presented.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"

static cfo_presented_t make(apr_pool_t *p, cfo_presents_t what, const char *key)
{
    return (cfo_presented_t){
        .what = what,
        .key = key,
        .certificates = apr_array_make(p, 2, sizeof(const cfo_api_certificate_t *)),
    };
}

static cfo_presented_t nothing(apr_pool_t *p, const char *key, const char *why,
                               const char *remedy)
{
    cfo_presented_t presented = make(p, CFO_PRESENTS_NOTHING, key);

    presented.why = why;
    presented.remedy = remedy;
    return presented;
}

static cfo_presented_t unknown(apr_pool_t *p, const cfo_look_t *look,
                               cfo_look_part_t part)
{
    cfo_presented_t presented =
        make(p, CFO_PRESENTS_UNKNOWN, apr_psprintf(p, "unknown %d", part));

    presented.why = apr_psprintf(p, "%s could not be read", cfo_look_parts[part].name);
    presented.remedy = look->errors[part]->remedy;
    return presented;
}

int cfo_presented_in_mode(const char *ssl_mode)
{
    static const char *const presenting[] = { "full", "strict", "origin_pull", NULL };
    static const char *const others[] = { "off", "flexible", NULL };

    if (cfo_text_is_one_of(ssl_mode, presenting))
        return 1;
    return cfo_text_is_one_of(ssl_mode, others) ? 0 : -1;
}

/* A mode that cannot be read counts as Full. */
static int is_presenting(const cfo_look_t *look)
{
    return !look->ssl_mode || cfo_presented_in_mode(look->ssl_mode) > 0;
}

static cfo_presented_t by_mode(apr_pool_t *p, const cfo_look_t *look)
{
    cfo_presented_t presented;

    if (cfo_presented_in_mode(look->ssl_mode) < 0) {
        presented = make(p, CFO_PRESENTS_UNKNOWN, "ssl");
        presented.why = apr_psprintf(p,
                                     "this command does not know the SSL mode %s, and "
                                     "whether a certificate is presented in it",
                                     cfo_ctl_shown(p, look->ssl_mode));
        presented.remedy = "look for a newer version of this command";
        return presented;
    }
    return nothing(p, "ssl",
                   apr_psprintf(p,
                                "the SSL mode is %s, so Cloudflare connects without TLS",
                                look->ssl_mode),
                   "set the SSL mode to Full (strict)");
}

/* The certificates of the zone that are active, the last uploaded first. */
static cfo_presented_t own_of_zone(apr_pool_t *p, const cfo_look_t *look)
{
    const apr_array_header_t *all = look->certificates[CFO_API_FOR_ZONE];
    cfo_presented_t presented = make(p, CFO_PRESENTS_OWN, "zone");
    int i;

    for (i = 0; i < all->nelts; i++) {
        const cfo_api_certificate_t *one = &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

        if (one->state == CFO_API_ACTIVE)
            APR_ARRAY_PUSH(presented.certificates, const cfo_api_certificate_t *) = one;
    }
    return presented;
}

static int has_unknown_state(const cfo_look_t *look)
{
    const apr_array_header_t *all = look->certificates[CFO_API_FOR_ZONE];
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (APR_ARRAY_IDX(all, i, cfo_api_certificate_t).state == CFO_API_STATE_UNKNOWN)
            return 1;
    }
    return 0;
}

static cfo_presented_t of_unknown_state(apr_pool_t *p)
{
    cfo_presented_t presented = make(p, CFO_PRESENTS_UNKNOWN, "state");

    presented.why = "no certificate of the zone is active, and this command does not "
                    "know the state of one";
    presented.remedy = "look for a newer version of this command";
    return presented;
}

/* Without a certificate of the zone that is in use. */
static cfo_presented_t from_global(apr_pool_t *p, const cfo_look_t *look)
{
    if (look->errors[CFO_LOOK_GLOBAL])
        return unknown(p, look, CFO_LOOK_GLOBAL);
    if (look->is_global_on)
        return make(p, CFO_PRESENTS_SHARED, "shared");
    if (look->is_zone_level_on && has_unknown_state(look))
        return of_unknown_state(p);
    if (look->is_zone_level_on)
        return nothing(p, "none active",
                       "Authenticated Origin Pulls is on, but no certificate of the zone "
                       "is active",
                       "upload one: cf-originctl edge enable");
    return nothing(p, "off", "Authenticated Origin Pulls is off for the zone",
                   "switch it on: cf-originctl edge enable");
}

cfo_presented_t cfo_presented_for_zone(apr_pool_t *p, const cfo_look_t *look)
{
    if (!is_presenting(look))
        return by_mode(p, look);
    if (look->errors[CFO_LOOK_ZONE_LEVEL])
        return unknown(p, look, CFO_LOOK_ZONE_LEVEL);
    if (look->is_zone_level_on) {
        cfo_presented_t own;

        if (look->errors[CFO_LOOK_CERTIFICATES])
            return unknown(p, look, CFO_LOOK_CERTIFICATES);
        own = own_of_zone(p, look);
        if (own.certificates->nelts)
            return own;
    }
    return from_global(p, look);
}

/* The certificate of an association, which the list has with its PEM text. */
static const cfo_api_certificate_t *certificate_of(
    apr_pool_t *p, const cfo_look_t *look, const cfo_api_association_t *association)
{
    const cfo_api_certificate_t *listed =
        cfo_look_certificate(look, association->cert_id);
    cfo_api_certificate_t *made;

    if (listed)
        return listed;
    made = apr_pcalloc(p, sizeof *made);
    made->id = association->cert_id ? association->cert_id : "";
    made->state = association->cert_state;
    made->state_text = cfo_api_state_name(made->state);
    made->invalid = "the list of certificates does not have it";
    return made;
}

/* Some of Cloudflare's servers may have it still. */
static int is_leaving(cfo_api_state_t state)
{
    return state == CFO_API_PENDING_DELETION || state == CFO_API_DELETION_TIMED_OUT ||
           state == CFO_API_STATE_UNKNOWN;
}

static int is_changing(cfo_api_state_t state)
{
    return state == CFO_API_INITIALIZING || state == CFO_API_PENDING_DEPLOYMENT ||
           state == CFO_API_PENDING_DELETION || state == CFO_API_DELETION_TIMED_OUT;
}

/* While an association is being deployed or removed, some of Cloudflare's servers know it
 * and some do not. */
static cfo_presented_t own_of_host(apr_pool_t *p, const cfo_look_t *look,
                                   const cfo_presented_t *zone,
                                   const cfo_api_association_t *association)
{
    int is_deployed =
        !is_changing(association->state) && !is_leaving(association->cert_state);
    const cfo_api_certificate_t *own = certificate_of(p, look, association);
    cfo_presented_t presented =
        make(p, CFO_PRESENTS_OWN,
             apr_pstrcat(p, is_deployed ? "host " : "soon ", own->id, NULL));

    if (!is_deployed &&
        (zone->what == CFO_PRESENTS_NOTHING || zone->what == CFO_PRESENTS_UNKNOWN))
        return *zone;
    APR_ARRAY_PUSH(presented.certificates, const cfo_api_certificate_t *) = own;
    if (!is_deployed)
        apr_array_cat(presented.certificates, zone->certificates);
    return presented;
}

static cfo_presented_t unknown_host(apr_pool_t *p, const cfo_look_host_t *host)
{
    cfo_presented_t presented = make(p, CFO_PRESENTS_UNKNOWN, "unasked");

    presented.why = host->error
                        ? "whether it has a certificate of its own could not be read"
                        : "whether it has a certificate of its own was not asked for: "
                          "there are too many host names for the API's limit";
    presented.remedy = host->error ? host->error->remedy : NULL;
    return presented;
}

cfo_presented_t cfo_presented_for(apr_pool_t *p, const cfo_look_t *look,
                                  const cfo_presented_t *zone,
                                  const cfo_look_host_t *host)
{
    const cfo_api_association_t *association = host->association;

    if (!is_presenting(look))
        return *zone;
    if (host->is_unasked)
        return unknown_host(p, host);
    if (look->errors[CFO_LOOK_HOST_CERTIFICATES])
        return unknown(p, look, CFO_LOOK_HOST_CERTIFICATES);
    if (association && association->use == CFO_API_NONE)
        return nothing(
            p, "host off", "it is switched off for this host name, whatever the zone has",
            "give it a certificate, or the zone's: cf-originctl edge hostname");
    if (association && association->use == CFO_API_USED &&
        (association->cert_state == CFO_API_ACTIVE ||
         is_leaving(association->cert_state)))
        return own_of_host(p, look, zone, association);
    return *zone;
}

int cfo_presented_soon(const cfo_api_certificate_t *certificate)
{
    return certificate->state == CFO_API_INITIALIZING ||
           certificate->state == CFO_API_PENDING_DEPLOYMENT;
}

int cfo_presented_maybe(const cfo_api_certificate_t *certificate)
{
    return is_leaving(certificate->state);
}
