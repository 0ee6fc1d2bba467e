/* SPDX-License-Identifier: Apache-2.0 */
/* Simulates processes that reload real files. */
#include "process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/live/zone_folder.h"
#include "core/trust/zone_check.h"

apr_time_t now;

/* What all processes of a test share. */
typedef struct {
    apr_file_t *files[2];
    apr_uint64_t committed;
} world_t;

static world_t *the_world(void)
{
    static const char key[] = "world";
    void *world = NULL;
    int i;

    apr_pool_userdata_get(&world, key, pool);
    if (world)
        return world;
    now = apr_time_now() + 3600 * SECOND;
    world = apr_pcalloc(pool, sizeof(world_t));
    for (i = 0; i < 2; i++) {
        char *name = apr_pstrcat(pool, fixture_folder(), "/journal.XXXXXX", NULL);

        assert_int_equal(apr_file_mktemp(&((world_t *)world)->files[i], name, 0, pool),
                         0);
        assert_int_equal(apr_file_remove(name, pool), 0);
    }
    apr_pool_userdata_setn(world, key, NULL, pool);
    return world;
}

void process_forget(void)
{
    apr_time_t then = now;

    apr_pool_userdata_set(NULL, "world", NULL, pool);
    the_world();
    now = then;
}

apr_uint64_t *process_committed(void)
{
    return &the_world()->committed;
}

apr_uint64_t process_journal_size(void)
{
    apr_finfo_t info[2];
    int i;

    for (i = 0; i < 2; i++)
        assert_int_equal(
            apr_file_info_get(&info[i], APR_FINFO_SIZE, the_world()->files[i]), 0);
    return (apr_uint64_t)(info[0].size + info[1].size);
}

apr_off_t process_spare_size(void)
{
    const world_t *world = the_world();
    apr_finfo_t info;

    assert_int_equal(apr_file_info_get(&info, APR_FINFO_SIZE,
                                       world->files[~(world->committed >> 40) & 1]),
                     APR_SUCCESS);
    return info.size;
}

const char *path_to(const char *name)
{
    return apr_pstrcat(pool, fixture_folder(), "/", name, NULL);
}

void touch(const char *path)
{
    static time_t last = 1000000;
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = ++last } };

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void touch_folder_of(const char *path)
{
    touch(apr_pstrmemdup(pool, path, strrchr(path, '/') - path));
}

const char *put(const char *name, const char *text)
{
    const char *path = path_to(name);
    int is_new = access(path, F_OK);

    fixture_write(name, text, strlen(text));
    touch(path);
    if (is_new)
        touch_folder_of(path);
    return path;
}

const char *take_away(const char *name)
{
    const char *path = path_to(name);

    assert_int_equal(unlink(path), 0);
    touch_folder_of(path);
    return path;
}

static cfo_watched_file_t *load(process_t *process, cfo_file_kind_t kind,
                                const char *name)
{
    cfo_watched_files_t *watched = process->builder->watched;
    cfo_watched_file_t *file = cfo_watched_files_add(watched, kind, path_to(name));

    assert_null(cfo_watched_file_load(watched, file));
    return file;
}

static void load_zones(process_t *process, const setup_t *setup,
                       cfo_table_builder_t *table)
{
    int i;

    for (i = 0; i < COUNT(setup->zones) && setup->zones[i].name; i++) {
        cfo_zone_part_t part = { load(process, CFO_FILE_PROOFS, setup->zones[i].file),
                                 NULL };

        cfo_table_builder_add(process->builder, table, setup->zones[i].name, &part);
    }
}

static void load_ranges(process_t *process, const setup_t *setup)
{
    apr_array_header_t *edge = apr_array_make(pool, 1, sizeof(cfo_edge_part_t));

    if (!setup->ranges)
        return;
    APR_ARRAY_PUSH(edge, cfo_edge_part_t) =
        (cfo_edge_part_t){ .file = load(process, CFO_FILE_RANGES, setup->ranges) };
    process->builder->edge = edge;
}

static void load_folder(process_t *process, const char *name, apr_array_header_t *tables)
{
    cfo_table_builder_t *table =
        cfo_snapshot_builder_add_table(process->builder, path_to(name));

    assert_null(cfo_zone_folder_load(pool, process->builder->watched, table->folder,
                                     process->errors));
    APR_ARRAY_PUSH(tables, cfo_table_builder_t *) = table;
}

process_t *process_load(const setup_t *setup)
{
    process_t *process = apr_pcalloc(pool, sizeof *process);
    apr_array_header_t *tables = apr_array_make(pool, 2, sizeof(cfo_table_builder_t *));
    cfo_snapshot_t first;
    cfo_snapshot_builder_t *builder;

    apr_pool_create(&process->conf, pool);
    builder = cfo_snapshot_builder_create(process->conf);
    process->builder = process->reloader.builder = builder;
    APR_ARRAY_PUSH(tables, cfo_table_builder_t *) =
        cfo_snapshot_builder_add_table(builder, NULL);
    load_zones(process, setup, APR_ARRAY_IDX(tables, 0, cfo_table_builder_t *));
    process->errors = apr_array_make(pool, 1, sizeof(cfo_zone_file_t));
    if (setup->folder)
        load_folder(process, setup->folder, tables);
    if (setup->other_folder)
        load_folder(process, setup->other_folder, tables);
    load_ranges(process, setup);
    process->view = cfo_snapshot_builder_add_view(builder, tables);
    process->cert_cache = cfo_cert_cache_create(pool);
    process->reloader.snapshots = cfo_snapshots_create(process->conf);
    cfo_snapshot_build(builder, process->conf, builder->watched->start, NULL, &first);
    cfo_snapshots_publish(process->reloader.snapshots, &first);
    return process;
}

/* Returns memory to malloc() as soon as it is free, so that AddressSanitizer watches
 * it. */
static apr_pool_t *make_pool(void)
{
    apr_thread_mutex_t *mutex;
    apr_allocator_t *allocator;
    apr_pool_t *p;

    assert_int_equal(apr_allocator_create(&allocator), 0);
    apr_allocator_max_free_set(allocator, 1);
    assert_int_equal(apr_pool_create_ex(&p, pool, NULL, allocator), 0);
    apr_allocator_owner_set(allocator, p);
    assert_int_equal(apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, p), 0);
    apr_allocator_mutex_set(allocator, mutex);
    return p;
}

void process_begin(process_t *process)
{
    world_t *world = the_world();

    process->reloader.pool = make_pool();
    process->reloader.journal = cfo_journal_create(pool, world->files, &world->committed);
    cfo_watched_files_move(process->builder->watched, process->reloader.pool);
    cfo_snapshots_move(process->reloader.snapshots, process->reloader.pool);
    apr_palloc(process->conf, 6000); /* so that a block has some space left */
    process->mark = apr_palloc(process->conf, 8);
    catch_up(process);
}

process_t *process_start(const setup_t *setup)
{
    process_t *process = process_load(setup);

    process_begin(process);
    return process;
}

void assert_parent_untouched(const process_t *process)
{
    assert_ptr_equal(apr_palloc(process->conf, 8), process->mark + 8);
}

void catch_up(process_t *process)
{
    assert_int_equal(cfo_reloader_catch_up(&process->reloader), APR_SUCCESS);
}

static const char *word_of(const cfo_change_t *change)
{
    if (change->kind == CFO_ENTRY_REMOVED)
        return "removed";
    if (change->kind == CFO_ENTRY_REJECTED)
        return change->has_content ? "rejected" : "unused";
    return change->is_new ? "new" : "loaded";
}

static const char *text_of(const cfo_change_t *change)
{
    assert_int_equal(change->kind == CFO_ENTRY_REJECTED, change->error != NULL);
    return apr_pstrcat(pool, change->file_kind == CFO_ENTRY_FOLDER ? "folder " : "",
                       word_of(change), " ", change->path + strlen(fixture_folder()) + 1,
                       change->error ? ": " : NULL, change->error, NULL);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *join(const apr_array_header_t *changes)
{
    apr_array_header_t *texts = apr_array_make(pool, 1, sizeof(const char *));
    int i;

    for (i = 0; i < changes->nelts; i++)
        APR_ARRAY_PUSH(texts, const char *) =
            text_of(&APR_ARRAY_IDX(changes, i, cfo_change_t));
    qsort(texts->elts, texts->nelts, texts->elt_size, by_text);
    for (i = 1; i < texts->nelts; i++)
        APR_ARRAY_IDX(texts, i, const char *) =
            apr_pstrcat(pool, "; ", APR_ARRAY_IDX(texts, i, const char *), NULL);
    return apr_array_pstrcat(pool, texts, 0);
}

const char *look(process_t *process)
{
    apr_array_header_t *changes;
    const char *text;
    apr_pool_t *p;

    apr_pool_create(&p, process->reloader.pool);
    changes = apr_array_make(p, 1, sizeof(cfo_change_t));
    catch_up(process);
    assert_int_equal(
        cfo_detect_changes(&process->reloader, p, now, changes, &process->again),
        APR_SUCCESS);
    text = join(changes);
    apr_pool_destroy(p);
    catch_up(process);
    return text;
}

const char *look_until_settled(process_t *process)
{
    const char *text = look(process);
    int rounds = 0;

    while (process->again) {
        const char *more;

        assert_in_range(++rounds, 1, 30);
        now += SECOND;
        more = look(process);
        text = apr_pstrcat(pool, text, *text && *more ? "; " : "", more, NULL);
    }
    return text;
}

cfo_zone_t *zone_of(process_t *process, const char *host)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(process->reloader.snapshots);
    const cfo_view_t *view = &snapshot->views[process->view];
    cfo_zone_t *zone = cfo_zones_find(view->tables, view->count, host);

    cfo_snapshot_release(snapshot);
    return zone;
}

int is_edge(process_t *process, const char *text)
{
    cfo_snapshot_t *snapshot = cfo_snapshots_acquire(process->reloader.snapshots);
    cfo_address_t address;
    int result;

    assert_true(cfo_address_parse(text, &address));
    result = cfo_edge_contains(snapshot->edge, &address);
    cfo_snapshot_release(snapshot);
    return result;
}

int judge(process_t *process, const char *host, const pki_t *leaf)
{
    cfo_zone_t *zone = zone_of(process, host);
    cfo_match_t match;
    const char *why;

    return zone ? (int)cfo_zone_check(pool, process->cert_cache, zone,
                                      pki_credential(pool, leaf), NOW, &match, &why)
                : -1;
}

cfo_watched_file_t *watched_file(process_t *process, const char *name)
{
    const cfo_watched_files_t *watched = process->builder->watched;
    cfo_watched_file_t *file =
        cfo_watched_files_find(watched, CFO_FILE_PROOFS, path_to(name));

    return file ? file : cfo_watched_files_find(watched, CFO_FILE_RANGES, path_to(name));
}

cfo_watched_file_t *folder_file(process_t *process, const char *name)
{
    const apr_array_header_t *folders = process->builder->watched->folders;
    const char *path = path_to(name);
    int i;

    for (i = 0; i < folders->nelts; i++) {
        cfo_watched_file_t *file =
            apr_hash_get(APR_ARRAY_IDX(folders, i, cfo_folder_t *)->zones,
                         cfo_zone_folder_zone(pool, path), APR_HASH_KEY_STRING);

        if (file && !strcmp(file->path, path))
            return file;
    }
    return NULL;
}
