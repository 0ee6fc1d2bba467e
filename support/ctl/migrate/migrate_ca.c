/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: whether the CA file of a virtual host can be the proof of its
 * zone. */
#include "ctl/migrate/migrate.h"

#include "apr_strings.h"

#include "core/base/text.h"
#include "core/live/input_file.h"
#include "core/live/public_cas.h"
#include "core/trust/origin_ca.h"
#include "core/trust/parsed_file.h"
#include "core/trust/proof.h"

/* More CAs than one owner has: a bundle of public ones. */
enum { OWN_MOST = 8, SUBJECT_SHOWN = 200 };

/* The root of a public CA; NULL: it is none. The CAs of the system are read once. */
static const char *public_root(apr_pool_t *p, const cfo_proof_t *proof)
{
    static cfo_public_cas_t *cas;
    static int is_open;

    if (proof->kind != CFO_PROOF_ANCHOR)
        return NULL;
    if (!is_open)
        cas = cfo_public_cas_open(p, cfo_public_cas_own_folders);
    is_open = 1;
    return cas ? cfo_public_cas_root(cas, proof->certificate) : NULL;
}

/* Whom a certificate of the file proves, with the reason as *text. */
static cfo_ca_kind_t judge_proof(apr_pool_t *p, const cfo_proof_t *proof,
                                 const char **text)
{
    const char *subject = cfo_text_quote(p, proof->certificate->subject, SUBJECT_SHOWN);
    cfo_ca_kind_t kind = CFO_CA_PUBLIC;

    if (cfo_certificate_is_shared_ca(proof->certificate)) {
        kind = CFO_CA_SHARED;
        *text =
            "it is Cloudflare's shared CA: it proves some customer of Cloudflare, not "
            "your zone";
    }
    else if (cfo_origin_ca_is(proof->certificate))
        *text = apr_pstrcat(p, subject,
                            " is the CA of Cloudflare's Origin CA certificates, which "
                            "every customer gets. It is no proof of a zone",
                            NULL);
    else if (public_root(p, proof))
        *text = apr_pstrcat(p, subject,
                            " is a public CA, which issues certificates to anybody. It "
                            "is no proof of a zone",
                            NULL);
    else if (cfo_proof_unfit(proof)) {
        kind = CFO_CA_UNFIT;
        *text = apr_pstrcat(p, subject, ": ", cfo_proof_unfit(proof), NULL);
    }
    else {
        kind = CFO_CA_OWN;
        *text = apr_pstrcat(p, subject,
                            " proves the zone, if it is yours and issues to nobody else",
                            NULL);
    }
    return kind;
}

static cfo_ca_t judge(apr_pool_t *p, cfo_ca_t ca, const apr_array_header_t *proofs)
{
    int i;

    ca.kind = CFO_CA_OWN;
    for (i = 0; i < proofs->nelts && i < OWN_MOST && ca.kind == CFO_CA_OWN; i++)
        ca.kind = judge_proof(p, APR_ARRAY_IDX(proofs, i, const cfo_proof_t *), &ca.text);
    if (proofs->nelts > OWN_MOST) {
        ca.kind = CFO_CA_PUBLIC;
        ca.text = apr_psprintf(p,
                               "it has %d CAs: a bundle of public CAs, which issue to "
                               "anybody. It is no proof of a zone",
                               proofs->nelts);
    }
    return ca;
}

cfo_ca_t cfo_site_ca(const cfo_migration_t *migration, const cfo_site_t *site)
{
    apr_pool_t *p = migration->conf->pool;
    cfo_ca_t ca = { CFO_CA_NONE, NULL, NULL, NULL };
    apr_array_header_t *proofs;
    const char *text, *reason;
    apr_size_t length;

    ca.line = cfo_site_line(migration, site, "SSLCACertificateFile", 0);
    if (!ca.line) {
        ca.line = cfo_site_line(migration, site, "SSLCACertificatePath", 0);
        if (ca.line) {
            ca.kind = CFO_CA_PUBLIC;
            ca.text = "SSLCACertificatePath is a folder: name the file of your CA in "
                      "CFOriginPullZone";
        }
        return ca;
    }
    ca.file = cfo_conf_word(p, ca.line, 0);
    reason =
        cfo_input_file_read(p, cfo_conf_path(migration->conf, ca.line->file, ca.file),
                            cfo_parsed_file_most(CFO_FILE_PROOFS), &text, &length);
    if (!reason)
        reason = cfo_proof_read_pem(p, text, length, ca.file, &proofs);
    if (!reason)
        return judge(p, ca, proofs);
    ca.kind = CFO_CA_UNREAD;
    ca.text =
        apr_pstrcat(p, "it cannot be looked at (", reason,
                    "): check with cf-originctl zones that it is your own CA", NULL);
    return ca;
}
