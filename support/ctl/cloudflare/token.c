/* SPDX-License-Identifier: Apache-2.0 */
/* The API token: from a file, or from the environment. */
#include "ctl/cloudflare/token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <openssl/crypto.h>

#include "apr_env.h"
#include "apr_lib.h"
#include "apr_strings.h"

#include "ctl/command/ctl.h"

enum { MOST = 1024, GLOBAL_KEY_LENGTH = 37 };

static void forbid_core_dumps(void)
{
    struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

static const char *system_reason(apr_pool_t *p, const char *what)
{
    apr_status_t status = errno;

    return apr_psprintf(p, "%s: %pm", what, &status);
}

static apr_status_t erase(void *text)
{
    OPENSSL_cleanse(text, strlen(text));
    return APR_SUCCESS;
}

static const char *check_text(const char *token)
{
    const char *c = token;

    if (!*token)
        return "is empty";
    while (apr_isgraph(*c))
        c++;
    if (strlen(token) > MOST)
        return "is too large for a token";
    if (strpbrk(token, "\r\n"))
        return "has several lines; it must have the token alone";
    if (*c == ' ' || *c == '\t')
        return "has several words; it must have the token alone, without \"Bearer\"";
    if (*c)
        return "has characters that no token has";
    if (c - token == GLOBAL_KEY_LENGTH &&
        strspn(token, "0123456789abcdef") == GLOBAL_KEY_LENGTH)
        return "has the Global API Key, which may do everything; make an API token "
               "(My Profile > API Tokens)";
    return NULL;
}

/* Takes the token out of `text`, and erases that. */
static const char *take(apr_pool_t *p, char *text, const char **token)
{
    apr_size_t length = strlen(text);
    char *start = text + strspn(text, " \t\r\n"), *end = text + length;
    char *copy;
    const char *reason;

    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    copy = apr_pstrmemdup(p, start, (apr_size_t)(end - start));
    OPENSSL_cleanse(text, length);
    apr_pool_cleanup_register(p, copy, erase, apr_pool_cleanup_null);
    reason = check_text(copy);
    if (!reason)
        *token = copy;
    return reason;
}

/* systemd gives a credential to a unit's user by an access control list, whose mask shows
 * as permission of the group root. */
static int is_open_to_others(const struct stat *status)
{
    mode_t others = status->st_mode & 077;

    return others && !(others == 040 && !status->st_uid && !status->st_gid);
}

static const char *check_file(apr_pool_t *p, const char *name, const struct stat *status)
{
    if (S_ISDIR(status->st_mode))
        return "is a directory";
    if (!S_ISREG(status->st_mode) && !S_ISFIFO(status->st_mode))
        return "is not a file";
    if (status->st_uid && status->st_uid != geteuid())
        return apr_psprintf(p, "belongs to user %lu, who can change it: chown %lu %s",
                            (unsigned long)status->st_uid, (unsigned long)geteuid(),
                            cfo_ctl_shown(p, name));
    if (is_open_to_others(status))
        return apr_psprintf(
            p, "has mode %04o, so others can read or change it: chmod 600 %s",
            (unsigned)status->st_mode & 07777, cfo_ctl_shown(p, name));
    return NULL;
}

/* Returns the length, or -1. */
static ssize_t read_all(int file, char *text, size_t most)
{
    size_t length = 0;
    ssize_t more = 1;

    while (more > 0 && length < most) {
        more = read(file, text + length, most - length);
        if (more < 0 && errno == EINTR)
            more = 1;
        else if (more > 0)
            length += (size_t)more;
    }
    return more < 0 ? -1 : (ssize_t)length;
}

static const char *read_open(apr_pool_t *p, const char *name, int file,
                             const char **token)
{
    char text[MOST + 2];
    struct stat status;
    const char *reason;
    ssize_t length;

    if (fstat(file, &status))
        return system_reason(p, "cannot be read");
    reason = check_file(p, name, &status);
    if (reason)
        return reason;
    length = read_all(file, text, MOST + 1);
    if (length < 0)
        reason = system_reason(p, "cannot be read");
    else if (length > MOST)
        reason = "is too large for a token";
    else if (memchr(text, '\0', (size_t)length))
        reason = "has characters that no token has";
    if (!reason) {
        text[length] = '\0';
        reason = take(p, text, token);
    }
    OPENSSL_cleanse(text, sizeof text);
    return reason;
}

/* What a shell passes as <(command). Another pipe would make the command wait for ever.
 */
static int is_stream(const char *name)
{
    return !strcmp(name, CFO_CTL_STDIN) || !strncmp(name, "/dev/fd/", 8) ||
           !strncmp(name, "/proc/self/fd/", 14);
}

static const char *read_file(apr_pool_t *p, const char *name, const char **token)
{
    int file =
        open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | (is_stream(name) ? 0 : O_NONBLOCK));
    const char *reason;

    if (file < 0)
        return system_reason(p, "cannot be opened");
    reason = read_open(p, name, file, token);
    close(file);
    return reason;
}

/* The variable is erased where other programs could look for it, and not given to those
 * that are called, whether or not it is used. *token stays NULL if it is empty. */
static const char *take_variable(apr_pool_t *p, const char **token)
{
    char *value = NULL;
    const char *reason = NULL;

    *token = NULL;
    if (apr_env_get(&value, CFO_TOKEN_VARIABLE, p) != APR_SUCCESS)
        return NULL;
    if (*value)
        reason = take(p, value, token);
    apr_env_delete(CFO_TOKEN_VARIABLE, p);
    return reason ? apr_pstrcat(p, CFO_TOKEN_VARIABLE " ", reason, NULL) : NULL;
}

const char *cfo_token_read(apr_pool_t *p, const char *file, const char **token)
{
    const char *reason;

    forbid_core_dumps();
    reason = take_variable(p, token);
    if (file) {
        reason = read_file(p, file, token);
        return reason ? apr_pstrcat(p, "the token file ", cfo_ctl_shown(p, file), " ",
                                    reason, NULL)
                      : NULL;
    }
    if (!reason && !*token)
        reason = "no token: give --token-file FILE, or set " CFO_TOKEN_VARIABLE;
    return reason;
}
