/* SPDX-License-Identifier: Apache-2.0 */
/* What calls of cf-originctl edge have begun with a zone, in a file without secrets. */
#include "ctl/change/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "apr_file_info.h"
#include "apr_strings.h"

#include "ctl/change/rows.h"
#include "ctl/command/input.h"

enum { VERSION = 1, MOST_BYTES = 4 << 20 };

#define FIELD(struct_, type, name)                                                       \
    {                                                                                    \
#name, type, offsetof(struct_, name), NULL, 0                                    \
    }
#define ROWS(struct_, name, fields, row)                                                 \
    {                                                                                    \
#name, CFO_ROW_ROWS, offsetof(struct_, name), fields, sizeof(row)                \
    }
#define END                                                                              \
    {                                                                                    \
        NULL, CFO_ROW_TEXT, 0, NULL, 0                                                   \
    }

static const cfo_row_field_t old_fields[] = {
    FIELD(cfo_state_old_t, CFO_ROW_TEXT, id),
    FIELD(cfo_state_old_t, CFO_ROW_TEXT, sha256),
    FIELD(cfo_state_old_t, CFO_ROW_TIME, uploaded),
    END,
};

static const cfo_row_field_t ours_fields[] = {
    FIELD(cfo_state_ours_t, CFO_ROW_TEXT, sha256),
    FIELD(cfo_state_ours_t, CFO_ROW_TEXT, pem),
    FIELD(cfo_state_ours_t, CFO_ROW_TEXT, proof),
    FIELD(cfo_state_ours_t, CFO_ROW_TIME, tried),
    FIELD(cfo_state_ours_t, CFO_ROW_TIME, used),
    FIELD(cfo_state_ours_t, CFO_ROW_INT, is_adopted),
    END,
};

static const cfo_row_field_t host_fields[] = {
    FIELD(cfo_state_host_t, CFO_ROW_TEXT, host),
    FIELD(cfo_state_host_t, CFO_ROW_TEXT, cert_id),
    FIELD(cfo_state_host_t, CFO_ROW_INT, use),
    END,
};

static const cfo_row_field_t proof_fields[] = {
    FIELD(cfo_state_proof_t, CFO_ROW_TEXT, file),
    FIELD(cfo_state_proof_t, CFO_ROW_TEXT, sha256),
    FIELD(cfo_state_proof_t, CFO_ROW_INT, is_made),
    END,
};

static const cfo_row_field_t change_fields[] = {
    FIELD(cfo_change_t, CFO_ROW_TEXT, verb),
    FIELD(cfo_change_t, CFO_ROW_INT, level),
    FIELD(cfo_change_t, CFO_ROW_TIME, begun),
    FIELD(cfo_change_t, CFO_ROW_INT, was_on),
    FIELD(cfo_change_t, CFO_ROW_TEXT, ca_key),
    ROWS(cfo_change_t, hosts, host_fields, cfo_state_host_t),
    ROWS(cfo_change_t, olds, old_fields, cfo_state_old_t),
    ROWS(cfo_change_t, ours, ours_fields, cfo_state_ours_t),
    ROWS(cfo_change_t, added, proof_fields, cfo_state_proof_t),
    ROWS(cfo_change_t, replaced, proof_fields, cfo_state_proof_t),
    END,
};

static const cfo_row_field_t removal_fields[] = {
    FIELD(cfo_removal_t, CFO_ROW_TEXT, file),
    FIELD(cfo_removal_t, CFO_ROW_TEXT, sha256),
    FIELD(cfo_removal_t, CFO_ROW_TEXTS, leaves),
    FIELD(cfo_removal_t, CFO_ROW_TIME, since),
    FIELD(cfo_removal_t, CFO_ROW_TIME, since_boot),
    FIELD(cfo_removal_t, CFO_ROW_TEXT, boot),
    FIELD(cfo_removal_t, CFO_ROW_INT, is_made),
    END,
};

static const cfo_row_field_t state_fields[] = {
    FIELD(cfo_state_t, CFO_ROW_TEXT, zone),
    FIELD(cfo_state_t, CFO_ROW_TEXT, zone_id),
    ROWS(cfo_state_t, changes, change_fields, cfo_change_t),
    ROWS(cfo_state_t, removals, removal_fields, cfo_removal_t),
    END,
};

cfo_state_t *cfo_state_create(apr_pool_t *p, const char *zone, const char *zone_id)
{
    cfo_state_t *state = apr_palloc(p, sizeof *state);

    *state = (cfo_state_t){ zone, zone_id, apr_array_make(p, 2, sizeof(cfo_change_t)),
                            apr_array_make(p, 2, sizeof(cfo_removal_t)) };
    return state;
}

static const char *path_of(apr_pool_t *p, const char *folder, const char *zone)
{
    return apr_pstrcat(p, folder, "/", zone, ".json", NULL);
}

/* Texts that later code relies on, whoever wrote the file. */
static int has_null(const cfo_state_t *state)
{
    int i, j, found = !state->zone || !state->zone_id;

    for (i = 0; i < state->changes->nelts; i++) {
        const cfo_change_t *change = &APR_ARRAY_IDX(state->changes, i, cfo_change_t);

        found |= !change->verb;
        for (j = 0; j < change->hosts->nelts; j++)
            found |= !APR_ARRAY_IDX(change->hosts, j, cfo_state_host_t).host;
        for (j = 0; j < change->olds->nelts; j++)
            found |= !APR_ARRAY_IDX(change->olds, j, cfo_state_old_t).id;
        for (j = 0; j < change->ours->nelts; j++) {
            const cfo_state_ours_t *ours =
                &APR_ARRAY_IDX(change->ours, j, cfo_state_ours_t);

            found |= !ours->sha256 || !ours->pem || !ours->proof;
        }
        for (j = 0; j < change->added->nelts + change->replaced->nelts; j++) {
            const cfo_state_proof_t *proof =
                j < change->added->nelts
                    ? &APR_ARRAY_IDX(change->added, j, cfo_state_proof_t)
                    : &APR_ARRAY_IDX(change->replaced, j - change->added->nelts,
                                     cfo_state_proof_t);

            found |= !proof->file || !proof->sha256;
        }
    }
    for (i = 0; i < state->removals->nelts; i++) {
        const cfo_removal_t *removal = &APR_ARRAY_IDX(state->removals, i, cfo_removal_t);

        found |= !removal->file || !removal->sha256 || !removal->boot;
    }
    return found;
}

/* Reads the text of a file. */
static const char *parse(apr_pool_t *p, const char *text, apr_size_t length,
                         cfo_state_t *state)
{
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    const char *wrong;

    if (!root)
        return apr_psprintf(p, "line %d: %s", error.line, error.text);
    wrong = json_integer_value(json_object_get(root, "version")) == VERSION
                ? cfo_row_read(p, root, state_fields, state)
                : "it is of another version";
    if (!wrong && has_null(state))
        wrong = "a value is missing";
    json_decref(root);
    return wrong;
}

static const char *read_file(apr_pool_t *p, const char *path, cfo_state_t *state)
{
    const char *text;
    apr_size_t length;
    const char *wrong = cfo_ctl_input_read(p, path, MOST_BYTES, &text, &length);

    if (!wrong)
        wrong = parse(p, text, length, state);
    return wrong ? apr_psprintf(p,
                                "the state file %s cannot be used, and is left as it "
                                "is: %s",
                                path, wrong)
                 : NULL;
}

const char *cfo_state_open(apr_pool_t *p, const char *folder, const char *zone,
                           const char *zone_id, cfo_state_t **state)
{
    const char *path = path_of(p, folder, zone), *wrong;

    *state = cfo_state_create(p, zone, zone_id);
    if (access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR))
        return NULL;
    wrong = read_file(p, path, *state);
    if (wrong)
        return wrong;
    if (strcmp((*state)->zone, zone) || strcmp((*state)->zone_id, zone_id))
        return apr_psprintf(p,
                            "the state file %s is of zone %s with the id %s, not of %s "
                            "with the id %s: the zone was added to Cloudflare anew, or "
                            "this is another account. If nothing of it is needed, "
                            "remove the file",
                            path, (*state)->zone, (*state)->zone_id, zone, zone_id);
    return NULL;
}

const char *cfo_state_read_all(apr_pool_t *p, const char *folder,
                               apr_array_header_t **states)
{
    const char *wrong = NULL;
    apr_finfo_t info;
    apr_dir_t *dir;
    apr_status_t status = apr_dir_open(&dir, folder, p);

    *states = apr_array_make(p, 4, sizeof(cfo_state_t *));
    if (APR_STATUS_IS_ENOENT(status) || APR_STATUS_IS_ENOTDIR(status))
        return NULL;
    if (status)
        return apr_psprintf(p, "the folder %s cannot be read", folder);
    while (!wrong && !apr_dir_read(&info, APR_FINFO_NAME, dir)) {
        apr_size_t length = strlen(info.name);
        cfo_state_t *state = cfo_state_create(p, NULL, NULL);

        if (length < 6 || strcmp(info.name + length - 5, ".json") ||
            strchr(info.name, '~'))
            continue;
        wrong = read_file(p, apr_pstrcat(p, folder, "/", info.name, NULL), state);
        if (!wrong)
            APR_ARRAY_PUSH(*states, cfo_state_t *) = state;
    }
    apr_dir_close(dir);
    return wrong;
}

static const char *failed(apr_pool_t *p, const char *path, const char *what)
{
    char text[120];
    apr_status_t status = errno;

    return apr_psprintf(p, "%s cannot be %s: %s", path, what,
                        apr_strerror(status, text, sizeof text));
}

static const char *sync_folder(apr_pool_t *p, const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *wrong = fd < 0 || fsync(fd) ? failed(p, folder, "synced") : NULL;

    if (fd >= 0)
        close(fd);
    return wrong;
}

static const char *write_text(apr_pool_t *p, const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    size_t length = strlen(text);
    const char *wrong = NULL;

    if (fd < 0)
        return failed(p, path, "written");
    while (!wrong && length) {
        ssize_t written = write(fd, text, length);

        if (written < 0 && errno != EINTR)
            wrong = failed(p, path, "written");
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
    if (!wrong && fsync(fd))
        wrong = failed(p, path, "synced");
    if (close(fd) && !wrong)
        wrong = failed(p, path, "written");
    return wrong;
}

static char *text_of(const cfo_state_t *state)
{
    json_t *root = cfo_row_write(state_fields, state);
    char *text = NULL;

    if (root && !json_object_set_new(root, "version", json_integer(VERSION)))
        text = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(root);
    return text;
}

/* No zone has such a name. */
static const char *draft_of(apr_pool_t *p, const char *folder, const char *zone)
{
    return apr_pstrcat(p, folder, "/", zone, "~.json", NULL);
}

void cfo_state_tidy(apr_pool_t *p, const char *folder, const char *zone)
{
    unlink(draft_of(p, folder, zone));
}

const char *cfo_state_write(apr_pool_t *p, const char *folder, const cfo_state_t *state)
{
    const char *path = path_of(p, folder, state->zone), *wrong;
    const char *next = draft_of(p, folder, state->zone);
    char *text;

    if (!state->changes->nelts && !state->removals->nelts) {
        if ((unlink(next) && errno != ENOENT) || (unlink(path) && errno != ENOENT))
            return failed(p, path, "removed");
        return sync_folder(p, folder);
    }
    text = text_of(state);
    if (!text)
        return "the state cannot be written as JSON";
    wrong = write_text(p, next, text);
    free(text);
    if (!wrong && rename(next, path))
        wrong = failed(p, path, "written");
    return wrong ? wrong : sync_folder(p, folder);
}

cfo_change_t *cfo_state_begin(apr_pool_t *p, cfo_state_t *state)
{
    cfo_change_t *change = apr_array_push(state->changes);

    memset(change, 0, sizeof *change);
    change->begun = apr_time_now();
    change->hosts = apr_array_make(p, 2, sizeof(cfo_state_host_t));
    change->olds = apr_array_make(p, 2, sizeof(cfo_state_old_t));
    change->ours = apr_array_make(p, 2, sizeof(cfo_state_ours_t));
    change->added = apr_array_make(p, 2, sizeof(cfo_state_proof_t));
    change->replaced = apr_array_make(p, 2, sizeof(cfo_state_proof_t));
    return change;
}

void cfo_state_end(cfo_state_t *state, const cfo_change_t *change)
{
    cfo_change_t *all = (cfo_change_t *)state->changes->elts;
    int at = (int)(change - all);

    memmove(all + at, all + at + 1,
            (size_t)(state->changes->nelts - at - 1) * sizeof *all);
    state->changes->nelts--;
}

/* The clock since the host was started, which nobody sets. */
static apr_time_t boot_clock(void)
{
    struct timespec now;

    return clock_gettime(CLOCK_BOOTTIME, &now)
               ? 0
               : apr_time_make(now.tv_sec, now.tv_nsec / 1000);
}

/* A file of the kernel's, which says that it has no bytes. */
static const char *boot_id(apr_pool_t *p)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    char text[64];
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    return apr_pstrndup(p, text, strcspn(text, "\n"));
}

void cfo_state_remove_later(apr_pool_t *p, cfo_state_t *state,
                            const cfo_state_proof_t *proof,
                            const apr_array_header_t *leaves)
{
    cfo_removal_t *removal = NULL;
    int i;

    for (i = 0; i < state->removals->nelts; i++) {
        cfo_removal_t *one = &APR_ARRAY_IDX(state->removals, i, cfo_removal_t);

        if (!strcmp(one->file, proof->file) && !strcmp(one->sha256, proof->sha256))
            removal = one;
    }
    if (removal)
        leaves = apr_array_append(p, leaves, removal->leaves);
    else
        removal = apr_array_push(state->removals);
    *removal = (cfo_removal_t){ proof->file,    proof->sha256, apr_array_copy(p, leaves),
                                apr_time_now(), boot_clock(),  boot_id(p),
                                proof->is_made };
    /* Nothing that hangs on it was ever presented. */
    if (!leaves->nelts) {
        removal->since = 0;
        removal->boot = "";
    }
}

apr_interval_time_t cfo_state_idle(apr_pool_t *p, const cfo_removal_t *removal)
{
    apr_interval_time_t by_day = apr_time_now() - removal->since;
    apr_interval_time_t by_boot = boot_clock() - removal->since_boot;

    if (!*removal->boot || strcmp(removal->boot, boot_id(p)) != 0)
        return by_day;
    return by_day < by_boot ? by_day : by_boot;
}
