/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/watched_file.h"

#include <unistd.h>

#include "fixture.h"
#include "pki.h"

static apr_status_t count_up(void *count)
{
    ++*(int *)count;
    return APR_SUCCESS;
}

static void count_ends(const cfo_shared_pool_t *shared_pool, int *ends)
{
    apr_pool_cleanup_register(shared_pool->pool, ends, count_up, apr_pool_cleanup_null);
}

static const char *write_text(const char *name, const char *text)
{
    return fixture_write(name, text, strlen(text));
}

static cfo_watched_file_t *add(cfo_watched_files_t *watched, cfo_file_kind_t kind,
                               const char *path)
{
    return cfo_watched_files_add(watched, kind, path);
}

static void a_path_is_one_file_of_each_kind(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    char path[] = "/etc/file";
    cfo_watched_file_t *file = add(watched, CFO_FILE_PROOFS, path);

    (void)state;
    assert_ptr_equal(add(watched, CFO_FILE_PROOFS, "/etc/file"), file);
    assert_ptr_equal(cfo_watched_files_find(watched, CFO_FILE_PROOFS, "/etc/file"), file);
    path[0] = 'X'; /* the path is copied */
    assert_ptr_equal(cfo_watched_files_find(watched, CFO_FILE_PROOFS, "/etc/file"), file);
    assert_string_equal(file->path, "/etc/file");
    assert_null(cfo_watched_files_find(watched, CFO_FILE_PROOFS, "/etc/other"));
    assert_null(cfo_watched_files_find(watched, CFO_FILE_RANGES, "/etc/file"));
    assert_ptr_not_equal(add(watched, CFO_FILE_RANGES, "/etc/file"), file);
}

static void a_folder_is_the_same_however_often_it_is_named(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    char path[] = "/etc/zones";
    cfo_folder_t *folder = cfo_watched_files_add_folder(watched, path);

    (void)state;
    path[0] = 'X';
    assert_string_equal(folder->path, "/etc/zones");
    assert_int_equal(apr_hash_count(folder->zones), 0);
    assert_ptr_not_equal(cfo_watched_files_add_folder(watched, "/etc/other"), folder);
    assert_ptr_equal(cfo_watched_files_add_folder(watched, "/etc/zones"), folder);
    assert_ptr_equal(cfo_watched_files_add_folder(watched, "/etc/zones//"), folder);
    assert_string_equal(cfo_watched_files_add_folder(watched, "/")->path, "/");
    assert_int_equal(watched->folders->nelts, 3);
}

static void a_file_is_read_once_however_often_it_is_named(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    cfo_watched_file_t *file =
        add(watched, CFO_FILE_RANGES, write_text("ranges", "192.0.2.1\n"));
    cfo_parsed_file_t *content;
    cfo_file_state_t now;

    (void)state;
    assert_null(cfo_watched_file_load(watched, file));
    content = file->content;
    assert_int_equal(cfo_parsed_file_count(content), 1);
    cfo_file_state_get(pool, file->path, &now);
    assert_true(cfo_file_state_equal(&now, &file->state));
    write_text("ranges", "bad");
    assert_null(cfo_watched_file_load(watched, file));
    assert_ptr_equal(file->content, content);
}

static void the_text_of_a_file_is_compared_with_its_path(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    cfo_watched_file_t *file =
        add(watched, CFO_FILE_RANGES, write_text("ranges", "192.0.2.1\n"));

    (void)state;
    assert_false(cfo_watched_file_has_text(file, "192.0.2.1\n", 10));
    assert_null(cfo_watched_file_load(watched, file));
    assert_true(cfo_watched_file_has_text(file, "192.0.2.1\n", 10));
    assert_false(cfo_watched_file_has_text(file, "192.0.2.1\n", 9));
    assert_false(cfo_watched_file_has_text(file, "192.0.2.2\n", 10));
    file->path = "/another/file/of/the/zone";
    assert_false(cfo_watched_file_has_text(file, "192.0.2.1\n", 10));
}

static void a_file_that_does_not_load_has_an_error_and_no_content(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    const char *path = write_text("file", "garbage");
    cfo_watched_file_t *file = add(watched, CFO_FILE_RANGES, path);
    const char *none = apr_pstrcat(pool, fixture_folder(), "/none", NULL);
    cfo_watched_file_t *missing = add(watched, CFO_FILE_PROOFS, none);

    (void)state;
    assert_contains(cfo_watched_file_load(watched, file), "line 1");
    assert_null(file->content);
    assert_true(file->state.status == APR_SUCCESS && file->state.size == 7);
    assert_contains(cfo_watched_file_load(watched, missing), "No such file");
    assert_null(missing->content);
    assert_true(APR_STATUS_IS_ENOENT(missing->state.status));
    write_text("file", "192.0.2.1"); /* it can be tried again */
    assert_null(cfo_watched_file_load(watched, file));
}

static void the_old_content_is_released_when_it_is_replaced(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    cfo_watched_file_t *file = add(watched, CFO_FILE_RANGES, "/etc/file");
    int *ends = apr_pcalloc(pool, 2 * sizeof *ends), i; /* the second counts at the end */

    (void)state;
    for (i = 0; i < 2; i++) {
        cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
        cfo_parsed_file_t *content;

        assert_null(cfo_parsed_file_read(shared_pool, CFO_FILE_RANGES, "f", "192.0.2.1",
                                         9, &content));
        count_ends(shared_pool, &ends[i]);
        cfo_shared_pool_release(shared_pool);
        cfo_watched_file_replace(file, content);
        assert_ptr_equal(file->content, content);
    }
    assert_int_equal(ends[0], 1);
    assert_int_equal(ends[1], 0);
}

static void put_content(cfo_watched_file_t *file, int *ends)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    const char *pem = pki_ca("A")->pem;
    cfo_parsed_file_t *content;

    assert_null(cfo_parsed_file_read(shared_pool, CFO_FILE_PROOFS, "f", pem, strlen(pem),
                                     &content));
    count_ends(shared_pool, ends);
    cfo_shared_pool_release(shared_pool);
    cfo_watched_file_replace(file, content);
}

static cfo_watched_file_t *put_file(cfo_folder_t *folder, const char *path, int *ends)
{
    cfo_shared_pool_t *shared_pool = cfo_shared_pool_create(pool);
    cfo_watched_file_t *file = cfo_folder_put(folder, shared_pool, "a.test", path);

    count_ends(shared_pool, ends);
    cfo_shared_pool_release(shared_pool);
    return file;
}

static cfo_watched_file_t *zone_of(const cfo_folder_t *folder)
{
    return apr_hash_get(folder->zones, "a.test", APR_HASH_KEY_STRING);
}

static void removing_a_file_frees_its_content_and_pool(void **state)
{
    cfo_folder_t *folder =
        cfo_watched_files_add_folder(cfo_watched_files_create(pool), "/z");
    int ends = 0, content_ends = 0;
    cfo_watched_file_t *file = put_file(folder, "/z/a.test.pem", &ends);

    (void)state;
    put_content(file, &content_ends);
    cfo_file_error_set(&file->error, "once", 1);
    assert_int_equal(ends + content_ends, 0);
    cfo_folder_remove(folder, file);
    assert_int_equal(ends, 1);
    assert_int_equal(content_ends, 1);
    assert_null(zone_of(folder));
}

static void another_file_of_a_zone_keeps_the_content_in_force(void **state)
{
    cfo_folder_t *folder =
        cfo_watched_files_add_folder(cfo_watched_files_create(pool), "/z");
    int ends[3] = { 0 };
    cfo_watched_file_t *first = put_file(folder, "/z/A.test.pem", &ends[0]), *second;
    cfo_parsed_file_t *content;

    (void)state;
    put_content(first, &ends[2]);
    content = first->content;
    first->is_shut = 1;
    cfo_file_error_set(&first->error, "of the first", 1);
    assert_ptr_equal(cfo_folder_put(folder, NULL, "a.test", "/z/A.test.pem"), first);
    second = put_file(folder, "/z/a.test.pem", &ends[1]);
    assert_ptr_equal(zone_of(folder), second);
    assert_ptr_equal(second->content, content);
    assert_true(second->is_shut && !second->error.text);
    assert_int_equal(ends[0], 1);
    assert_int_equal(ends[1] + ends[2], 0);
    cfo_folder_remove(folder, second);
    assert_int_equal(ends[1], 1);
    assert_int_equal(ends[2], 1);
}

static void a_file_with_two_roles_is_two_watched_files(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    cfo_folder_t *one = cfo_watched_files_add_folder(watched, "/z");
    cfo_folder_t *other = cfo_watched_files_add_folder(watched, "/z/../z");
    cfo_watched_file_t *named = add(watched, CFO_FILE_PROOFS, "/z/a.test.pem"), *files[2];
    int ends = 0;

    (void)state;
    files[0] = put_file(one, "/z/a.test.pem", &ends);
    files[1] = put_file(other, "/z/a.test.pem", &ends);
    assert_ptr_not_equal(files[0], files[1]);
    assert_ptr_not_equal(files[0], named);
    assert_int_equal(cfo_watched_files_count(watched, CFO_FILE_PROOFS), 3);
    assert_int_equal(cfo_watched_files_count(watched, CFO_FILE_RANGES), 0);
    cfo_folder_remove(one, files[0]);
    assert_ptr_equal(zone_of(other), files[1]);
    assert_ptr_equal(cfo_watched_files_find(watched, CFO_FILE_PROOFS, "/z/a.test.pem"),
                     named);
    cfo_folder_remove(other, files[1]);
}

/* AddressSanitizer would find a text that is lost or freed twice. */
static void an_error_is_copied_replaced_and_cleared(void **state)
{
    cfo_file_error_t error = { NULL, 0 };
    char text[] = "first";

    (void)state;
    cfo_file_error_set(&error, text, 1);
    text[0] = 'X';
    assert_string_equal(error.text, "first");
    assert_true(error.logged_at == 1);
    cfo_file_error_set(&error, "second", 2);
    assert_string_equal(error.text, "second");
    assert_true(error.logged_at == 2);
    cfo_file_error_set(&error, NULL, 3);
    assert_null(error.text);
}

static void errors_are_freed_with_the_pool_of_the_configuration(void **state)
{
    cfo_watched_files_t *watched;
    cfo_folder_t *folder;
    apr_pool_t *p;

    (void)state;
    apr_pool_create(&p, pool);
    watched = cfo_watched_files_create(p);
    cfo_file_error_set(&add(watched, CFO_FILE_RANGES, "/etc/a")->error, "bad", 1);
    folder = cfo_watched_files_add_folder(watched, "/etc/b");
    cfo_file_error_set(&folder->error, "bad", 1);
    cfo_file_error_set(
        &cfo_folder_put(folder, watched->start, "a", "/etc/b/a.pem")->error, "bad", 1);
    apr_pool_destroy(p);
}

/* As in a child of httpd: the pools of its parent are not used. */
static void after_a_move_new_files_are_in_the_new_pool(void **state)
{
    cfo_watched_files_t *watched = cfo_watched_files_create(pool);
    cfo_folder_t *folder = cfo_watched_files_add_folder(watched, "/etc/zones");
    cfo_watched_file_t *old =
        cfo_folder_put(folder, watched->start, "a.test", "/z/a.test.pem");
    apr_hash_t *zones = folder->zones;
    apr_pool_t *p;

    (void)state;
    apr_pool_create(&p, pool);
    cfo_watched_files_move(watched, p);
    assert_ptr_equal(zone_of(folder), old);
    assert_ptr_equal(folder->at_start, zones);
    cfo_folder_remove(folder, old);
    assert_int_equal(apr_hash_count(zones), 1);
    assert_int_equal(apr_hash_count(folder->zones), 0);
    assert_ptr_equal(apr_hash_pool_get(folder->zones), p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_path_is_one_file_of_each_kind),
        TEST(a_folder_is_the_same_however_often_it_is_named),
        TEST(a_file_is_read_once_however_often_it_is_named),
        TEST(the_text_of_a_file_is_compared_with_its_path),
        TEST(a_file_that_does_not_load_has_an_error_and_no_content),
        TEST(the_old_content_is_released_when_it_is_replaced),
        TEST(removing_a_file_frees_its_content_and_pool),
        TEST(another_file_of_a_zone_keeps_the_content_in_force),
        TEST(a_file_with_two_roles_is_two_watched_files),
        TEST(an_error_is_copied_replaced_and_cleared),
        TEST(errors_are_freed_with_the_pool_of_the_configuration),
        TEST(after_a_move_new_files_are_in_the_new_pool),
    };

    return RUN(tests);
}
