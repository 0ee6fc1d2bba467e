/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl migrate: whether the CA file of a virtual host can be the proof of its
 * zone. */
#include "migrate.h"

#include <string.h>

#include "apr_strings.h"

#include "core/base/text.h"
#include "core/live/input_file.h"
#include "core/trust/parsed_file.h"
#include "core/trust/proof.h"

/* More CAs than one owner has: a bundle of public ones. */
enum { OWN_MOST = 8, SUBJECT_SHOWN = 200 };

/* The roots that sign server certificates for all customers of Cloudflare. */
static int is_origin_ca(const cfo_certificate_t *certificate)
{
    return strstr(certificate->subject, "CloudFlare Origin") ||
           strstr(certificate->subject, "Cloudflare Origin");
}

static cfo_ca_t judge(apr_pool_t *p, cfo_ca_t ca, const apr_array_header_t *proofs)
{
    int i;

    ca.kind = CFO_CA_OWN;
    if (proofs->nelts > OWN_MOST) {
        ca.kind = CFO_CA_PUBLIC;
        ca.text = apr_psprintf(p,
                               "it has %d CAs: a bundle of public CAs, which issue to "
                               "anybody. It is no proof of a zone",
                               proofs->nelts);
        return ca;
    }
    for (i = 0; i < proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(proofs, i, const cfo_proof_t *);
        const char *subject =
            cfo_text_quote(p, proof->certificate->subject, SUBJECT_SHOWN);

        if (cfo_certificate_is_shared_ca(proof->certificate)) {
            ca.kind = CFO_CA_SHARED;
            ca.text = "it is Cloudflare's shared CA: it proves some customer of "
                      "Cloudflare, not your zone";
            return ca;
        }
        if (is_origin_ca(proof->certificate)) {
            ca.kind = CFO_CA_PUBLIC;
            ca.text = apr_pstrcat(p, subject,
                                  " is the CA of Cloudflare's Origin CA "
                                  "certificates, which every customer gets. It "
                                  "is no proof of a zone",
                                  NULL);
            return ca;
        }
        if (cfo_proof_unfit(proof)) {
            ca.kind = CFO_CA_UNFIT;
            ca.text = apr_pstrcat(p, subject, ": ", cfo_proof_unfit(proof), NULL);
            return ca;
        }
        ca.text = apr_pstrcat(p, subject,
                              " proves the zone, if it is yours and issues "
                              "to nobody else",
                              NULL);
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
