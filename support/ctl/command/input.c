/* SPDX-License-Identifier: Apache-2.0 */
/* cf-originctl: files that are read as a whole. */
#include "ctl/command/input.h"

#include <string.h>

#include "apr_file_io.h"
#include "apr_strings.h"

#include "core/live/input_file.h"
#include "ctl/command/ctl.h"

/* A pipe, which a file of the configuration must not be: only by the names that stand for
 * open files, since a FIFO in a folder would make the command wait for ever. */
static int is_stream(const char *name)
{
    return !strcmp(name, CFO_CTL_STDIN) || !strncmp(name, "/dev/fd/", 8) ||
           !strncmp(name, "/proc/self/fd/", 14);
}

static const char *read_stream(apr_pool_t *p, const char *name, apr_size_t most,
                               const char **text, apr_size_t *length)
{
    char *buffer = apr_palloc(p, most + 2);
    apr_file_t *file;
    apr_status_t status =
        strcmp(name, CFO_CTL_STDIN)
            ? apr_file_open(&file, name, APR_FOPEN_READ | APR_FOPEN_BINARY,
                            APR_FPROT_OS_DEFAULT, p)
            : apr_file_open_stdin(&file, p);

    if (status == APR_SUCCESS)
        status = apr_file_read_full(file, buffer, most + 1, length);
    if (status == APR_SUCCESS)
        return apr_psprintf(p, "larger than %" APR_SIZE_T_FMT " bytes", most);
    if (!APR_STATUS_IS_EOF(status))
        return apr_psprintf(p, "%pm", &status);
    buffer[*length] = '\0';
    *text = buffer;
    return NULL;
}

const char *cfo_ctl_input_read(apr_pool_t *p, const char *name, apr_size_t most,
                               const char **text, apr_size_t *length)
{
    *text = "";
    *length = 0;
    return is_stream(name) ? read_stream(p, name, most, text, length)
                           : cfo_input_file_read(p, name, most, text, length);
}
