/* SPDX-License-Identifier: Apache-2.0 */
/* Simulates processes that reload real files, like httpd's children, with a clock that
 * the test sets. */
#ifndef CFO_TEST_PROCESS_H
#define CFO_TEST_PROCESS_H

#include "core/live/reloader.h"
#include "core/verdict/verdict.h"
#include "core/live/detect.h"
#include "fixture.h"
#include "pki.h"

#define SECOND apr_time_from_sec(1)

/* The configuration; all paths are below fixture_folder(). */
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
    apr_array_header_t *errors; /* of the files in the folder, at start */
    int view;
    int again;        /* result of its last look() */
    apr_pool_t *conf; /* of the parent process */
    const char *mark; /* the last allocation in `conf` */
} process_t;

extern apr_time_t now; /* an hour after the last change of any file when a test begins */

/* Makes, overwrites or removes a file in a way that every process notices, however coarse
 * the clock of the file system is. Returns the path. */
const char *put(const char *name, const char *text);
const char *take_away(const char *name);

/* Makes a change of a folder or file noticeable, as above. */
void touch(const char *path);

const char *path_to(const char *name);

/* process_load() reads the configuration, as httpd's parent does before it forks;
 * process_begin() is what a child does first. The files may change in between. */
process_t *process_load(const setup_t *setup);
void process_begin(process_t *process);
process_t *process_start(const setup_t *setup);

/* Checks all files now, and applies what it finds. Returns what is logged, sorted and
 * joined: new FILE; loaded FILE; removed FILE; rejected FILE: ERROR; unused FILE: ERROR
 * with "folder " in front if it is about a folder. `unused` is a file that was never
 * good. */
const char *look(process_t *process);

/* The same, second by second, until nothing is being changed. */
const char *look_until_settled(process_t *process);

void catch_up(process_t *process);

/* Fails if something was allocated in the pool of the parent since the process began. */
void assert_parent_untouched(const process_t *process);

/* Starts with an empty journal, as after a restart. */
void process_forget(void);

/* The number that all processes share: the length of the journal in its lower 40 bits. */
apr_uint64_t *process_committed(void);

/* The bytes of both files of the journal. */
apr_uint64_t process_journal_size(void);

/* The bytes of the file of the journal that is not in use. */
apr_off_t process_spare_size(void);

/* What is in force. A zone is NULL if there is none for the host. */
cfo_zone_t *zone_of(process_t *process, const char *host);
int is_edge(process_t *process, const char *address);

/* The result of cfo_zone_check() for the zone of the host; -1: there is no zone. */
int judge(process_t *process, const char *host, const pki_t *leaf);

/* The watched file of a directive, or of a folder; NULL: there is none. */
cfo_watched_file_t *watched_file(process_t *process, const char *name);
cfo_watched_file_t *folder_file(process_t *process, const char *name);

#endif
