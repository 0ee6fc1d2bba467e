/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log/event_line.h"

#include "counters.h"
#include "keys.h"

enum { HISTORY = 32, CHECK_EVERY = 64, LOG_MOST = 8 << 20, SECRET = 32 };

/* libFuzzer reads and clears what is in this section as it does its own counters. */
__attribute__((section("__libfuzzer_extra_counters"),
               aligned(WHOLE_PAGE))) static uint8_t extra[WHOLE_EDGES_MOST];

static whole_counters_t *counters;
static uint8_t seen[WHOLE_EDGES_MOST];
static char folder[] = "/tmp/cfo-fuzz-XXXXXX";
static const char *const *served;
static char secrets[8][SECRET + 1];
static int ports[SERVER_PORTS];
static pid_t httpd;
static unsigned long inputs;
static struct {
    uint8_t *data;
    size_t size;
} history[HISTORY];

static const char *path_of(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void print_file(const char *path, long most)
{
    FILE *file = fopen(path, "rb");
    char text[4096];
    size_t got;

    if (!file)
        return;
    if (fseek(file, -most, SEEK_END))
        rewind(file);
    while ((got = fread(text, 1, sizeof text, file)) > 0)
        fwrite(text, 1, got, stderr);
    fclose(file);
}

static void keep_history(void)
{
    char path[600];
    int i;

    for (i = 0; i < HISTORY; i++) {
        int at = (int)((inputs + (unsigned long)i) % HISTORY);
        FILE *file;

        if (!history[at].data)
            continue;
        snprintf(path, sizeof path, "%s/history-%02d", folder, i);
        file = fopen(path, "wb");
        if (file) {
            fwrite(history[at].data, 1, history[at].size, file);
            fclose(file);
        }
    }
}

static void print_edges(void)
{
    size_t i, edges = 0;

    for (i = 0; i < WHOLE_EDGES_MOST; i++)
        edges += seen[i];
    if (counters)
        fprintf(stderr, "\nmodule edges: %zu of %u\n", edges, (unsigned)counters->edges);
}

void server_fail(const char *format, ...)
{
    va_list args;
    int status;

    fprintf(stderr, "\nPROMISE BROKEN: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    usleep(300000);
    if (httpd > 0 && waitpid(httpd, &status, WNOHANG) == httpd) {
        fprintf(stderr, "\nhttpd ended, status %#x", (unsigned)status);
        httpd = 0;
    }
    fprintf(stderr, "\nThe last inputs and the log are in %s\n", folder);
    print_file(path_of("output"), 8000);
    print_file(path_of("error.log"), 4000);
    keep_history();
    print_edges();
    if (httpd > 0)
        kill(httpd, SIGKILL);
    abort();
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    if (!file || fputs(text, file) < 0 || fclose(file))
        server_fail("%s: %s", name, strerror(errno));
}

static void make_folder(const char *name)
{
    if (mkdir(path_of(name), 0777) || chmod(path_of(name), 0777))
        server_fail("%s: %s", name, strerror(errno));
}

/* What the server thinks of the client is in the page. */
static void write_page(const char *site, const char *secret)
{
    char name[64], text[600];

    snprintf(text, sizeof text,
             "%s addr=<!--#echo var=\"REMOTE_ADDR\" --> "
             "origin=<!--#echo var=\"CF_ORIGIN\" --> "
             "ip=<!--#echo var=\"HTTP_CF_CONNECTING_IP\" --> "
             "ray=<!--#echo var=\"CF_RAY\" --> "
             "reason=<!--#echo var=\"CF_ORIGIN_REASON\" --> ;\n",
             secret);
    snprintf(name, sizeof name, "%s/index.shtml", site);
    write_file(name, text);
}

static void write_sites(void)
{
    unsigned char random[16];
    int i, j, file = open("/dev/urandom", O_RDONLY);

    for (i = 0; served[i]; i++) {
        if (read(file, random, sizeof random) != sizeof random)
            server_fail("/dev/urandom");
        for (j = 0; j < 16; j++)
            snprintf(secrets[i] + 2 * j, 3, "%02x", random[j]);
        make_folder(served[i]);
        write_page(served[i], secrets[i]);
    }
    close(file);
}

const char *server_secret(const char *site)
{
    int i = 0;

    while (strcmp(served[i], site))
        i++;
    return secrets[i];
}

/* Not by memmem(): libFuzzer makes inputs of what functions of the C library compare. */
const char *server_finds(const char *site, const char *answer, size_t length)
{
    const char *secret = server_secret(site);
    size_t at, i;

    for (at = 0; at + SECRET <= length; at++) {
        for (i = 0; i < SECRET && answer[at + i] == secret[i];)
            i++;
        if (i == SECRET)
            return answer + at;
    }
    return NULL;
}

static void map_counters(void)
{
    int file = open(path_of("counters"), O_RDWR | O_CREAT, 0666);

    if (file == -1 || ftruncate(file, sizeof *counters))
        server_fail("counters: %s", strerror(errno));
    counters = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (counters == MAP_FAILED ||
        mmap(extra, sizeof extra, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
             offsetof(whole_counters_t, hits)) != extra)
        server_fail("mmap: %s", strerror(errno));
    close(file);
}

/* All at once, so that they differ. */
static void choose_ports(void)
{
    int sockets[SERVER_PORTS], i;

    for (i = 0; i < SERVER_PORTS; i++) {
        struct sockaddr_in address = { .sin_family = AF_INET };
        socklen_t length = sizeof address;

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(sockets[i], (struct sockaddr *)&address, length) ||
            getsockname(sockets[i], (struct sockaddr *)&address, &length))
            server_fail("bind: %s", strerror(errno));
        ports[i] = ntohs(address.sin_port);
    }
    for (i = 0; i < SERVER_PORTS; i++)
        close(sockets[i]);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    if (!value)
        server_fail("%s is not set: start this by make fuzz", name);
    return value;
}

/* "-C", "Define name value" */
static void define(char **argv, int *argc, const char *name, const char *value)
{
    argv[(*argc)++] = strdup("-C");
    if (asprintf(&argv[(*argc)++], "Define %s \"%s\"", name, value) == -1)
        server_fail("asprintf");
}

static const char *unprivileged_user(void)
{
    static const char *const names[] = { "www-data", "apache", "http", "daemon" };
    int i = 0;

    while (i < 3 && !getpwnam(names[i]))
        i++;
    return names[i];
}

static void become_httpd(const char *configuration)
{
    char *argv[64], name[16], text[16];
    int argc = 0, i,
        output = open(path_of("output"), O_WRONLY | O_CREAT | O_APPEND, 0666);

    dup2(output, 1);
    dup2(output, 2);
    argv[argc++] = strdup(setting("CFO_FUZZ_HTTPD"));
    argv[argc++] = strdup("-X");
    define(argv, &argc, "dir", folder);
    define(argv, &argc, "modules", setting("CFO_FUZZ_MODULES"));
    define(argv, &argc, "module", setting("CFO_FUZZ_MODULE"));
    define(argv, &argc, "conf", setting("CFO_FUZZ_CONF"));
    define(argv, &argc, "user", unprivileged_user());
    if (!getuid())
        argv[argc++] = strdup("-DROOT");
    for (i = 0; i < SERVER_PORTS; i++) {
        snprintf(name, sizeof name, "port%d", i);
        snprintf(text, sizeof text, "%d", ports[i]);
        define(argv, &argc, name, text);
    }
    argv[argc++] = strdup("-f");
    if (asprintf(&argv[argc++], "%s/%s", setting("CFO_FUZZ_CONF"), configuration) == -1)
        _exit(1);
    argv[argc] = NULL;
    setenv("CFO_FUZZ_COUNTERS", path_of("counters"), 1);
    if (getenv("CFO_FUZZ_PRELOAD"))
        setenv("LD_PRELOAD", getenv("CFO_FUZZ_PRELOAD"), 1);
    setenv("ASAN_OPTIONS",
           "abort_on_error=1:detect_leaks=0:print_stacktrace=1:verify_asan_link_order=0"
           ":detect_stack_use_after_return=1:quarantine_size_mb=64",
           1);
    setenv("UBSAN_OPTIONS", "abort_on_error=1:print_stacktrace=1", 1);
    execv(argv[0], argv);
    perror(argv[0]);
    _exit(1);
}

static int is_alive(void)
{
    return httpd > 0 && waitpid(httpd, NULL, WNOHANG) == 0;
}

static void stop(void)
{
    char command[64];

    print_edges();
    if (is_alive()) {
        kill(httpd, SIGKILL);
        waitpid(httpd, NULL, 0);
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command))
        perror(command);
}

/* Ends httpd when this process ends, in whatever way: a process of its own notices. */
static void guard(void)
{
    int ends[2], process = (int)syscall(SYS_pidfd_open, httpd, 0);
    char byte;

    if (process == -1 || pipe2(ends, O_CLOEXEC))
        server_fail("guard: %s", strerror(errno));
    if (!fork()) {
        close(ends[1]);
        setsid();
        while (read(ends[0], &byte, 1) == -1 && errno == EINTR)
            ;
        syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
        _exit(0);
    }
    close(ends[0]);
    close(process);
}

static void try_start(const char *configuration)
{
    int tries;

    choose_ports();
    httpd = fork();
    if (!httpd)
        become_httpd(configuration);
    guard();
    for (tries = 0; tries < 600 && is_alive(); tries++) {
        int connection = server_connect(ports[SERVER_PORTS - 1], 1);

        if (connection != -1) {
            close(connection);
            return;
        }
        usleep(100000);
    }
    if (is_alive())
        server_fail("httpd does not answer");
    httpd = 0;
}

void server_start(const char *configuration, const char *const *sites)
{
    int tries;

    served = sites;
    if (!mkdtemp(folder) || chmod(folder, 0777))
        server_fail("%s: %s", folder, strerror(errno));
    umask(0);
    signal(SIGPIPE, SIG_IGN);
    write_sites();
    make_folder("cache");
    keys_write(folder);
    map_counters();
    for (tries = 0; tries < 5 && !httpd; tries++)
        try_start(configuration);
    if (!httpd)
        server_fail("httpd does not start");
    atexit(stop);
}

int server_port(int number)
{
    return ports[number];
}

int server_connect(int port, uint32_t source)
{
    struct sockaddr_in from = { .sin_family = AF_INET }, to = from;
    struct timeval patience = { .tv_sec = 5 };
    struct linger at_once = { .l_onoff =
                                  1 }; /* no TIME_WAIT: there are many connections */
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    from.sin_addr.s_addr = htonl(0x7f000000u | source);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)port);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) ||
        connect(fd, (struct sockaddr *)&to, sizeof to)) {
        close(fd);
        return -1;
    }
    return fd;
}

void server_begin(const uint8_t *data, size_t size)
{
    unsigned at = (unsigned)(inputs++ % HISTORY);

    free(history[at].data);
    history[at].data = malloc(size + 1);
    history[at].size = history[at].data ? size : 0;
    if (size && history[at].data)
        memcpy(history[at].data, data, size);
}

/* One line for one event, printable, and as the reader of logs takes it. */
static void check_line(const char *line, size_t length)
{
    static cfo_event_line_t event;
    const char *found = cfo_event_line_find(line, length);
    size_t i, front = 0;

    for (i = 0; i < length; i++) {
        if (line[i] < ' ' || line[i] > '~')
            server_fail("a log line has byte %#x: %.*s", (unsigned char)line[i],
                        (int)length, line);
    }
    while (front < length && line[front] == '[') {
        const char *end = memchr(line + front, ']', length - front);

        front = end && end + 2 < line + length ? (size_t)(end + 2 - line) : length;
    }
    if (!memmem(line, front, "[cf_origin:", 11) ||
        strncmp(line + front, CFO_EVENT_LINE_MARK, sizeof CFO_EVENT_LINE_MARK - 1)) {
        if (found)
            server_fail("an event is found: %.*s", (int)length, line);
        return;
    }
    if (found != line + front)
        server_fail("no event is found: %.*s", (int)length, line);
    if (!cfo_event_line_read(found, length - (size_t)(found - line), &event) ||
        !event.is_whole)
        server_fail("an event is not whole: %.*s", (int)length, line);
}

static void check_log(void)
{
    static char text[LOG_MOST];
    int file = open(path_of("error.log"), O_RDWR);
    ssize_t length = file == -1 ? 0 : read(file, text, sizeof text);
    char *line = text, *end;

    for (; length > 0 && (end = memchr(line, '\n', (size_t)(text + length - line)));
         line = end + 1)
        check_line(line, (size_t)(end - line));
    if (length > 0 && ftruncate(file, 0))
        server_fail("ftruncate: %s", strerror(errno));
    if (file != -1)
        close(file);
}

void server_end(void)
{
    size_t i;

    for (i = 0; i < WHOLE_EDGES_MOST; i++)
        seen[i] |= extra[i] != 0;
    if (!is_alive())
        server_fail("httpd is gone");
    if (inputs % CHECK_EVERY == 0)
        check_log();
}
