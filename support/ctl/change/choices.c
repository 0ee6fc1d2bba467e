/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl edge: the options of the verbs that change something. */
#include "ctl/change/choices.h"

#include <string.h>

#include "apr_strings.h"

enum { MOST_DAYS = 3650, MOST_QUIET = 999999 };

/* A number of days or seconds, or its default; -1: something else was given. */
static int number_of(const cfo_ctl_t *ctl, int option, int most, int otherwise)
{
    const char *text = cfo_ctl_value(ctl, option);

    return text ? cfo_ctl_number(text, most) : otherwise;
}

static int is_given(const cfo_ctl_t *ctl, int option)
{
    return cfo_ctl_value(ctl, option) != NULL;
}

/* What is wrong with the files that were given together; NULL: nothing. */
static const char *check_files(const cfo_choices_t *c)
{
    if (!c->cert != !c->key)
        return "--cert and --key belong together";
    if (c->cert && c->ca_key)
        return "--cert is given, so nothing is signed: --ca-key has no use";
    if (c->ca && !c->ca_key && !c->cert)
        return "--ca needs --ca-key, to sign with it";
    if (c->ca_key && !c->ca)
        return "--ca-key needs --ca, the certificate of the CA";
    return NULL;
}

static const char *check(const cfo_choices_t *c, int days, int quiet)
{
    if (days < 0)
        return "--renew-before takes a number of days, 3650 at most";
    if (quiet < 0)
        return "--quiet takes a number of seconds, 999999 at most";
    if (strcmp(c->key_type, "rsa4096") && strcmp(c->key_type, "rsa2048") &&
        strcmp(c->key_type, "p256"))
        return "--key-type takes rsa4096, rsa2048 or p256";
    if (!*c->state)
        return "--state takes a folder";
    if (c->is_take_back && c->is_dry_run)
        return "--take-back cannot be tried with --dry-run";
    return check_files(c);
}

static void read_texts(const cfo_ctl_t *ctl, cfo_choices_t *c)
{
    c->state = cfo_ctl_value(ctl, CFO_CHANGE_STATE);
    c->state = c->state ? c->state : "/var/lib/cf-origin/edge";
    c->cert = cfo_ctl_value(ctl, CFO_CHANGE_CERT);
    c->key = cfo_ctl_value(ctl, CFO_CHANGE_KEY);
    c->ca = cfo_ctl_value(ctl, CFO_CHANGE_CA);
    c->ca_key = cfo_ctl_value(ctl, CFO_CHANGE_CA_KEY);
    c->key_type = cfo_ctl_value(ctl, CFO_CHANGE_KEY_TYPE);
    c->key_type = c->key_type ? c->key_type : "rsa4096";
    c->proof = cfo_ctl_value(ctl, CFO_CHANGE_PROOF);
    c->visit = cfo_ctl_value(ctl, CFO_CHANGE_VISIT);
}

int cfo_choices_read(cfo_ctl_t *ctl, cfo_choices_t *c)
{
    int days = number_of(ctl, CFO_CHANGE_RENEW_BEFORE, MOST_DAYS, 30);
    int quiet = number_of(ctl, CFO_CHANGE_QUIET, MOST_QUIET, 86400);
    const char *wrong;

    read_texts(ctl, c);
    c->is_dry_run = is_given(ctl, CFO_CHANGE_DRY_RUN);
    c->is_take_back = is_given(ctl, CFO_CHANGE_TAKE_BACK);
    c->renew_before = apr_time_from_sec((apr_time_t)days * 86400);
    c->quiet = apr_time_from_sec(quiet);
    c->is_new_ca = is_given(ctl, CFO_CHANGE_NEW_CA);
    c->is_forced = is_given(ctl, CFO_CHANGE_FORCE);
    c->is_all = is_given(ctl, CFO_CHANGE_ALL);
    c->is_deleting = is_given(ctl, CFO_CHANGE_DELETE);
    c->is_without_certificate = is_given(ctl, CFO_CHANGE_NO_CERTIFICATE);
    wrong = check(c, days, quiet);
    return wrong ? cfo_ctl_usage(wrong) : CFO_CTL_OK;
}
