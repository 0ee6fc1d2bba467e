/* SPDX-License-Identifier: Apache-2.0 */
/* A real httpd with the module, in one process (-X), for a fuzzer that is its client. */
#ifndef CFO_TEST_FUZZ_WHOLE_SERVER_H
#define CFO_TEST_FUZZ_WHOLE_SERVER_H

#include <stddef.h>
#include <stdint.h>

/* The ports of a configuration file: ${port0} ... */
enum { SERVER_PORTS = 4 };

/* Starts httpd with a file of this folder, in a temporary folder that has the
 * certificates (see keys.h) and the documents of `sites`, up to NULL. Ends with this
 * process. */
void server_start(const char *configuration, const char *const *sites);

int server_port(int number);

/* The text that the page of a site contains, and that no client can know; see server.c
 * for the rest of the page. */
const char *server_secret(const char *site);

/* Connects from an address in 127.0.0.0/8, given by its last three bytes. -1: the server
 * closed the connection at once. */
int server_connect(int port, uint32_t source);

/* Whether the page of a site is in what the server sent, and where its line begins. */
const char *server_finds(const char *site, const char *answer, size_t length);

/* Before and after each input: remembers it, and fails unless httpd is alive and its log
 * is in order. */
void server_begin(const uint8_t *data, size_t size);
void server_end(void);

/* A promise is broken: says which, keeps the last inputs, and aborts. */
void server_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
