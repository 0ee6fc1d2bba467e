/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test begins with. */
#include "fixture.h"

#include <ftw.h>
#include <unistd.h>

apr_pool_t *pool;

static char folder[64];
static uint64_t seed;

static int remove_entry(const char *path, const struct stat *info, int type,
                        struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

int fixture_open(void **state)
{
    (void)state;
    seed = 20230928;
    folder[0] = '\0';
    return apr_initialize() || apr_pool_create(&pool, NULL);
}

int fixture_close(void **state)
{
    (void)state;
    apr_terminate(); /* and every pool with it */
    return folder[0] ? nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS) : 0;
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
