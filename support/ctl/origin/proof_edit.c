/* SPDX-License-Identifier: Apache-2.0 */
/* Changes a file of proofs as a whole, or not at all. */
#include "ctl/origin/proof_edit.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/trust/parsed_file.h"
#include "core/trust/pem.h"
#include "core/trust/proof.h"
#include "ctl/origin/pem_text.h"
#include "ctl/origin/replacement.h"

typedef struct {
    apr_pool_t *p;
    const char *path;
    cfo_replacement_t file;
    apr_array_header_t *proofs; /* of the old text; NULL: there are none */
    const cfo_certificate_t *added;
    const char *removed; /* SHA-256 */
} edit_t;

static int is_blank(const edit_t *edit)
{
    apr_size_t i;

    for (i = 0; i < edit->file.length && apr_isspace(edit->file.text[i]); i++)
        ;
    return i == edit->file.length;
}

/* The proofs of the file as it is. */
static const char *begin(edit_t *edit)
{
    const char *reason = cfo_replacement_begin(
        edit->p, edit->path, cfo_parsed_file_most(CFO_FILE_PROOFS), &edit->file);

    if (reason || is_blank(edit))
        return reason;
    reason = cfo_proof_read_pem(edit->p, edit->file.text, edit->file.length, edit->path,
                                &edit->proofs);
    if (reason)
        cfo_replacement_end(&edit->file);
    return reason ? apr_pstrcat(edit->p, "it is no file of proofs: ", reason, NULL)
                  : NULL;
}

static const cfo_proof_t *find(const apr_array_header_t *proofs, const char *sha256)
{
    int i;

    for (i = 0; proofs && i < proofs->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(proofs, i, const cfo_proof_t *);

        if (!strcmp(proof->certificate->sha256_hex, sha256))
            return proof;
    }
    return NULL;
}

/* Whether each proof of `these`, but for one, is among `those` and means the same. */
static int are_among(const apr_array_header_t *these, const apr_array_header_t *those,
                     const char *but)
{
    int i;

    for (i = 0; these && i < these->nelts; i++) {
        const cfo_proof_t *proof = APR_ARRAY_IDX(these, i, const cfo_proof_t *);
        const cfo_proof_t *same = find(those, proof->certificate->sha256_hex);

        if ((!same || same->kind != proof->kind) &&
            (!but || strcmp(proof->certificate->sha256_hex, but)))
            return 0;
    }
    return 1;
}

static const char *check_change(const edit_t *edit, const apr_array_header_t *proofs)
{
    if (edit->added && !find(proofs, edit->added->sha256_hex))
        return "it has a leaf, next to which a CA certificate is ignored: give the CA a "
               "file of its own";
    if (!are_among(edit->proofs, proofs, edit->removed))
        return "it has CA certificates, which are ignored next to a leaf: give the leaf a "
               "file of its own";
    if (edit->removed && find(proofs, edit->removed))
        return "the certificate cannot be removed from it";
    if (!are_among(proofs, edit->proofs, edit->added ? edit->added->sha256_hex : NULL))
        return "it has CA certificates that would become anchors, since it would have no "
               "leaf any more: remove them first";
    return NULL;
}

/* Reads the new text as the module does, which would not replace what proves something
 * by what proves nothing. */
static const char *check_text(const edit_t *edit, const char *text, apr_size_t length)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_permanent(edit->p);
    cfo_parsed_file_t *last, *next;
    const char *reason;

    if (length > cfo_parsed_file_most(CFO_FILE_PROOFS))
        return "it would be larger than the module reads";
    reason = cfo_parsed_file_read(shared_pool, CFO_FILE_PROOFS, edit->path, text, length,
                                  &next);
    if (reason)
        return apr_pstrcat(edit->p, "the module would not read the new text: ", reason,
                           NULL);
    reason = check_change(edit, next->items);
    if (reason || !edit->proofs)
        return reason;
    reason = cfo_parsed_file_read(shared_pool, CFO_FILE_PROOFS, edit->path,
                                  edit->file.text, edit->file.length, &last);
    return reason ? reason : cfo_parsed_file_worse(edit->p, last, next, apr_time_now());
}

static const char *replace(edit_t *edit, const char *text)
{
    apr_size_t length = strlen(text);
    const char *reason = check_text(edit, text, length);

    return reason ? reason : cfo_replacement_commit(&edit->file, text, length);
}

/* A text with NUL bytes is none: they would end it here, and the module reads past them.
 */
static int has_nul(const edit_t *edit)
{
    return memchr(edit->file.text, '\0', edit->file.length) != NULL;
}

const char *cfo_proof_edit_add(cfo_ctl_t *ctl, const char *path, const char *pem)
{
    edit_t edit = { .p = ctl->pool, .path = path };
    apr_array_header_t *certificates;
    const char *reason = cfo_pem_read(ctl->pool, pem, strlen(pem), &certificates);

    if (reason || certificates->nelts != 1)
        return reason ? reason : "only one certificate is added at a time";
    edit.added = APR_ARRAY_IDX(certificates, 0, const cfo_certificate_t *);
    reason = begin(&edit);
    if (reason)
        return reason;
    if (has_nul(&edit))
        reason = "it has NUL bytes";
    else if (!find(edit.proofs, edit.added->sha256_hex))
        reason = replace(&edit, cfo_pem_text_add(ctl->pool, edit.file.text, edit.added));
    cfo_replacement_end(&edit.file);
    return reason;
}

const char *cfo_proof_edit_remove(cfo_ctl_t *ctl, const char *path, const char *sha256)
{
    edit_t edit = { .p = ctl->pool, .path = path, .removed = sha256 };
    const char *reason = begin(&edit);

    if (reason)
        return reason;
    if (has_nul(&edit))
        reason = "it has NUL bytes";
    else if (find(edit.proofs, sha256) && edit.proofs->nelts == 1)
        reason = "it is the last certificate of the file, without which nothing proves "
                 "the zone";
    else if (find(edit.proofs, sha256))
        reason = replace(&edit, cfo_pem_text_without(ctl->pool, edit.file.text, sha256));
    cfo_replacement_end(&edit.file);
    return reason;
}

/* Whether no other certificate is there, also none that is ignored. */
static int is_all(const edit_t *edit, const char *sha256)
{
    apr_array_header_t *certificates;
    int i;

    if (cfo_pem_read(edit->p, edit->file.text, edit->file.length, &certificates))
        return 0;
    for (i = 0; i < certificates->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(certificates, i, const cfo_certificate_t *)->sha256_hex,
                   sha256))
            return 0;
    }
    return 1;
}

const char *cfo_proof_edit_delete(cfo_ctl_t *ctl, const char *path, const char *sha256)
{
    edit_t edit = { .p = ctl->pool, .path = path };
    const char *reason = begin(&edit);

    if (reason)
        return reason;
    if (edit.file.exists)
        reason = is_all(&edit, sha256) ? cfo_replacement_remove(&edit.file)
                                       : "it has other certificates, or none";
    cfo_replacement_end(&edit.file);
    return reason;
}
