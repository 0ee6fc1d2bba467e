/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of files. */
#include "ctl/origin/file_labels.h"

#ifdef __linux__

#include <sys/xattr.h>

enum { LABEL_MOST = 4096 };

/* A file system or a kernel that does not know them has none to lose; who may not set
 * them gets those that the folder gives to new files. */
void cfo_file_labels_copy(const char *path, int file)
{
    static const char *const names[] = { "security.selinux", "system.posix_acl_access" };
    char value[LABEL_MOST];
    int i;

    for (i = 0; i < 2; i++) {
        ssize_t size = getxattr(path, names[i], value, sizeof value);

        if (size > 0)
            (void)!fsetxattr(file, names[i], value, (size_t)size, 0);
    }
}

#else

void cfo_file_labels_copy(const char *path, int file)
{
    (void)path, (void)file;
}

#endif
