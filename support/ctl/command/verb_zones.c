/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl zones: the certificates of proof files and zone folders, and when they
 * expire. */
#include <stdio.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "core/live/expiry.h"
#include "core/base/text.h"
#include "core/trust/host_names.h"
#include "core/live/zone_folder.h"
#include "ctl/command/proof_file.h"

enum { WARN = 1, WARN_DEFAULT = 30, WARN_MOST = 36500 };

#define IGNORED "a CA certificate next to a leaf: not an anchor, it admits nothing"
#define SHUT_OUT                                                                         \
    IGNORED                                                                              \
    ". The file admits the pinned leaf alone: every other certificate that this "        \
    "CA issued is refused. Put the leaf into a file of its own, or pin it as "           \
    "sha256:..."

typedef struct {
    cfo_ctl_t *ctl;
    apr_time_t now;
    int warn;     /* days */
    int at_fault; /* anchors and leaves that expire within them, can never hold or admit
                     strangers, CA certificates that are ignored by mistake, and zones
                     that are none */
    int warnings; /* problems that are only warnings */
} survey_t;

/* A certificate as it is listed. */
typedef struct {
    const char *zone, *file, *kind, *note;
    int is_public; /* an anchor of a public CA */
    const cfo_certificate_t *certificate;
    int is_expiring;
} entry_t;

static void print_json(survey_t *survey, const entry_t *entry)
{
    cfo_json_t *json = survey->ctl->json;

    cfo_json_open(json, NULL, '{');
    cfo_json_string(json, "zone", entry->zone);
    cfo_json_string(json, "file", entry->file);
    cfo_json_string(json, "kind", entry->kind);
    cfo_ctl_certificate_json(survey->ctl, entry->certificate, survey->now);
    cfo_json_truth(json, "public_ca", entry->is_public);
    cfo_json_truth(json, "expiring", entry->is_expiring);
    cfo_json_string(json, "note", entry->note);
    cfo_json_close(json, '}');
}

static void print(survey_t *survey, const entry_t *entry)
{
    const cfo_certificate_t *certificate = entry->certificate;
    apr_pool_t *p = survey->ctl->pool;
    int days = cfo_expiry_days(certificate->not_after, survey->now);
    const char *urgent = days < 0 ? ": EXPIRED" : ": renew it";

    printf("  %s %s\n", entry->kind, cfo_ctl_shown(p, certificate->subject));
    printf("    not after %s, %d days left%s\n", cfo_text_time(p, certificate->not_after),
           days, entry->is_expiring ? urgent : "");
    if (certificate->not_before > survey->now)
        printf("    NOT YET VALID: not before %s\n",
               cfo_text_time(p, certificate->not_before));
    printf("    %s\n    %s\n", cfo_ctl_pin_of(p, certificate),
           cfo_ctl_spki_pin_of(p, certificate));
    if (cfo_certificate_is_shared_ca(certificate))
        printf("    note: %s\n", CFO_CTL_SHARED_CA);
    if (entry->note)
        printf("    note: %s\n", entry->note);
}

/* Whether a CA certificate next to a leaf is of a chain, which begins with its leaf. If
 * it is not, the file was one of CA certificates most likely, until a leaf was added. */
static int is_of_chain(const cfo_ctl_proof_file_t *file, int index)
{
    const cfo_certificate_t *ca =
        APR_ARRAY_IDX(file->certificates, index, const cfo_certificate_t *);
    int i;

    for (i = 0; i < index; i++) {
        if (cfo_ctl_has_issued(
                ca, APR_ARRAY_IDX(file->certificates, i, const cfo_certificate_t *)))
            return 1;
    }
    return 0;
}

static void list_certificate(survey_t *survey, const char *zone,
                             const cfo_ctl_proof_file_t *file, int index)
{
    const cfo_certificate_t *certificate =
        APR_ARRAY_IDX(file->certificates, index, const cfo_certificate_t *);
    const cfo_proof_t *proof = cfo_ctl_proof_of(file, certificate);
    apr_time_t limit = survey->now + apr_time_from_sec((apr_int64_t)survey->warn * 86400);
    int is_mistake = !proof && !is_of_chain(file, index);
    const char *ignored = is_mistake ? SHUT_OUT : IGNORED;
    entry_t entry = {
        .zone = zone,
        .file = file->name,
        .kind = proof ? cfo_ctl_kind(proof) : "ignored",
        .note = proof ? cfo_ctl_proof_note(survey->ctl, proof) : ignored,
        .is_public = proof && cfo_ctl_public_root(survey->ctl, proof),
        .certificate = certificate,
        .is_expiring = proof && certificate->not_after < limit,
    };

    survey->at_fault +=
        entry.is_expiring || entry.is_public || is_mistake ||
        (proof && (cfo_proof_unfit(proof) || cfo_ctl_is_origin_ca(proof)));
    if (survey->ctl->json)
        print_json(survey, &entry);
    else
        print(survey, &entry);
}

/* A file whose name is not that of a zone, most likely: "example.com-ca.pem". */
static void check_name(survey_t *survey, const char *zone, const char *path)
{
    const char *odd = cfo_zone_name_odd(survey->ctl->pool, zone);
    const char *note;

    if (!odd)
        return;
    survey->at_fault++;
    note =
        apr_psprintf(survey->ctl->pool,
                     "warning: %s, so that this file is for no host; the file of a zone "
                     "has the name of the zone, such as example.com.pem",
                     odd);
    survey->warnings++;
    cfo_ctl_problem(survey->ctl, path, note);
}

/* `zone` is NULL if only the configuration knows it. */
static void list_file(survey_t *survey, const char *zone, const char *path)
{
    cfo_ctl_t *ctl = survey->ctl;
    cfo_ctl_proof_file_t source;
    int i;

    if (cfo_ctl_proof_file_read(ctl, path,
                                zone ? "; a start or reload of httpd shuts its zone" : "",
                                &source))
        return;
    if (!ctl->json)
        printf("%s%s%s\n", zone ? zone : "", zone ? ": " : "",
               cfo_ctl_shown(ctl->pool, path));
    for (i = 0; i < source.certificates->nelts; i++)
        list_certificate(survey, zone, &source, i);
}

/* The module's own code decides which files are zones, and what is wrong with a file. */
static void list_folder(survey_t *survey, const char *folder)
{
    cfo_ctl_t *ctl = survey->ctl;
    apr_array_header_t *files = apr_array_make(ctl->pool, 16, sizeof(cfo_zone_file_t));
    const char *reason = cfo_zone_folder_list(ctl->pool, folder, files);
    int i;

    if (reason) {
        cfo_ctl_problem(ctl, folder, reason);
        return;
    }
    for (i = 0; i < files->nelts; i++) {
        const cfo_zone_file_t *file = &APR_ARRAY_IDX(files, i, cfo_zone_file_t);

        if (file->zone) {
            check_name(survey, file->zone, file->path);
            list_file(survey, file->zone, file->path);
        }
        else
            cfo_ctl_problem(
                ctl, file->path,
                apr_pstrcat(ctl->pool, file->error, "; the file is skipped", NULL));
    }
    if (!files->nelts && !ctl->json)
        printf("%s: it has no file NAME.pem, so no zone\n",
               cfo_ctl_shown(ctl->pool, folder));
}

static void list_operand(survey_t *survey, const char *path)
{
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_TYPE, survey->ctl->pool) == APR_SUCCESS &&
        info.filetype == APR_DIR)
        list_folder(survey, path);
    else
        list_file(survey, NULL, path);
}

static int run(cfo_ctl_t *ctl)
{
    const char *days = cfo_ctl_value(ctl, WARN);
    survey_t survey = { ctl, apr_time_now(),
                        days ? cfo_ctl_number(days, WARN_MOST) : WARN_DEFAULT, 0, 0 };
    int i;

    if (!ctl->operands->nelts)
        return cfo_ctl_usage("zones needs a folder with zone files, or a PEM file");
    if (survey.warn < 0)
        return cfo_ctl_usage("--warn takes a whole number of days, at most 36500");
    if (ctl->json)
        cfo_json_open(ctl->json, "certificates", '[');
    for (i = 0; i < ctl->operands->nelts; i++)
        list_operand(&survey, APR_ARRAY_IDX(ctl->operands, i, const char *));
    if (ctl->json)
        cfo_json_close(ctl->json, ']');
    if (survey.ctl->problems->nelts > survey.warnings)
        return CFO_CTL_INVALID;
    return survey.at_fault ? CFO_CTL_NO : CFO_CTL_OK;
}

static const apr_getopt_option_t options[] = {
    { "warn", WARN, 1, "exit 1 if a certificate expires within this many days (30)" },
    { NULL, 0, 0, NULL },
};

const cfo_ctl_verb_t cfo_ctl_zones = {
    "zones",
    "[--warn DAYS] [--json] DIR|FILE...",
    "list the certificates of zone files, and when they expire",
    options,
    run,
};
