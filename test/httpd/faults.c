/* SPDX-License-Identifier: Apache-2.0 */
/* Loaded before httpd's libraries: makes calls fail that a test names. A fault is a file
 * in the folder CFO_FAULTS, with a number in it; without the file, all is well. Faults of
 * files concern paths that contain the text in the file "path"; faults of memory, all
 * threads but the first of a process. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The libraries of httpd call these; nobody else has to see a prototype. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static int raw_open(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

/* What is in the file of a fault, into `text`. 0: there is none. */
static int read_fault(const char *name, char *text, size_t size)
{
    char path[512];
    const char *folder = getenv("CFO_FAULTS");
    ssize_t length;
    int file, saved = errno;

    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
    file = raw_open(path, O_RDONLY | O_CLOEXEC);
    length = file < 0 ? -1 : syscall(SYS_read, file, text, size - 1);
    if (file >= 0)
        syscall(SYS_close, file);
    errno = saved;
    if (length < 0)
        return 0;
    text[length] = '\0';
    return 1;
}

static long fault(const char *name)
{
    char text[32];

    return read_fault(name, text, sizeof text) ? atol(text) : 0;
}

static void note(const char *name)
{
    char path[512];
    int file;

    snprintf(path, sizeof path, "%s/%s.done", getenv("CFO_FAULTS"), name);
    file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0666);
    if (file >= 0)
        syscall(SYS_close, file);
}

static int is_meant(const char *path)
{
    char text[256];

    return path && *path == '/' && read_fault("path", text, sizeof text) &&
           strstr(path, text);
}

static int is_file_meant(int file)
{
    char name[64], path[512];
    ssize_t length;

    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    length = readlink(name, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = '\0';
    return is_meant(path);
}

/* Sets errno. */
static int fails(const char *name, const char *path)
{
    long number = fault(name);

    if (!number || !is_meant(path))
        return 0;
    errno = (int)number;
    return 1;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    int mode;

    va_start(arguments, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    if (is_meant(path)) {
        while (fault("hang")) {
            note("hang");
            usleep(10000);
        }
        if (fails("open", path))
            return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* As a server of NFS that has restarted: what is open cannot be read. */
ssize_t read(int file, void *data, size_t size)
{
    long number = fault("read");

    if (number && is_file_meant(file)) {
        errno = (int)number;
        return -1;
    }
    return syscall(SYS_read, file, data, size);
}

/* With "files", this process may open no more. It looks for that fault without opening
 * it. */
static void limit_files(void)
{
    struct rlimit limit;
    struct stat info;
    char path[512];

    snprintf(path, sizeof path, "%s/files", getenv("CFO_FAULTS"));
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur =
        syscall(SYS_newfstatat, AT_FDCWD, path, &info, 0) ? limit.rlim_max : 3;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int stat(const char *path, struct stat *info)
{
    limit_files();
    return fails("stat", path) ? -1
                               : (int)syscall(SYS_newfstatat, AT_FDCWD, path, info, 0);
}

DIR *opendir(const char *path)
{
    DIR *(*next)(const char *) = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");

    return fails("opendir", path) ? NULL : next(path);
}

/* The journal of the module is all that httpd writes by this. With "kill", the process
 * ends after half of it, as many times as the number says. */
ssize_t pwrite(int file, const void *data, size_t size, off_t position)
{
    long number = fault("pwrite");

    if (fault("kill")) {
        char path[512];

        snprintf(path, sizeof path, "%s/kill", getenv("CFO_FAULTS"));
        if (!unlink(path)) {
            syscall(SYS_pwrite64, file, data, size / 2, position);
            note("kill");
            kill(getpid(), SIGKILL);
        }
    }
    if (number) {
        errno = (int)number;
        return -1;
    }
    return syscall(SYS_pwrite64, file, data, size, position);
}

static int is_from(const void *caller, const char *name)
{
    Dl_info library;

    return dladdr(caller, &library) && library.dli_fname &&
           strstr(library.dli_fname, name);
}

/* Memory that processes share, if it is that large; and that of APR's pools. */
void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    long least = flags & MAP_SHARED ? fault("shared") : 0;

    if ((least && (long)size >= least) ||
        (flags == (MAP_PRIVATE | MAP_ANONYMOUS) && getpid() != gettid() &&
         fault("pools") && is_from(__builtin_return_address(0), "/libapr-1"))) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

extern void *__libc_malloc(size_t size);

/* OpenSSL's. */
void *malloc(size_t size)
{
    static __thread int is_inside;
    int is_denied;

    if (is_inside || getpid() == gettid())
        return __libc_malloc(size);
    is_inside = 1;
    is_denied = fault("memory") && is_from(__builtin_return_address(0), "/libcrypto");
    is_inside = 0;
    return is_denied ? NULL : __libc_malloc(size);
}

/* How modules find mod_watchdog. */
void *apr_dynamic_fn_retrieve(const char *name)
{
    void *(*next)(const char *) =
        (void *(*)(const char *))dlsym(RTLD_NEXT, "apr_dynamic_fn_retrieve");

    return fault("no-watchdog") && strstr(name, "watchdog") ? NULL : next(name);
}

/* Seconds by which the clock is wrong. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec time;

    (void)zone;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec + fault("clock");
    now->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timeval found;

    gettimeofday(&found, NULL);
    if (now)
        *now = found.tv_sec;
    return found.tv_sec;
}

/* httpd sleeps by this: with "hurry" only a part of the time. */
int select(int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *wait)
{
    int (*next)(int, fd_set *, fd_set *, fd_set *, struct timeval *) =
        (int (*)(int, fd_set *, fd_set *, fd_set *, struct timeval *))dlsym(RTLD_NEXT,
                                                                            "select");
    struct timeval less = { 0, 2000 };

    return next(count, in, out, other, wait && !count && fault("hurry") ? &less : wait);
}
