/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge status: what is to be said about the origins themselves. */
#include "ctl/view/findings.h"

#include <string.h>

#include "apr_escape.h"
#include "apr_hash.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "core/trust/proof.h"

enum { FINDING_MOST = 1000 };

typedef struct {
    cfo_ctl_t *ctl;
    const cfo_origin_t *origin;
    const apr_array_header_t *zones; /* of const cfo_edge_zone_t * */
    apr_array_header_t *findings;
    apr_hash_t *needed; /* of each source that was judged, by its name: an int a proof */
    int has_status;
} origins_t;

static void find(const origins_t *o, cfo_edge_level_t level, const char *code,
                 const char *zone, const char *subject, const char *text,
                 const char *remedy)
{
    APR_ARRAY_PUSH(o->findings, cfo_edge_finding_t) =
        (cfo_edge_finding_t){ level, code, zone, subject, 0, text, remedy };
}

static const char *url_of(const origins_t *o, const cfo_origin_running_t *running)
{
    return running->url ? cfo_ctl_shown(o->ctl->pool, running->url) : "this origin";
}

static void find_running(const origins_t *o, const cfo_origin_running_t *running)
{
    apr_pool_t *p = o->ctl->pool;
    int i;

    if (running->error)
        find(o, CFO_EDGE_UNKNOWN, "origin-status", NULL, running->url,
             apr_psprintf(p, "%s: its status cannot be read: %s", url_of(o, running),
                          running->error),
             NULL);
    for (i = 0; running->in_trouble && i < running->in_trouble->nelts; i++)
        find(o, CFO_EDGE_WARNING, "origin-file", NULL, running->url,
             apr_psprintf(p, "%s: %s", url_of(o, running),
                          APR_ARRAY_IDX(running->in_trouble, i, const char *)),
             "repair the file; the error log of that host has a line CFO0131");
}

/* Whether a certificate that Cloudflare holds needs the proof: 2 if it is presented. */
static int needs(const cfo_edge_zone_t *zone, const cfo_proof_t *proof)
{
    cfo_api_level_t of;
    int i, found = 0;

    for (of = CFO_API_FOR_ZONE; of <= CFO_API_FOR_HOSTS; of++) {
        const apr_array_header_t *all = zone->look->certificates[of];

        for (i = 0; all && i < all->nelts; i++) {
            const cfo_api_certificate_t *one =
                &APR_ARRAY_IDX(all, i, cfo_api_certificate_t);

            if (!one->certificate ||
                cfo_proof_check(proof, one->certificate, NULL) == CFO_PROOF_OTHER)
                continue;
            if (cfo_edge_is_presented(zone, one))
                return 2;
            found = 1;
        }
    }
    return found ||
           (proof->certificate && cfo_certificate_is_shared_ca(proof->certificate) &&
            (zone->look->is_global_on || zone->look->errors[CFO_LOOK_GLOBAL]));
}

/* All that could need a proof was read, and there is something. */
static int is_telling(const cfo_edge_zone_t *zone)
{
    return zone->is_up && zone->look->certificates[CFO_API_FOR_ZONE]->nelts +
                                  zone->look->certificates[CFO_API_FOR_HOSTS]->nelts >
                              0;
}

/* The zone of Cloudflare's that an origin's zone is in, or that is in it; *all is cleared
 * if there may be others that were not looked at. */
static int needed_for(const origins_t *o, const char *origin_zone,
                      const cfo_proof_t *proof, int *all)
{
    int i, most = 0, known = 0;

    for (i = 0; i < o->zones->nelts; i++) {
        const cfo_edge_zone_t *zone = APR_ARRAY_IDX(o->zones, i, const cfo_edge_zone_t *);
        int is_needed;

        if (!cfo_edge_belongs(origin_zone, zone->name))
            continue;
        known = 1;
        is_needed = needs(zone, proof);
        if (is_needed > most)
            most = is_needed;
        if (!is_telling(zone))
            *all = 0;
    }
    if (!known || !strcmp(origin_zone, "*"))
        *all = 0;
    return most;
}

/* The same over all zones of the origin that have this source: files are shared. */
static int needed_anywhere(const origins_t *o, const char *source,
                           const cfo_proof_t *proof, int *all)
{
    int i, j, most = 0;

    *all = 1;
    for (i = 0; i < o->origin->zones->nelts; i++) {
        const cfo_origin_zone_t *zone =
            &APR_ARRAY_IDX(o->origin->zones, i, cfo_origin_zone_t);

        for (j = 0; j < zone->sources->nelts; j++) {
            int is_needed;

            if (strcmp(APR_ARRAY_IDX(zone->sources, j, cfo_ctl_proof_file_t).name,
                       source) != 0)
                continue;
            is_needed = needed_for(o, zone->name, proof, all);
            if (is_needed > most)
                most = is_needed;
            break;
        }
    }
    return most;
}

static const char *shown_proof(const origins_t *o, const cfo_proof_t *proof)
{
    apr_pool_t *p = o->ctl->pool;

    if (!proof->certificate)
        return apr_pstrcat(p, "the pin ", cfo_ctl_shown(p, proof->source), NULL);
    return apr_psprintf(p, "%s %s (%s) in %s",
                        proof->kind == CFO_PROOF_ANCHOR ? "the CA" : "the certificate",
                        cfo_ctl_shown(p, proof->certificate->subject),
                        proof->certificate->sha256_hex, cfo_ctl_shown(p, proof->source));
}

static void find_unneeded(const origins_t *o, const cfo_origin_zone_t *zone,
                          const cfo_proof_t *proof)
{
    find(o, CFO_EDGE_NOTE, "proof-unneeded", zone->name, proof->source,
         apr_psprintf(o->ctl->pool, "%s: no certificate at Cloudflare needs it",
                      shown_proof(o, proof)),
         "remove it after the rotation; until then it admits whoever has such a "
         "certificate");
}

static int has_text(const apr_array_header_t *texts, const char *text)
{
    int i;

    for (i = 0; i < texts->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(texts, i, const char *), text))
            return 1;
    }
    return 0;
}

/* Why a proof is not in force at a running origin; NULL: it is, or that is not known. An
 * origin without the zone may be one for other zones. */
static const char *not_in_force(const cfo_origin_running_t *running, const char *zone,
                                const char *sha256)
{
    int i;

    for (i = 0; !running->error && running->zones && i < running->zones->nelts; i++) {
        const cfo_origin_live_t *live =
            &APR_ARRAY_IDX(running->zones, i, cfo_origin_live_t);

        if (!strcmp(live->name, zone) &&
            (live->is_shut || !has_text(live->proofs, sha256)))
            return live->is_shut ? "the zone is shut there" : "it has other proofs";
    }
    return NULL;
}

/* Proofs are compared by the certificate's SHA-256; a pin of a key has none. */
static void find_not_in_force(const origins_t *o, const cfo_origin_zone_t *zone,
                              const cfo_proof_t *proof, int is_needed)
{
    apr_pool_t *p = o->ctl->pool;
    int i;

    for (i = 0; proof->certificate && i < o->origin->running->nelts; i++) {
        const cfo_origin_running_t *running =
            &APR_ARRAY_IDX(o->origin->running, i, cfo_origin_running_t);
        const char *why =
            not_in_force(running, zone->name, proof->certificate->sha256_hex);

        if (why)
            find(o, is_needed == 2 ? cfo_edge_stake(zone->policy) : CFO_EDGE_WARNING,
                 "not-in-force", zone->name, proof->certificate->sha256_hex,
                 apr_psprintf(p, "%s: %s is not in force for %s: %s", url_of(o, running),
                              shown_proof(o, proof), zone->name, why),
                 "wait for CFOriginPullReload, or copy the file to that origin");
    }
}

static void find_of_source(const origins_t *o, const cfo_origin_zone_t *zone,
                           const cfo_ctl_proof_file_t *source, int can_compare)
{
    int *needed = apr_hash_get(o->needed, source->name, APR_HASH_KEY_STRING);
    int i, all, is_first = !needed;

    if (is_first) {
        needed = apr_pcalloc(o->ctl->pool,
                             (apr_size_t)(source->proofs->nelts + 1) * sizeof *needed);
        apr_hash_set(o->needed, source->name, APR_HASH_KEY_STRING, needed);
    }
    for (i = 0; i < source->proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(source->proofs, i, const cfo_proof_t *);

        if (is_first) {
            needed[i] = needed_anywhere(o, source->name, proof, &all);
            if (!needed[i] && all)
                find_unneeded(o, zone, proof);
        }
        if (can_compare)
            find_not_in_force(o, zone, proof, needed[i]);
    }
}

static const char *sha256_of(apr_pool_t *p, const cfo_proof_t *proof)
{
    return proof->certificate ? proof->certificate->sha256_hex
                              : apr_pescape_hex(p, proof->digest, CFO_DIGEST_SIZE, 0);
}

static int has_proof(apr_pool_t *p, const cfo_origin_zone_t *zone, const char *sha256)
{
    int i, j;

    for (i = 0; i < zone->sources->nelts; i++) {
        const apr_array_header_t *proofs =
            APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t).proofs;

        for (j = 0; j < proofs->nelts; j++) {
            if (!strcmp(sha256_of(p, APR_ARRAY_IDX(proofs, j, const cfo_proof_t *)),
                        sha256))
                return 1;
        }
    }
    return 0;
}

/* A proof that was taken out of the file still admits. */
static void find_still_in_force(const origins_t *o, const cfo_origin_zone_t *zone,
                                const cfo_origin_running_t *running)
{
    int i;

    for (i = 0; running->proofs && i < running->proofs->nelts; i++) {
        const cfo_origin_use_t *use =
            &APR_ARRAY_IDX(running->proofs, i, cfo_origin_use_t);

        if (use->sha256 && !strcmp(use->zone, zone->name) &&
            !has_proof(o->ctl->pool, zone, use->sha256))
            find(o, CFO_EDGE_WARNING, "still-in-force", zone->name, use->sha256,
                 apr_psprintf(o->ctl->pool,
                              "%s: the proof %s of %s is in force there, but not in the "
                              "file here",
                              url_of(o, running),
                              cfo_ctl_shown(o->ctl->pool, use->sha256), zone->name),
                 "wait for CFOriginPullReload, or copy the file to that origin");
    }
}

/* Whether a zone was looked at. */
static int was_looked_at(const origins_t *o, const char *origin_zone)
{
    int i;

    for (i = 0; i < o->zones->nelts; i++) {
        if (cfo_edge_belongs(origin_zone,
                             APR_ARRAY_IDX(o->zones, i, const cfo_edge_zone_t *)->name))
            return 1;
    }
    return 0;
}

/* Two virtual hosts may have a zone of the same name, with the same files or others. What
 * a running origin has of it can be compared only with the same. */
static int is_alone(const origins_t *o, const cfo_origin_zone_t *zone)
{
    int i;

    for (i = 0; i < o->origin->zones->nelts; i++) {
        const cfo_origin_zone_t *other =
            &APR_ARRAY_IDX(o->origin->zones, i, cfo_origin_zone_t);

        if (other != zone && !strcmp(other->name, zone->name))
            return 0;
    }
    return 1;
}

static void find_of_zone(origins_t *o, const cfo_origin_zone_t *zone)
{
    int i, can_compare = o->has_status && !zone->shut && is_alone(o, zone);

    for (i = 0; i < zone->sources->nelts; i++)
        find_of_source(o, zone, &APR_ARRAY_IDX(zone->sources, i, cfo_ctl_proof_file_t),
                       can_compare);
    for (i = 0; can_compare && i < o->origin->running->nelts; i++)
        find_still_in_force(o, zone,
                            &APR_ARRAY_IDX(o->origin->running, i, cfo_origin_running_t));
}

static void find_proofs(origins_t *o)
{
    int i;

    for (i = 0; i < o->origin->zones->nelts; i++) {
        const cfo_origin_zone_t *zone =
            &APR_ARRAY_IDX(o->origin->zones, i, cfo_origin_zone_t);

        if (was_looked_at(o, zone->name))
            find_of_zone(o, zone);
    }
}

/* What httpd's own check says of mod_ssl: good certificates may not get through. */
static void find_hindrances(const origins_t *o)
{
    int i;

    for (i = 0; i < o->origin->findings->nelts; i++) {
        const char *line = APR_ARRAY_IDX(o->origin->findings, i, const char *);

        if (!strncmp(line, "CFO0205 ", 8) || !strncmp(line, "CFO0206 ", 8))
            find(o, CFO_EDGE_WARNING, "origin-tls", NULL, NULL,
                 apr_pstrcat(o->ctl->pool,
                             "this origin may end the handshakes of certificates that "
                             "it accepts: ",
                             cfo_text_quote(o->ctl->pool, line, FINDING_MOST), NULL),
                 "correct the configuration of the virtual host");
    }
}

void cfo_edge_find_origins(cfo_ctl_t *ctl, const cfo_origin_t *origin,
                           const apr_array_header_t *zones, int has_status,
                           apr_array_header_t *findings)
{
    origins_t o = { ctl, origin, zones, findings, apr_hash_make(ctl->pool), has_status };
    int i;

    for (i = 0; has_status && i < origin->running->nelts; i++)
        find_running(&o, &APR_ARRAY_IDX(origin->running, i, cfo_origin_running_t));
    find_hindrances(&o);
    find_proofs(&o);
}
