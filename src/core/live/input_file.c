/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files that administrators write. */
#include "core/live/input_file.h"

#include "apr_file_io.h"
#include "apr_strings.h"

static const char *read_open(apr_pool_t *p, apr_file_t *file, apr_size_t most,
                             const char **text, apr_size_t *length)
{
    apr_finfo_t info;
    apr_status_t status = apr_file_info_get(&info, APR_FINFO_TYPE | APR_FINFO_SIZE, file);
    char *buffer;

    if (status != APR_SUCCESS)
        return apr_psprintf(p, "%pm", &status);
    if (info.filetype != APR_REG)
        return "not a regular file";
    if (info.size > (apr_off_t)most)
        return apr_psprintf(p, "larger than %" APR_SIZE_T_FMT " bytes", most);
    buffer = apr_palloc(p, info.size + 1);
    status = apr_file_read_full(file, buffer, info.size, length);
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status))
        return apr_psprintf(p, "%pm", &status);
    buffer[*length] = '\0';
    *text = buffer;
    return NULL;
}

const char *cfo_input_file_read(apr_pool_t *p, const char *path, apr_size_t most,
                                const char **text, apr_size_t *length)
{
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, p);
    const char *error;

    /* Checked before it is opened as well: opening a FIFO would wait for a writer. */
    if (status == APR_SUCCESS && info.filetype != APR_REG)
        return info.filetype == APR_DIR ? "a directory, not a file"
                                        : "not a regular file";
    status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY,
                           APR_FPROT_OS_DEFAULT, p);
    if (status != APR_SUCCESS)
        return apr_psprintf(p, "%pm", &status);
    error = read_open(p, file, most, text, length);
    apr_file_close(file);
    return error;
}
