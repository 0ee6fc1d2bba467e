/* SPDX-License-Identifier: Apache-2.0 */
/* Runs httpd for its dump. */
#include "ctl/origin/httpd_run.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "apr_env.h"
#include "apr_file_info.h"
#include "apr_poll.h"
#include "apr_signal.h"
#include "apr_strings.h"
#include "apr_tables.h"
#include "apr_thread_proc.h"
#include "apr_time.h"

#include "core/base/text.h"

enum { SECONDS = 60, STDERR_MOST = 4096, CHUNK = 65536 };

/* A call of httpd. */
typedef struct {
    apr_pool_t *p;
    apr_proc_t proc;
    apr_time_t end;
    apr_array_header_t *out; /* of char */
    apr_array_header_t *err; /* the same; no more than STDERR_MOST of it is kept */
    const char *reason;
} call_t;

static const char *const folders[] = { "/usr/local/sbin", "/usr/sbin", "/sbin",
                                       "/usr/local/apache2/bin", NULL };

static int is_program(apr_pool_t *p, const char *path)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS &&
           info.filetype == APR_REG && !access(path, X_OK);
}

/* The path of a program; NULL: there is none. */
static const char *find_program(apr_pool_t *p, const char *name)
{
    char *path, *folder, *state = NULL;
    const char *found;
    int i;

    if (strchr(name, '/'))
        return is_program(p, name) ? name : NULL;
    if (apr_env_get(&path, "PATH", p) == APR_SUCCESS) {
        for (folder = apr_strtok(path, ":", &state); folder;
             folder = apr_strtok(NULL, ":", &state)) {
            found = apr_pstrcat(p, folder, "/", name, NULL);
            if (*folder == '/' && is_program(p, found))
                return found;
        }
    }
    for (i = 0; folders[i]; i++) {
        found = apr_pstrcat(p, folders[i], "/", name, NULL);
        if (is_program(p, found))
            return found;
    }
    return NULL;
}

/* The words of the command, with room for what is added. */
static const char *split(apr_pool_t *p, const char *command, const char ***argv)
{
    static const char *const presets[] = { "apache2ctl", "apachectl", "httpd", "apache2",
                                           NULL };
    const char *program = NULL;
    char **words;
    int i, count;

    for (i = 0; !command && !program && presets[i]; i++)
        program = find_program(p, presets[i]);
    if (!command && !program)
        return "no apache2ctl, apachectl or httpd is found: name it by --httpd, or give "
               "its dump by --dump, or a folder by --folder";
    if (command && apr_tokenize_to_argv(command, &words, p) != APR_SUCCESS)
        return "--httpd: it cannot be split into words";
    for (count = 0; command && words[count]; count++)
        ;
    if (command && !count)
        return "--httpd: it is empty";
    *argv = apr_pcalloc(p, (apr_size_t)(count + 5) * sizeof **argv);
    for (i = 1; i < count; i++)
        (*argv)[i] = words[i];
    (*argv)[0] = command ? find_program(p, words[0]) : program;
    if (!(*argv)[0])
        return apr_psprintf(p, "--httpd: %s is no program", cfo_text_word(p, words[0]));
    count = count ? count : 1;
    (*argv)[count] = "-t";
    (*argv)[count + 1] = "-D";
    (*argv)[count + 2] = "DUMP_CF_ORIGIN";
    return NULL;
}

/* In the child, if the program cannot be executed. */
static void report(apr_pool_t *p, apr_status_t status, const char *what)
{
    const char *text = apr_psprintf(p, "%s: %pm\n", what, &status);

    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(126);
}

static const char *start(call_t *call, const char *const *argv)
{
    apr_procattr_t *attr;
    apr_file_t *nothing;
    apr_status_t status = apr_procattr_create(&attr, call->p);

    if (status == APR_SUCCESS)
        status = apr_procattr_io_set(attr, APR_NO_PIPE, APR_CHILD_BLOCK, APR_CHILD_BLOCK);
    if (status == APR_SUCCESS)
        status = apr_file_open(&nothing, "/dev/null", APR_FOPEN_READ,
                               APR_FPROT_OS_DEFAULT, call->p);
    if (status == APR_SUCCESS)
        status = apr_procattr_child_in_set(attr, nothing, NULL);
    if (status == APR_SUCCESS)
        status = apr_procattr_cmdtype_set(attr, APR_PROGRAM_ENV);
    if (status == APR_SUCCESS)
        status = apr_procattr_child_errfn_set(attr, report);
    if (status == APR_SUCCESS)
        status = apr_proc_create(&call->proc, argv[0], argv, NULL, attr, call->p);
    return status == APR_SUCCESS
               ? NULL
               : apr_psprintf(call->p, "%s cannot be run: %pm", argv[0], &status);
}

static void append(apr_array_header_t *kept, char *bytes, apr_size_t size)
{
    const apr_array_header_t more = { kept->pool, 1, (int)size, (int)size, bytes };

    apr_array_cat(kept, &more);
}

/* Reads what is there. Returns whether there may be more. */
static int take(call_t *call, apr_file_t *file)
{
    int is_out = file == call->proc.out;
    int left = is_out ? CFO_DUMP_MOST - call->out->nelts : STDERR_MOST - call->err->nelts;
    char buffer[CHUNK];
    apr_size_t size = sizeof buffer;
    apr_status_t status = apr_file_read(file, buffer, &size);

    if (status != APR_SUCCESS)
        return APR_STATUS_IS_EINTR(status) || APR_STATUS_IS_EAGAIN(status);
    if (is_out && (int)size > left) {
        call->reason = "it printed more than 128 MiB";
        return 0;
    }
    append(is_out ? call->out : call->err, buffer,
           (int)size < left ? size : (apr_size_t)left);
    return 1;
}

/* Reads both pipes to their ends. */
static void read_pipes(call_t *call, apr_pollset_t *set, apr_pollfd_t *pipes)
{
    int left = 2;

    while (left && !call->reason) {
        const apr_pollfd_t *ready;
        apr_int32_t i, count = 0;
        apr_interval_time_t wait = call->end - apr_time_now();
        apr_status_t status =
            wait > 0 ? apr_pollset_poll(set, wait, &count, &ready) : APR_TIMEUP;

        if (APR_STATUS_IS_TIMEUP(status))
            call->reason = "it did not end within a minute";
        else if (status != APR_SUCCESS && !APR_STATUS_IS_EINTR(status))
            call->reason = apr_psprintf(call->p, "%pm", &status);
        for (i = 0; status == APR_SUCCESS && i < count; i++) {
            if (take(call, ready[i].desc.f))
                continue;
            apr_pollset_remove(set, &pipes[ready[i].desc.f == call->proc.err]);
            left--;
        }
    }
}

static void read_all(call_t *call)
{
    apr_pollfd_t pipes[2];
    apr_pollset_t *set;
    apr_status_t status = apr_pollset_create(&set, 2, call->p, 0);
    int i;

    for (i = 0; i < 2; i++) {
        pipes[i] =
            (apr_pollfd_t){ call->p, APR_POLL_FILE, APR_POLLIN, 0, { NULL }, NULL };
        pipes[i].desc.f = i ? call->proc.err : call->proc.out;
        if (status == APR_SUCCESS)
            status = apr_pollset_add(set, &pipes[i]);
    }
    if (status == APR_SUCCESS)
        read_pipes(call, set, pipes);
    else
        call->reason = apr_psprintf(call->p, "%pm", &status);
}

/* What httpd said, in quotes and in one line; NULL: nothing. */
static const char *last_words(call_t *call)
{
    char *text, *c;

    APR_ARRAY_PUSH(call->err, char) = '\0';
    text = call->err->elts;
    for (c = text; *c; c++)
        *c = (char)(*c == '\n' ? ' ' : *c);
    while (c > text && c[-1] == ' ')
        *--c = '\0';
    return *text ? cfo_text_quote(call->p, text, 1000) : NULL;
}

static const char *explain(call_t *call, const char *program, int code)
{
    const char *words = last_words(call);

    return apr_psprintf(
        call->p, "%s -t -D DUMP_CF_ORIGIN failed (exit status %d)%s%s%s", program, code,
        words ? ": " : "", words ? words : "",
        geteuid() ? "; you are not root, so it may be unable to read certificates, keys "
                    "or logs: call this command as root, or give --dump FILE"
                  : "");
}

static const char *finish(call_t *call, const char *program)
{
    apr_exit_why_e why = APR_PROC_EXIT;
    int code = 0;

    if (call->reason)
        apr_proc_kill(&call->proc, SIGKILL);
    apr_file_close(call->proc.out);
    apr_file_close(call->proc.err);
    apr_proc_wait(&call->proc, &code, &why, APR_WAIT);
    if (call->reason)
        return apr_psprintf(call->p, "%s -t -D DUMP_CF_ORIGIN: %s", program,
                            call->reason);
    return APR_PROC_CHECK_EXIT(why) && !code ? NULL : explain(call, program, code);
}

const char *cfo_httpd_run(apr_pool_t *p, const char *command, char **text,
                          apr_size_t *length)
{
    call_t call = { .p = p, .end = apr_time_now() + apr_time_from_sec(SECONDS) };
    const char **argv, *reason = split(p, command, &argv);

    call.out = apr_array_make(p, CHUNK, 1);
    call.err = apr_array_make(p, STDERR_MOST + 1, 1);
    if (!reason)
        reason = start(&call, argv);
    if (reason)
        return reason;
    read_all(&call);
    reason = finish(&call, argv[0]);
    *length = (apr_size_t)call.out->nelts;
    APR_ARRAY_PUSH(call.out, char) = '\0';
    *text = call.out->elts;
    return reason;
}
