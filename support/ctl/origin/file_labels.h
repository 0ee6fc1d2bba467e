/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of files: SELinux, access control lists. */
#ifndef CFO_CTL_ORIGIN_FILE_LABELS_H
#define CFO_CTL_ORIGIN_FILE_LABELS_H

/* Copies those of the file `path` to the open file, as far as it is possible. */
void cfo_file_labels_copy(const char *path, int file);

#endif
