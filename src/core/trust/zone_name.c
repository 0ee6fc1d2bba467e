/* SPDX-License-Identifier: Apache-2.0 */
/* Names of zones. */
#include "core/trust/zone_name.h"

#include <string.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/idn.h"

enum { LABEL_MAX = 63, NAME_MAX_LENGTH = 253 };

static const char *check_label(const char *label, size_t length)
{
    size_t i;

    if (!length)
        return "an empty label (two dots in a row, or a dot at the start)";
    if (length > LABEL_MAX)
        return "a label of more than 63 characters";
    if (label[0] == '-' || label[length - 1] == '-')
        return "a label that begins or ends with a hyphen";
    for (i = 0; i < length; i++) {
        if ((unsigned char)label[i] > 127)
            return "it is not in ASCII, perhaps by an invisible character; an internationalized name is written in its xn-- form";
        if (!apr_isalnum(label[i]) && label[i] != '-' && label[i] != '_')
            return "a DNS name has only letters, digits, hyphens, underscores and dots";
    }
    return NULL;
}

static const char *check_labels(const char *name)
{
    const char *label = name, *reason = NULL;

    while (!reason) {
        size_t length = strcspn(label, ".");

        reason = check_label(label, length);
        if (!reason && !label[length])
            return strspn(label, "0123456789") == length
                       ? "an address or a number is not a zone"
                       : NULL;
        label += length + 1;
    }
    return reason;
}

/* What people write where one name is expected. */
static const char *check_decoration(const char *text)
{
    const char *colon = strrchr(text, ':');

    if (strstr(text, "://"))
        return "a DNS name has only letters, digits, hyphens, underscores and dots; this is "
               "a URL: write the host name in it";
    if (strpbrk(text, ",;| "))
        return "a DNS name has only letters, digits, hyphens, underscores and dots; these "
               "are several names: write a CFOriginPullZone for each";
    if (strpbrk(text, "^$()[]{}\\+"))
        return strchr(text, ':')
                   ? NULL
                   : "a DNS name has only letters, digits, hyphens, underscores and dots; "
                     "this is a regular expression: a name covers itself and every name "
                     "below it";
    if (strchr(text, '/'))
        return "a DNS name has only letters, digits, hyphens, underscores and dots; write "
               "it without a path";
    if (colon && colon == strchr(text, ':') &&
        colon[strspn(colon + 1, "0123456789") + 1] == '\0')
        return "a DNS name has only letters, digits, hyphens, underscores and dots; write "
               "it without a port";
    if (strchr(text, '@'))
        return "a DNS name has only letters, digits, hyphens, underscores and dots; this "
               "is a mail address";
    return NULL;
}

const char *cfo_zone_name_read(apr_pool_t *p, const char *text, const char **name)
{
    size_t length = strlen(text);
    char *lower = apr_pstrdup(p, text);
    const char *reason;

    *name = lower;
    if (!strcmp(text, "*"))
        return NULL;
    if (!strncmp(text, "*.", 2))
        return "wildcards are not needed: a name covers itself and every name below it";
    if (length > 1 && lower[length - 1] == '.')
        lower[--length] = '\0';
    if (!length)
        return "an empty name";
    reason = check_decoration(text);
    if (reason)
        return reason;
    if (length > NAME_MAX_LENGTH)
        return "longer than 253 characters";
    if (cfo_idn_to_ascii(p, text))
        return apr_psprintf(p, "it is not in ASCII; write %s", cfo_idn_to_ascii(p, text));
    for (length = 0; lower[length]; length++)
        lower[length] = (char)apr_tolower(lower[length]);
    return check_labels(lower);
}

const char *cfo_zone_name_of_file(apr_pool_t *p, const char *file_name)
{
    size_t length = strlen(file_name);

    if (length <= 4 || strcmp(file_name + length - 4, ".pem"))
        return NULL;
    return apr_pstrmemdup(p, file_name, length - 4);
}
