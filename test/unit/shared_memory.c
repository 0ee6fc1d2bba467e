/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that all processes of a test share. */
#include "shared_memory.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

enum { THREADS_MOST = 16 };

typedef struct {
    int (*work)(void *data, int number);
    void *data;
    int number, is_well;
    pthread_t thread;
} worker_t;

typedef struct {
    void *memory;
    size_t size;
} mapping_t;

static apr_status_t unmap(void *data)
{
    mapping_t *mapping = data;

    return munmap(mapping->memory, mapping->size);
}

void *shared_memory(size_t size)
{
    mapping_t *mapping = apr_palloc(pool, sizeof *mapping);

    mapping->size = size;
    mapping->memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(mapping->memory != MAP_FAILED);
    apr_pool_cleanup_register(pool, mapping, unmap, apr_pool_cleanup_null);
    return mapping->memory;
}

static void *run(void *data)
{
    worker_t *worker = data;

    worker->is_well = worker->work(worker->data, worker->number);
    return NULL;
}

/* So that all of them work at the same time. */
static void wait_for_all(int *ready, int processes)
{
    __atomic_fetch_add(ready, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(ready, __ATOMIC_ACQUIRE) < processes)
        sched_yield();
}

/* Runs in its own process. Returns whether all threads succeeded. */
static int run_threads(int first, int threads, int (*work)(void *, int), void *data)
{
    worker_t workers[THREADS_MOST];
    int i, are_well = 1;

    if (threads == 1)
        return work(data, first);
    for (i = 0; i < threads; i++) {
        workers[i] = (worker_t){ work, data, first + i, 0, 0 };
        if (pthread_create(&workers[i].thread, NULL, run, &workers[i]))
            return 0;
    }
    for (i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        are_well &= workers[i].is_well;
    }
    return are_well;
}

void run_in_all(int processes, int threads, int (*work)(void *, int), void *data)
{
    int *ready = shared_memory(sizeof *ready);
    pid_t pids[THREADS_MOST];
    int i, status;

    assert_true(processes <= THREADS_MOST && threads <= THREADS_MOST);
    for (i = 0; i < processes; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i])
            continue;
        wait_for_all(ready, processes);
        _exit(run_threads(i * threads, threads, work, data) ? 0 : 1);
    }
    for (i = 0; i < processes; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}
