/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/core/source.h"

#include <unistd.h>

#include "fixture.h"
#include "pki.h"

static apr_status_t count_up(void *count)
{
    ++*(int *)count;
    return APR_SUCCESS;
}

static void count_ends(const cfo_batch_t *batch, int *ends)
{
    apr_pool_cleanup_register(batch->pool, ends, count_up, apr_pool_cleanup_null);
}

static const char *write_text(const char *name, const char *text)
{
    return fixture_write(name, text, strlen(text));
}

static cfo_source_t *add(cfo_sources_t *sources, cfo_content_kind_t kind,
                         const char *path)
{
    return cfo_sources_add(sources, sources->start, kind, path);
}

static void a_path_is_one_source_of_each_kind(void **state)
{
    cfo_sources_t *sources = cfo_sources_create(pool);
    char path[] = "/etc/file";
    cfo_source_t *source = add(sources, CFO_CONTENT_PROOFS, path);

    (void)state;
    assert_ptr_equal(add(sources, CFO_CONTENT_PROOFS, "/etc/file"), source);
    assert_ptr_equal(cfo_sources_find(sources, CFO_CONTENT_PROOFS, "/etc/file"), source);
    path[0] = 'X'; /* the path is copied */
    assert_ptr_equal(cfo_sources_find(sources, CFO_CONTENT_PROOFS, "/etc/file"), source);
    assert_string_equal(source->path, "/etc/file");
    assert_null(cfo_sources_find(sources, CFO_CONTENT_PROOFS, "/etc/other"));
    assert_null(cfo_sources_find(sources, CFO_CONTENT_RANGES, "/etc/file"));
    assert_ptr_not_equal(add(sources, CFO_CONTENT_RANGES, "/etc/file"), source);
}

static void a_folder_is_one_for_all_who_name_it(void **state)
{
    cfo_sources_t *sources = cfo_sources_create(pool);
    char path[] = "/etc/zones";
    cfo_folder_t *folder = cfo_sources_add_folder(sources, path);

    (void)state;
    path[0] = 'X';
    assert_string_equal(folder->path, "/etc/zones");
    assert_int_equal(apr_hash_count(folder->zones), 0);
    assert_ptr_not_equal(cfo_sources_add_folder(sources, "/etc/other"), folder);
    assert_ptr_equal(cfo_sources_add_folder(sources, "/etc/zones"), folder);
    assert_int_equal(sources->folders->nelts, 2);
}

static void a_file_is_read_once_however_many_name_it(void **state)
{
    cfo_sources_t *sources = cfo_sources_create(pool);
    cfo_source_t *source =
        add(sources, CFO_CONTENT_RANGES, write_text("ranges", "192.0.2.1\n"));
    cfo_content_t *content;
    cfo_file_state_t now;

    (void)state;
    assert_null(cfo_source_load(sources, source));
    content = source->content;
    assert_int_equal(content->items->nelts, 1);
    cfo_file_state_get(pool, source->path, &now);
    assert_true(cfo_file_state_equal(&now, &source->state));
    write_text("ranges", "bad");
    assert_null(cfo_source_load(sources, source));
    assert_ptr_equal(source->content, content);
}

static void a_file_that_does_not_load_says_why_and_has_no_content(void **state)
{
    cfo_sources_t *sources = cfo_sources_create(pool);
    const char *path = write_text("file", "garbage");
    cfo_source_t *source = add(sources, CFO_CONTENT_RANGES, path);
    const char *none = apr_pstrcat(pool, fixture_folder(), "/none", NULL);
    cfo_source_t *missing = add(sources, CFO_CONTENT_PROOFS, none);

    (void)state;
    assert_contains(cfo_source_load(sources, source), "line 1");
    assert_null(source->content);
    assert_true(source->state.status == APR_SUCCESS && source->state.size == 7);
    assert_contains(cfo_source_load(sources, missing), "No such file");
    assert_null(missing->content);
    assert_true(APR_STATUS_IS_ENOENT(missing->state.status));
    write_text("file", "192.0.2.1"); /* it may be tried again */
    assert_null(cfo_source_load(sources, source));
}

static void the_last_content_goes_when_another_takes_its_place(void **state)
{
    cfo_sources_t *sources = cfo_sources_create(pool);
    cfo_source_t *source = add(sources, CFO_CONTENT_RANGES, "/etc/file");
    int *ends = apr_pcalloc(pool, 2 * sizeof *ends), i; /* the second counts at the end */

    (void)state;
    for (i = 0; i < 2; i++) {
        cfo_batch_t *batch = cfo_batch_create(pool);
        cfo_content_t *content;

        assert_null(
            cfo_content_read(batch, CFO_CONTENT_RANGES, "f", "192.0.2.1", 9, &content));
        count_ends(batch, &ends[i]);
        cfo_batch_release(batch);
        cfo_source_replace(source, content);
        assert_ptr_equal(source->content, content);
    }
    assert_int_equal(ends[0], 1);
    assert_int_equal(ends[1], 0);
}

static void a_source_that_is_removed_goes_with_its_content_and_batch(void **state)
{
    cfo_sources_t *sources = cfo_sources_create(pool);
    cfo_batch_t *batch = cfo_batch_create(pool), *later = cfo_batch_create(pool);
    cfo_source_t *source = cfo_sources_add(sources, batch, CFO_CONTENT_PROOFS, "/etc/a");
    const char *pem = pki_ca("A")->pem;
    cfo_content_t *content;
    int ends = 0, later_ends = 0;

    (void)state;
    assert_null(
        cfo_content_read(later, CFO_CONTENT_PROOFS, "f", pem, strlen(pem), &content));
    cfo_source_replace(source, content);
    cfo_trouble_set(&source->trouble, "once", 1);
    count_ends(batch, &ends);
    count_ends(later, &later_ends);
    cfo_batch_release(batch);
    cfo_batch_release(later);
    assert_int_equal(ends + later_ends, 0);
    cfo_sources_remove(sources, source);
    assert_int_equal(ends, 1);
    assert_int_equal(later_ends, 1);
    assert_null(cfo_sources_find(sources, CFO_CONTENT_PROOFS, "/etc/a"));
}

/* AddressSanitizer would find a text that is lost or freed twice. */
static void a_difficulty_is_copied_and_replaced_and_ends(void **state)
{
    cfo_trouble_t trouble = { NULL, 0 };
    char text[] = "first";

    (void)state;
    cfo_trouble_set(&trouble, text, 1);
    text[0] = 'X';
    assert_string_equal(trouble.text, "first");
    assert_true(trouble.said == 1);
    cfo_trouble_set(&trouble, "second", 2);
    assert_string_equal(trouble.text, "second");
    assert_true(trouble.said == 2);
    cfo_trouble_set(&trouble, NULL, 3);
    assert_null(trouble.text);
}

static void what_is_said_goes_with_the_pool_of_the_configuration(void **state)
{
    cfo_sources_t *sources;
    cfo_batch_t *batch;
    apr_pool_t *p;

    (void)state;
    apr_pool_create(&p, pool);
    sources = cfo_sources_create(p);
    cfo_trouble_set(&add(sources, CFO_CONTENT_RANGES, "/etc/a")->trouble, "bad", 1);
    cfo_trouble_set(&cfo_sources_add_folder(sources, "/etc/b")->trouble, "bad", 1);
    batch = cfo_batch_create(p);
    cfo_trouble_set(
        &cfo_sources_add(sources, batch, CFO_CONTENT_RANGES, "/etc/c")->trouble, "bad",
        1);
    cfo_batch_release(batch);
    apr_pool_destroy(p);
}

/* As in a child of httpd: the pools of its parent are left as they are. */
static void after_a_move_what_is_new_is_in_the_new_pool(void **state)
{
    cfo_sources_t *sources = cfo_sources_create(pool);
    cfo_source_t *old = add(sources, CFO_CONTENT_PROOFS, "/etc/zones/a.example.pem");
    cfo_folder_t *folder = cfo_sources_add_folder(sources, "/etc/zones");
    apr_hash_t *paths = sources->by_path[CFO_CONTENT_PROOFS], *zones = folder->zones;
    cfo_batch_t *batch;
    apr_pool_t *p;

    (void)state;
    apr_hash_set(folder->zones, "a.example", APR_HASH_KEY_STRING, old);
    apr_pool_create(&p, pool);
    cfo_sources_move(sources, p);
    assert_ptr_equal(apr_hash_get(folder->zones, "a.example", APR_HASH_KEY_STRING), old);
    assert_ptr_equal(cfo_sources_find(sources, CFO_CONTENT_PROOFS, old->path), old);
    batch = cfo_batch_create(p);
    cfo_sources_add(sources, batch, CFO_CONTENT_PROOFS, "/etc/new");
    cfo_batch_release(batch);
    cfo_sources_remove(sources, old);
    apr_hash_set(folder->zones, "a.example", APR_HASH_KEY_STRING, NULL);
    assert_int_equal(apr_hash_count(paths), 1);
    assert_int_equal(apr_hash_count(zones), 1);
    assert_ptr_equal(apr_hash_pool_get(folder->zones), p);
    assert_ptr_equal(apr_hash_pool_get(sources->by_path[CFO_CONTENT_PROOFS]), p);
    assert_ptr_equal(apr_hash_pool_get(sources->by_path[CFO_CONTENT_RANGES]), p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_path_is_one_source_of_each_kind),
        TEST(a_folder_is_one_for_all_who_name_it),
        TEST(a_file_is_read_once_however_many_name_it),
        TEST(a_file_that_does_not_load_says_why_and_has_no_content),
        TEST(the_last_content_goes_when_another_takes_its_place),
        TEST(a_source_that_is_removed_goes_with_its_content_and_batch),
        TEST(a_difficulty_is_copied_and_replaced_and_ends),
        TEST(what_is_said_goes_with_the_pool_of_the_configuration),
        TEST(after_a_move_what_is_new_is_in_the_new_pool),
    };

    return RUN(tests);
}
