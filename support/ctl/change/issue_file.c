/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates as PEM, in memory and in files. */
#include "ctl/change/issue.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/trust/pem.h"
#include "ctl/change/issue_pem.h"
#include "ctl/command/ctl.h"
#include "ctl/command/input.h"

enum { FILE_MOST = 1024 * 1024, KEY_MOST = 64 * 1024 };

typedef struct {
    char *text;
    apr_size_t size;
} secret_t;

static apr_status_t cleanse(void *secret)
{
    OPENSSL_cleanse(((secret_t *)secret)->text, ((secret_t *)secret)->size);
    return APR_SUCCESS;
}

/* A text of `size` bytes and a NUL, which is erased with the pool. */
static char *make_secret(apr_pool_t *p, apr_size_t size)
{
    secret_t *secret = apr_palloc(p, sizeof *secret);

    secret->text = apr_pcalloc(p, size + 1);
    secret->size = size;
    apr_pool_cleanup_register(p, secret, cleanse, apr_pool_cleanup_null);
    return secret->text;
}

static const char *openssl_failure(apr_pool_t *p)
{
    const char *reason = apr_pstrcat(p, "OpenSSL: ", cfo_openssl_reason(p), NULL);

    ERR_clear_error();
    return reason;
}

static const char *failure(apr_pool_t *p, const char *file)
{
    apr_status_t status = errno;

    return apr_psprintf(p, "%s: %pm", cfo_ctl_shown(p, file), &status);
}

const char *cfo_issued_key_pem(apr_pool_t *p, EVP_PKEY *key, const char **pem)
{
    BIO *bio = BIO_new(BIO_s_secmem()); /* erased when it is freed */
    char *text, *copy = NULL;
    long size = 0;

    if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
        size = BIO_get_mem_data(bio, &text);
    if (size > 0) {
        copy = make_secret(p, (apr_size_t)size);
        memcpy(copy, text, (size_t)size);
    }
    BIO_free(bio);
    *pem = copy ? copy : "";
    return copy ? NULL : openssl_failure(p);
}

/* Nobody else may be able to read it, through the group neither. */
static const char *check_key_file(apr_pool_t *p, const char *file, int descriptor,
                                  struct stat *info)
{
    if (fstat(descriptor, info))
        return failure(p, file);
    if (!S_ISREG(info->st_mode))
        return apr_psprintf(p, "%s: not a regular file", cfo_ctl_shown(p, file));
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return apr_psprintf(p, "%s: it belongs to somebody else", cfo_ctl_shown(p, file));
    if (info->st_mode & 077)
        return apr_psprintf(p,
                            "%s: others than its owner may read or change the key: "
                            "chmod 600",
                            cfo_ctl_shown(p, file));
    if (info->st_size > KEY_MOST)
        return apr_psprintf(p, "%s: too large for a key", cfo_ctl_shown(p, file));
    return NULL;
}

static const char *read_text(apr_pool_t *p, const char *file, const char **text)
{
    int descriptor = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    const char *reason;
    apr_size_t length = 0;
    ssize_t more = 1;
    char *secret;

    if (descriptor < 0)
        return failure(p, file);
    reason = check_key_file(p, file, descriptor, &info);
    secret = make_secret(p, reason ? 0 : (apr_size_t)info.st_size);
    while (!reason && more > 0 && length < (apr_size_t)info.st_size) {
        more = read(descriptor, secret + length, (apr_size_t)info.st_size - length);
        length += more > 0 ? (apr_size_t)more : 0;
        reason = more < 0 ? failure(p, file) : NULL;
    }
    close(descriptor);
    *text = secret;
    return reason;
}

/* OpenSSL asks for a pass phrase: there is none. */
static int refuse_phrase(char *buffer, int size, int is_writing, void *asked)
{
    (void)buffer, (void)size, (void)is_writing;
    *(int *)asked = 1;
    return -1;
}

static apr_status_t free_key(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

static const char *read_key(apr_pool_t *p, const char *file, EVP_PKEY **key)
{
    const char *text = "", *reason = read_text(p, file, &text);
    int asked = 0;
    BIO *bio;

    if (reason)
        return reason;
    bio = BIO_new_mem_buf(text, -1);
    *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, refuse_phrase, &asked) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    if (asked)
        return apr_psprintf(p,
                            "%s: the key has a pass phrase, which nobody could type when "
                            "a timer runs this: store it without (openssl pkey)",
                            cfo_ctl_shown(p, file));
    if (!*key)
        return apr_psprintf(p, "%s: it has no private key in PEM form",
                            cfo_ctl_shown(p, file));
    apr_pool_cleanup_register(p, *key, free_key, apr_pool_cleanup_null);
    return NULL;
}

const char *cfo_issued_read(apr_pool_t *p, const char *certificate_file,
                            const char *key_file, cfo_issued_t *issued)
{
    apr_array_header_t *certificates;
    const char *text, *reason;
    apr_size_t length;
    X509 *x509;

    reason = cfo_ctl_input_read(p, certificate_file, FILE_MOST, &text, &length);
    if (!reason)
        reason = cfo_pem_read(p, text, length, &certificates);
    if (reason)
        return apr_psprintf(p, "%s: %s", cfo_ctl_shown(p, certificate_file), reason);
    issued->certificate = APR_ARRAY_IDX(certificates, 0, const cfo_certificate_t *);
    x509 = cfo_certificate_x509(issued->certificate);
    reason = x509 ? cfo_issue_pem(p, x509, &issued->pem) : "out of memory";
    if (!reason)
        reason = read_key(p, key_file, &issued->key);
    if (reason)
        return reason;
    if (X509_check_private_key(x509, issued->key) != 1) {
        ERR_clear_error();
        return apr_psprintf(p, "%s is not the key of the certificate in %s",
                            cfo_ctl_shown(p, key_file),
                            cfo_ctl_shown(p, certificate_file));
    }
    return NULL;
}

static const char *write_all(apr_pool_t *p, const char *file, int descriptor,
                             const char *text)
{
    apr_size_t left = strlen(text);

    while (left) {
        ssize_t written = write(descriptor, text, left);

        if (written < 0 && errno != EINTR)
            return failure(p, file);
        text += written > 0 ? written : 0;
        left -= written > 0 ? (apr_size_t)written : 0;
    }
    return fsync(descriptor) ? failure(p, file) : NULL;
}

/* So that the name of the file is there after a crash. */
static void sync_folder(apr_pool_t *p, const char *file)
{
    const char *name = apr_filepath_name_get(file);
    int folder = open(name == file ? "." : apr_pstrmemdup(p, file, name - file),
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return;
    (void)fsync(folder);
    close(folder);
}

const char *cfo_issued_write_key(apr_pool_t *p, const char *file, EVP_PKEY *key)
{
    const char *pem, *reason = cfo_issued_key_pem(p, key, &pem);
    int descriptor;

    if (reason)
        return reason;
    descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return failure(p, file);
    reason =
        fchmod(descriptor, 0600) ? failure(p, file) : write_all(p, file, descriptor, pem);
    if (close(descriptor) && !reason)
        reason = failure(p, file);
    if (reason)
        unlink(file);
    else
        sync_folder(p, file);
    return reason;
}
