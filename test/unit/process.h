/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that follow real files, as httpd's children do, with a clock of the test's.
 */
#ifndef CFO_TEST_PROCESS_H
#define CFO_TEST_PROCESS_H

#include "core/live/reloader.h"
#include "core/live/detect.h"
#include "fixture.h"
#include "pki.h"

#define SECOND apr_time_from_sec(1)

/* What is configured; all paths are below fixture_folder(). */
typedef struct {
    const char *ranges; /* a file; NULL: the built-in list */
    struct {
        const char *name, *file;
    } zones[3];               /* CFOriginPullZone, up to one without a name */
    const char *folder;       /* CFOriginPullZoneDir; NULL: none */
    const char *other_folder; /* another one */
} setup_t;

typedef struct {
    cfo_snapshot_builder_t *builder;
    cfo_reloader_t reloader;
    cfo_cert_cache_t *cert_cache;
    apr_array_header_t *errors; /* of the folder, at start */
    int view;
    int again;        /* of its last look */
    apr_pool_t *conf; /* of the parent */
    const char *mark; /* the last thing in it */
} process_t;

extern apr_time_t now; /* an hour later than any file is, when a test begins */

/* Makes, writes over or removes a file, so that everybody can see it, however coarse the
 * clock of the file system is. Each gives the path. */
const char *put(const char *name, const char *text);
const char *take_away(const char *name);

/* Makes the change of a folder or file visible, as above. */
void touch(const char *path);

const char *path_to(const char *name);

/* What httpd's parent has when it forks; and what a child does before all else. The
 * files may change in between. */
process_t *process_load(const setup_t *setup);
void process_begin(process_t *process);
process_t *process_start(const setup_t *setup);

/* Looks at all files, now, and carries out what it finds. Returns what is to be said,
 * sorted, one after the other:
 *     new FILE; loaded FILE; removed FILE; rejected FILE: REASON; unused FILE: REASON
 * with "folder " before it where it is about the folder. `unused` is a file that was
 * never good. */
const char *look(process_t *process);

/* The same, second by second, until nothing is in the midst of a change. */
const char *look_until_settled(process_t *process);

void catch_up(process_t *process);

/* Nothing was allocated in the pool of httpd's parent since the process has begun. */
void assert_parent_untouched(const process_t *process);

/* Begins with an empty journal, as after a restart. */
void process_forget(void);

/* The number that all processes share: the length of the journal in its lower 40 bits. */
apr_uint64_t *process_committed(void);

/* The bytes of both files of the journal. */
apr_uint64_t process_journal_size(void);

/* What requests are judged by. A zone is NULL if there is none for the host. */
cfo_zone_t *zone_of(process_t *process, const char *host);
int is_edge(process_t *process, const char *address);

/* How the leaf is to the zone of the host; -1: there is no zone. */
int judge(process_t *process, const char *host, const pki_t *leaf);

/* What a directive, or a folder, has of the file; NULL: nothing. */
cfo_watched_file_t *watched_file(process_t *process, const char *name);
cfo_watched_file_t *folder_file(process_t *process, const char *name);

#endif
