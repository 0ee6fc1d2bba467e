/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust/usage.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apr_mmap.h"

#include "fixture.h"
#include "pki.h"

#define SECOND apr_time_from_sec(1)

/* Of a record. */
enum { FREE, BUSY, READY };

/* How often the code waited for another process, which is `awaited`'s writer: it is ready
 * in the middle. Nobody sleeps. */
static int naps;
static cfo_usage_t *awaited;

void __wrap_apr_sleep(apr_interval_time_t time);

void __wrap_apr_sleep(apr_interval_time_t time)
{
    (void)time;
    if (++naps == 3 && awaited)
        awaited->state = READY;
}

/* A mapping that fails, as where a process has no more addresses. */
static int maps_nothing;

apr_status_t __real_apr_mmap_create(apr_mmap_t **map, apr_file_t *file, apr_off_t offset,
                                    apr_size_t size, apr_int32_t flags, apr_pool_t *p);
apr_status_t __wrap_apr_mmap_create(apr_mmap_t **map, apr_file_t *file, apr_off_t offset,
                                    apr_size_t size, apr_int32_t flags, apr_pool_t *p);

apr_status_t __wrap_apr_mmap_create(apr_mmap_t **map, apr_file_t *file, apr_off_t offset,
                                    apr_size_t size, apr_int32_t flags, apr_pool_t *p)
{
    return maps_nothing ? APR_ENOMEM
                        : __real_apr_mmap_create(map, file, offset, size, flags, p);
}

static const char *path(void)
{
    return apr_pstrcat(pool, fixture_folder(), "/seen", NULL);
}

static cfo_usages_t *create(int expected)
{
    cfo_usages_t *usages;

    assert_int_equal(cfo_usages_create(pool, path(), expected, &usages), APR_SUCCESS);
    return usages;
}

static cfo_usages_t *reread(void)
{
    cfo_usages_t *usages;

    assert_int_equal(cfo_usages_read(pool, path(), &usages), APR_SUCCESS);
    return usages;
}

static const cfo_proof_t *anchor(const pki_t *ca)
{
    apr_array_header_t *proofs;

    assert_null(cfo_proof_read_pem(pool, ca->pem, strlen(ca->pem), "file", &proofs));
    return APR_ARRAY_IDX(proofs, 0, const cfo_proof_t *);
}

static const cfo_proof_t *pin(int number)
{
    const cfo_proof_t *proof;

    assert_null(cfo_proof_read_pin(
        pool,
        apr_psprintf(pool, "sha256:%08x%056d", (unsigned)number * 2654435761u, number),
        &proof));
    return proof;
}

static void only_recorded_proofs_are_found(void **state)
{
    cfo_usages_t *usages = create(1);
    const cfo_proof_t *a = anchor(pki_ca("A")), *b = anchor(pki_ca("B"));
    cfo_usage_t *record = cfo_usages_record(usages, "a.test", a, NULL);

    (void)state;
    assert_non_null(record);
    assert_ptr_equal(cfo_usages_find(usages, "a.test", a), record);
    assert_ptr_equal(cfo_usages_record(usages, "a.test", a, NULL), record);
    assert_null(cfo_usages_find(usages, "b.test", a));
    assert_null(cfo_usages_find(usages, "a.test", b));
    assert_string_equal(record->zone, "a.test");
    assert_true(record->first == 0 && record->last == 0);
}

static void only_the_first_touch_returns_1(void **state)
{
    cfo_usage_t *record =
        cfo_usages_record(create(1), "a.test", anchor(pki_ca("A")), NULL);

    (void)state;
    assert_true(cfo_usage_touch(record, NOW));
    assert_false(cfo_usage_touch(record, NOW));
    assert_false(cfo_usage_touch(record, NOW + 5 * SECOND));
    assert_true(record->first == NOW && record->last == NOW + 5 * SECOND);
    assert_false(cfo_usage_touch(NULL, NOW));
}

static void within_a_second_nothing_is_written(void **state)
{
    cfo_usage_t *record =
        cfo_usages_record(create(1), "a.test", anchor(pki_ca("A")), NULL);

    (void)state;
    cfo_usage_touch(record, NOW);
    cfo_usage_touch(record, NOW + SECOND - 1);
    assert_true(record->last == NOW);
    cfo_usage_touch(record, NOW + SECOND);
    assert_true(record->last == NOW + SECOND);
}

static void a_leaf_is_kept_apart_from_the_proof_and_listed(void **state)
{
    cfo_usages_t *usages = create(1);
    const pki_t *ca = pki_ca("A"), *leaf = pki_leaf("leaf", ca);
    const cfo_proof_t *proof = anchor(ca);
    cfo_usage_t *of_leaf = cfo_usages_record(usages, "a.test", proof, leaf->certificate);
    apr_array_header_t *leaves;

    (void)state;
    assert_ptr_not_equal(of_leaf, cfo_usages_record(usages, "a.test", proof, NULL));
    leaves = cfo_usages_leaves(pool, usages);
    assert_int_equal(leaves->nelts, 1);
    of_leaf = APR_ARRAY_IDX(leaves, 0, cfo_usage_t *);
    assert_string_equal(of_leaf->zone, "a.test");
    assert_string_equal(of_leaf->subject, "CN=leaf");
    assert_true(of_leaf->not_after == leaf->certificate->not_after);
    assert_memory_equal(of_leaf->digest, leaf->certificate->sha256, CFO_DIGEST_SIZE);
}

/* Whoever sorts the list by it relies on that. */
static void a_list_of_leaves_stays_as_it_is_while_they_are_used(void **state)
{
    cfo_usages_t *usages = create(1);
    cfo_usage_t *record = cfo_usages_record(usages, "a.test", pin(1),
                                            pki_leaf("leaf", pki_ca("A"))->certificate);
    const cfo_usage_t *listed;

    (void)state;
    cfo_usage_touch(record, NOW);
    listed = APR_ARRAY_IDX(cfo_usages_leaves(pool, usages), 0, const cfo_usage_t *);
    cfo_usage_touch(record, NOW + 5 * SECOND);
    memset(record->subject, 't', 4);
    assert_true(listed->first == NOW && listed->last == NOW);
    assert_string_equal(listed->subject, "CN=leaf");
    assert_true(cfo_usage_last(record) == NOW + 5 * SECOND && !cfo_usage_last(NULL));
}

/* As another process may have left it. */
static void a_listed_leaf_has_an_end_whatever_its_record_has(void **state)
{
    cfo_usages_t *usages = create(1);
    cfo_usage_t *record = cfo_usages_record(usages, "a.test", pin(1),
                                            pki_leaf("leaf", pki_ca("A"))->certificate);
    const cfo_usage_t *listed;

    (void)state;
    memset(record->zone, 'z', sizeof record->zone);
    memset(record->subject, 's', sizeof record->subject);
    listed = APR_ARRAY_IDX(cfo_usages_leaves(pool, usages), 0, const cfo_usage_t *);
    assert_int_equal(strlen(listed->zone), CFO_USAGE_ZONE_SIZE - 1);
    assert_int_equal(strlen(listed->subject), CFO_USAGE_SUBJECT_SIZE - 1);
}

static void a_long_subject_is_truncated(void **state)
{
    cfo_certificate_t leaf = *pki_leaf("leaf", pki_ca("A"))->certificate;
    char subject[1000];
    const cfo_usage_t *record;

    (void)state;
    memset(subject, 'x', sizeof subject - 1);
    subject[sizeof subject - 1] = '\0';
    leaf.subject = subject;
    record = cfo_usages_record(create(1), "a.test", pin(1), &leaf);
    assert_int_equal(strlen(record->subject), CFO_USAGE_SUBJECT_SIZE - 1);
}

static void records_survive_a_restart_for_a_year(void **state)
{
    cfo_usages_t *usages = create(1);
    const cfo_proof_t *recent = anchor(pki_ca("recent")), *old = anchor(pki_ca("old"));
    apr_time_t now = apr_time_now();
    const cfo_usage_t *found;

    (void)state;
    cfo_usage_touch(cfo_usages_record(usages, "a.test", recent, NULL), now);
    cfo_usage_touch(cfo_usages_record(usages, "a.test", old, NULL), now - 366 * DAY);
    usages = create(2000);
    found = cfo_usages_find(usages, "a.test", recent);
    assert_non_null(found);
    assert_true(found->first == now && found->last == now);
    assert_null(cfo_usages_find(usages, "a.test", old));
    assert_non_null(cfo_usages_find(reread(), "a.test", recent));
}

static void all_records_of_a_full_file_survive_a_restart(void **state)
{
    enum { MANY = 1000 };
    cfo_usages_t *usages = create(1);
    cfo_usage_t *made[MANY];
    int i;

    (void)state;
    for (i = 0; i < MANY; i++) {
        made[i] = cfo_usages_record(usages, "a.test", pin(i), NULL);
        cfo_usage_touch(made[i], apr_time_now());
    }
    usages = create(MANY);
    for (i = 0; i < MANY; i++) {
        if (made[i])
            assert_non_null(cfo_usages_find(usages, "a.test", pin(i)));
    }
}

static void other_programs_read_the_present_records(void **state)
{
    cfo_usages_t *usages = create(1), *other = reread();
    const cfo_proof_t *proof = anchor(pki_ca("A"));

    (void)state;
    assert_null(cfo_usages_find(other, "a.test", proof));
    cfo_usage_touch(cfo_usages_record(usages, "a.test", proof, NULL), NOW);
    assert_true(cfo_usages_find(other, "a.test", proof)->last == NOW);
}

static const char *zone_of(int number)
{
    return apr_psprintf(pool, "z%d.test", number % 100);
}

static void the_file_has_room_for_all_expected_records(void **state)
{
    cfo_usages_t *usages = create(2000);
    int i, kept = 0;

    (void)state;
    for (i = 0; i < 4000; i++)
        assert_non_null(cfo_usages_record(usages, zone_of(i), pin(i * 7919), NULL));
    for (i = 0; i < 4000; i++)
        assert_non_null(cfo_usages_find(usages, zone_of(i), pin(i * 7919)));
    for (i = 4000; i < 20000; i++)
        kept += cfo_usages_record(usages, zone_of(i), pin(i * 7919), NULL) != NULL;
    assert_true(kept < 16000);
}

/* Of many records not all are counted. */
static void a_zone_cannot_take_the_room_of_many_others(void **state)
{
    cfo_usages_t *usages = create(5000);
    const pki_t *ca = pki_ca("A");
    cfo_certificate_t leaf = *ca->certificate;
    int i, kept = 0;

    (void)state;
    for (i = 0; i < 6000; i++) {
        memcpy(leaf.sha256, pin(i * 7919)->digest, CFO_DIGEST_SIZE);
        kept += cfo_usages_record(usages, "greedy.test", anchor(ca), &leaf) != NULL;
    }
    assert_in_range(kept, 3200, 4800); /* of 16024 */
}

/* Its owner makes leaves without end. */
static void a_zone_cannot_take_the_room_of_the_others(void **state)
{
    cfo_usages_t *usages = create(100);
    const pki_t *ca = pki_ca("A");
    cfo_certificate_t leaf = *ca->certificate;
    int i, kept = 0;

    (void)state;
    assert_non_null(cfo_usages_record(usages, "greedy.test", anchor(ca), NULL));
    for (i = 0; i < 5000; i++) {
        memcpy(leaf.sha256, pin(i)->digest, CFO_DIGEST_SIZE);
        kept += cfo_usages_record(usages, "greedy.test", anchor(ca), &leaf) != NULL;
    }
    assert_in_range(kept, 200, 400);
    assert_non_null(cfo_usages_record(usages, "greedy.test", anchor(ca), NULL));
    for (i = 0; i < 200; i++)
        assert_non_null(cfo_usages_record(usages, zone_of(i), pin(i * 7919), NULL));
}

/* On a full disk. With a sparse file instead, the process would be killed when it
 * writes. */
static void a_file_that_does_not_fit_on_the_disk_is_not_made(void **state)
{
    cfo_usages_t *usages;
    struct rlimit limit, little;
    struct stat info;
    apr_status_t status;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    little = limit;
    little.rlim_cur = 100000;
    setrlimit(RLIMIT_FSIZE, &little);
    status = cfo_usages_create(pool, path(), 1, &usages);
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_not_equal(status, APR_SUCCESS);
    assert_int_not_equal(stat(path(), &info), 0);
    assert_int_not_equal(stat(apr_pstrcat(pool, path(), ".next", NULL), &info), 0);
    create(1);
    assert_int_equal(stat(path(), &info), 0);
    assert_true(info.st_blocks * 512 >= info.st_size);
}

/* The clock was set back, or another process wrote garbage. */
static void a_record_from_the_future_is_dropped(void **state)
{
    cfo_usages_t *usages = create(1);
    cfo_usage_t *record = cfo_usages_record(usages, "a.test", pin(1), NULL);

    (void)state;
    record->last = apr_time_now() + 1000 * DAY;
    assert_null(cfo_usages_find(create(1), "a.test", pin(1)));
    cfo_usage_touch(record, NOW);
    assert_true(record->last == NOW);
}

/* The sanitizer sees a difference that does not fit. */
static void what_is_no_time_counts_as_none(void **state)
{
    static const apr_time_t wrong[] = { INT64_MIN, -1, INT64_MAX,
                                        APR_TIME_C(253402300800) * SECOND };
    int i;

    (void)state;
    for (i = 0; i < COUNT(wrong); i++) {
        cfo_usages_t *usages = create(1);
        cfo_usage_t *record = cfo_usages_record(
            usages, "a.test", pin(1), pki_leaf("leaf", pki_ca("A"))->certificate);
        const cfo_usage_t *listed;

        record->first = record->last = record->not_after = wrong[i];
        listed = APR_ARRAY_IDX(cfo_usages_leaves(pool, usages), 0, const cfo_usage_t *);
        assert_true(!listed->first && !listed->last && !listed->not_after);
        assert_int_equal(cfo_usage_last(record), 0);
        assert_int_equal(cfo_usages_leaves(pool, create(1))->nelts, 0);
        cfo_usage_touch(record, NOW);
        assert_true(record->last == NOW);
    }
}

static void only_its_owner_may_read_the_file(void **state)
{
    struct stat info;

    (void)state;
    create(1);
    assert_int_equal(stat(path(), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_foreign_file_is_not_read_and_is_replaced(void **state)
{
    static const size_t sizes[] = { 0, 1, 15, 16, 4096, 1024 * 1024 };
    cfo_usages_t *usages;
    size_t i;

    (void)state;
    assert_int_equal(cfo_usages_read(pool, path(), &usages), APR_ENOENT);
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fixture_write("seen", apr_pcalloc(pool, sizes[i] + 1), sizes[i]);
        assert_int_not_equal(cfo_usages_read(pool, path(), &usages), APR_SUCCESS);
        assert_non_null(cfo_usages_record(create(1), "a.test", pin(1), NULL));
        reread();
    }
}

/* The head of a file: what it is, the size of a record, the number of records. */
enum { HEAD = 4 };

static void read_head(apr_uint32_t *head)
{
    FILE *file = fopen(path(), "rb");

    assert_non_null(file);
    assert_int_equal(fread(head, sizeof *head, HEAD, file), HEAD);
    fclose(file);
}

static void write_head(const apr_uint32_t *head)
{
    FILE *file = fopen(path(), "r+b");

    assert_non_null(file);
    assert_int_equal(fwrite(head, sizeof *head, HEAD, file), HEAD);
    fclose(file);
}

/* To look a record up divides by their number. */
static void a_file_without_room_for_a_record_is_not_read(void **state)
{
    apr_uint32_t head[HEAD];
    cfo_usages_t *usages;

    (void)state;
    create(1);
    read_head(head);
    assert_int_not_equal(head[2], 0);
    head[2] = 0;
    fixture_write("seen", (const char *)head, sizeof head);
    assert_int_not_equal(cfo_usages_read(pool, path(), &usages), APR_SUCCESS);
}

/* Of another version, or damaged. */
static void a_file_of_another_layout_is_not_read(void **state)
{
    apr_uint32_t head[HEAD];
    cfo_usages_t *usages;
    int i;

    (void)state;
    create(1);
    read_head(head);
    for (i = 0; i < 3; i++) {
        head[i]++;
        write_head(head);
        assert_int_not_equal(cfo_usages_read(pool, path(), &usages), APR_SUCCESS);
        head[i]--;
    }
    write_head(head);
    reread();
}

static void a_file_that_cannot_be_made_or_mapped_is_an_error(void **state)
{
    cfo_usages_t *usages;
    struct stat info;

    (void)state;
    assert_int_not_equal(cfo_usages_create(pool, "/none/such", 1, &usages), APR_SUCCESS);
    create(1);
    maps_nothing = 1;
    assert_int_equal(cfo_usages_read(pool, path(), &usages), APR_ENOMEM);
    assert_int_equal(cfo_usages_create(pool, path(), 1, &usages), APR_ENOMEM);
    maps_nothing = 0;
    assert_int_not_equal(stat(apr_pstrcat(pool, path(), ".next", NULL), &info), 0);
    reread(); /* the old one is still there */
}

/* A pinned leaf has two in one zone, and the same proof one in each zone. */
static void each_use_of_a_digest_has_a_record_of_its_own(void **state)
{
    enum { ZONES = 300 };
    cfo_usages_t *usages = create(1);
    const pki_t *leaf = pki_leaf("leaf", pki_ca("A"));
    const cfo_proof_t *pinned = anchor(leaf);
    cfo_usage_t *records[ZONES];
    int i;

    (void)state;
    for (i = 0; i < ZONES; i++) {
        records[i] =
            cfo_usages_record(usages, apr_psprintf(pool, "z%d.test", i), pinned, NULL);
        assert_non_null(records[i]);
    }
    for (i = 0; i < ZONES; i++) {
        const char *zone = apr_psprintf(pool, "z%d.test", i);

        assert_ptr_equal(cfo_usages_find(usages, zone, pinned), records[i]);
        assert_string_equal(records[i]->zone, zone);
    }
    assert_int_equal(pinned->kind, CFO_PROOF_LEAF);
    assert_true(cfo_usages_record(usages, "z0.test", pinned, leaf->certificate)->is_leaf);
    assert_false(records[0]->is_leaf);
}

static void a_record_that_another_process_writes_is_waited_for(void **state)
{
    cfo_usages_t *usages = create(1);
    cfo_usage_t *record = cfo_usages_record(usages, "a.test", pin(1), NULL);

    (void)state;
    record->state = BUSY;
    awaited = record;
    naps = 0;
    assert_ptr_equal(cfo_usages_find(usages, "a.test", pin(1)), record);
    assert_int_equal(naps, 3);
    awaited = NULL;
}

/* It was killed. */
static void a_record_whose_writer_never_ends_is_skipped(void **state)
{
    cfo_usages_t *usages = create(1);
    cfo_usage_t *dead = cfo_usages_record(usages, "a.test", pin(1), NULL), *record;

    (void)state;
    dead->state = BUSY;
    naps = 0;
    record = cfo_usages_record(usages, "a.test", pin(1), NULL);
    assert_non_null(record);
    assert_ptr_not_equal(record, dead);
    assert_true(naps > 0 && naps < 1000);
    assert_ptr_equal(cfo_usages_find(usages, "a.test", pin(1)), record);
    assert_int_equal(cfo_usages_leaves(pool, usages)->nelts, 0);
}

static void a_smaller_file_takes_over_what_fits_and_nothing_twice(void **state)
{
    enum { MANY = 3000 };
    cfo_usages_t *usages = create(MANY);
    cfo_usage_t *first = NULL, *last = NULL;
    int i, kept = 0;

    (void)state;
    for (i = 0; i < MANY; i++) {
        last = cfo_usages_record(usages, zone_of(i), pin(i), NULL);
        assert_non_null(last);
        first = first ? first : last;
        cfo_usage_touch(last, apr_time_now());
    }
    *last = *first; /* what a damaged file may have */
    usages = create(1);
    for (i = 0; i < MANY; i++)
        kept += cfo_usages_find(usages, zone_of(i), pin(i)) != NULL;
    assert_true(kept > 100 && kept < MANY - 1000);
}

/* Processes with fewer rights write there: texts may lack their NUL, numbers may be
 * wrong. */
static void a_text_without_a_nul_is_terminated(void **state)
{
    cfo_usages_t *usages = create(1);
    const cfo_proof_t *proof = pin(1);
    cfo_usage_t *record = cfo_usages_record(usages, "a.test", proof,
                                            pki_leaf("leaf", pki_ca("A"))->certificate);
    apr_array_header_t *leaves;

    (void)state;
    record->last = apr_time_now();
    memset(record->zone, 'z', sizeof record->zone);
    memset(record->subject, 's', sizeof record->subject);
    leaves = cfo_usages_leaves(pool, create(1));
    assert_int_equal(leaves->nelts, 1);
    record = APR_ARRAY_IDX(leaves, 0, cfo_usage_t *);
    assert_int_equal(strlen(record->zone), CFO_USAGE_ZONE_SIZE - 1);
    assert_int_equal(strlen(record->subject), CFO_USAGE_SUBJECT_SIZE - 1);
}

/* For each proof exactly one process gets the first use. */
static void many_processes_share_the_records(void **state)
{
    enum { PROCESSES = 6, PROOFS = 300 };
    cfo_usages_t *usages = create(PROOFS);
    const cfo_proof_t *proofs[PROOFS];
    int i, j, status, firsts = 0;

    (void)state;
    for (j = 0; j < PROOFS; j++)
        proofs[j] = pin(j);
    for (i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            int mine = 0;

            for (j = 0; j < PROOFS; j++)
                mine += cfo_usage_touch(
                    cfo_usages_record(usages, "a.test", proofs[j], NULL), NOW);
            _exit(mine % 251);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        firsts += WEXITSTATUS(status);
    }
    assert_int_equal(firsts % 251, PROOFS % 251);
    for (j = 0; j < PROOFS; j++)
        assert_true(cfo_usages_find(usages, "a.test", proofs[j])->first == NOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_recorded_proofs_are_found),
        TEST(only_the_first_touch_returns_1),
        TEST(within_a_second_nothing_is_written),
        TEST(a_leaf_is_kept_apart_from_the_proof_and_listed),
        TEST(a_list_of_leaves_stays_as_it_is_while_they_are_used),
        TEST(a_listed_leaf_has_an_end_whatever_its_record_has),
        TEST(a_long_subject_is_truncated),
        TEST(records_survive_a_restart_for_a_year),
        TEST(all_records_of_a_full_file_survive_a_restart),
        TEST(other_programs_read_the_present_records),
        TEST(the_file_has_room_for_all_expected_records),
        TEST(a_zone_cannot_take_the_room_of_the_others),
        TEST(a_zone_cannot_take_the_room_of_many_others),
        TEST(a_file_that_does_not_fit_on_the_disk_is_not_made),
        TEST(a_record_from_the_future_is_dropped),
        TEST(what_is_no_time_counts_as_none),
        TEST(only_its_owner_may_read_the_file),
        TEST(a_foreign_file_is_not_read_and_is_replaced),
        TEST(a_file_without_room_for_a_record_is_not_read),
        TEST(a_file_of_another_layout_is_not_read),
        TEST(a_file_that_cannot_be_made_or_mapped_is_an_error),
        TEST(each_use_of_a_digest_has_a_record_of_its_own),
        TEST(a_record_that_another_process_writes_is_waited_for),
        TEST(a_record_whose_writer_never_ends_is_skipped),
        TEST(a_smaller_file_takes_over_what_fits_and_nothing_twice),
        TEST(a_text_without_a_nul_is_terminated),
        TEST(many_processes_share_the_records),
    };

    return RUN(tests);
}
