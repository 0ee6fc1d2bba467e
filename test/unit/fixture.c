/* SPDX-License-Identifier: Apache-2.0 */
/* The pool, the error queue and the temporary folder of each test. */
#include "fixture.h"

#include <ftw.h>
#include <unistd.h>

#include <openssl/err.h>

apr_pool_t *pool;

enum { FOREIGN = 77 };

static char folder[64];
static uint64_t seed;

static int remove_entry(const char *path, const struct stat *info, int type,
                        struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

void fixture_raise_error(void)
{
    ERR_clear_error();
    ERR_put_error(ERR_LIB_USER, 0, FOREIGN, __FILE__, __LINE__);
}

/* Returns 0 if the queue has that error and no other. (OpenSSL 1.1.1 may lose it: two
 * marks on the same entry are one there.) */
static int is_queue_changed(void)
{
    unsigned long code = ERR_get_error();
    int is_kept = ERR_GET_LIB(code) == ERR_LIB_USER && ERR_GET_REASON(code) == FOREIGN;
    int is_lost = !code && OPENSSL_VERSION_NUMBER < 0x30000000L;

    if ((is_kept || is_lost) && !ERR_peek_error())
        return 0;
    print_error("OpenSSL's error queue is not what it was: %s\n",
                ERR_error_string(is_kept ? ERR_peek_error() : code, NULL));
    ERR_clear_error();
    return 1;
}

int fixture_open(void **state)
{
    (void)state;
    fixture_raise_error();
    seed = 20230928;
    folder[0] = '\0';
    return apr_initialize() || apr_pool_create(&pool, NULL);
}

int fixture_close(void **state)
{
    int is_changed;

    (void)state;
    apr_terminate(); /* and every pool with it */
    is_changed = is_queue_changed();
    if (folder[0] && nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS))
        return 1;
    return is_changed;
}

const char *fixture_folder(void)
{
    const char *parent = getenv("TMPDIR");

    if (folder[0])
        return folder;
    snprintf(folder, sizeof folder, "%s/cfo-unit-XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(folder));
    return folder;
}

const char *fixture_write(const char *name, const char *text, size_t length)
{
    const char *path = apr_pstrcat(pool, fixture_folder(), "/", name, NULL);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

void assert_contains(const char *text, const char *part)
{
    assert_non_null(text);
    if (!strstr(text, part))
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

unsigned fixture_random(unsigned bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % bound;
}

int fixture_rounds(int few, int many)
{
    return getenv("THOROUGH") ? many : few;
}
