/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what apachectl -t -D DUMP_CF_ORIGIN prints. */
#include "ctl/origin/dump_reader.h"

#include <string.h>
#include <strings.h>

#include "apr_lib.h"
#include "apr_strings.h"

#include "core/base/text.h"
#include "core/trust/zone_name.h"
#include "ctl/origin/dump_line.h"
#include "ctl/origin/dump_zone.h"

typedef enum { NOWHERE, OF_MODULE, OF_SERVER, OF_CHECK } place_t;

typedef struct {
    apr_pool_t *p;
    cfo_dump_t *dump;
    place_t place;
    cfo_dump_server_t *server;
    int in_folder; /* the zones that follow are of a folder */
    cfo_dump_zone_t zone;
    int has_begun, has_ended;
} reader_t;

static cfo_dump_server_t *add_server(reader_t *reader, const char *name)
{
    cfo_dump_server_t *server = apr_array_push(reader->dump->servers);

    *server = (cfo_dump_server_t){ .needs_certificates = 1 };
    server->vhost.name = name;
    server->vhost.names = apr_array_make(reader->p, 2, sizeof(const char *));
    server->vhost.policy = CFO_ORIGIN_POLICY_UNKNOWN;
    server->vhost.has_tls = 1;
    server->listed = apr_hash_make(reader->p);
    server->folders = apr_hash_make(reader->p);
    reader->place = OF_SERVER;
    reader->server = server;
    reader->in_folder = 0;
    return server;
}

static const char *lowered(apr_pool_t *p, const char *text)
{
    char *result = apr_pstrdup(p, text), *c;

    for (c = result; *c; c++)
        *c = (char)apr_tolower(*c);
    return result;
}

/* "shop.example.com:443" -> "shop.example.com" */
static const char *without_port(apr_pool_t *p, const char *name)
{
    const char *colon = strrchr(name, ':');

    return lowered(p, colon ? apr_pstrmemdup(p, name, (apr_size_t)(colon - name)) : name);
}

/* "vhost NAME at=FILE:LINE" */
static const char *begin_vhost(reader_t *reader, const char *line)
{
    const char *at = strstr(line, " at=");
    cfo_dump_server_t *server;

    if (!at || at == line)
        return "a virtual host without name or place";
    server = add_server(reader, apr_pstrmemdup(reader->p, line, (apr_size_t)(at - line)));
    server->is_main = !strcmp(at, " at=main:0");
    /* Until there is a line "names", which earlier versions do not print. */
    APR_ARRAY_PUSH(server->vhost.names, const char *) =
        without_port(reader->p, server->vhost.name);
    return NULL;
}

static const char *begin_part(reader_t *reader, const char *line)
{
    reader->place = NOWHERE;
    reader->zone.zone = NULL;
    if (!strncmp(line, "mod_cf_origin ", 14)) {
        if (reader->has_begun)
            return "it has two beginnings: it is the output of two calls";
        reader->has_begun = 1;
        reader->place = OF_MODULE;
    }
    else if (reader->has_begun && !strcmp(line, "main server")) {
        if (reader->dump->servers->nelts)
            return "it has two main servers";
        add_server(reader, "main server");
    }
    else if (reader->dump->servers->nelts && !strncmp(line, "vhost ", 6))
        return begin_vhost(reader, line + 6);
    else if (reader->has_begun && !strncmp(line, "findings ", 9)) {
        reader->has_ended = 1;
        reader->place = OF_CHECK;
    }
    return NULL;
}

/* As an argument of a directive is compared, which may be in quotes. */
static int is_argument(const char *text, const char *word)
{
    apr_size_t length = strlen(text);

    if (length > 2 && *text == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
    }
    return length == strlen(word) && !strncasecmp(text, word, length);
}

static cfo_origin_policy_t policy_of(const char *text)
{
    if (is_argument(text, "On"))
        return CFO_ORIGIN_ON;
    if (is_argument(text, "Audit"))
        return CFO_ORIGIN_AUDIT;
    return is_argument(text, "Off") ? CFO_ORIGIN_OFF : CFO_ORIGIN_POLICY_UNKNOWN;
}

/* "<Location /x> CFOriginPull On at=FILE:LINE" */
static void read_section(reader_t *reader, const char *line)
{
    const char *text = cfo_dump_before_place(reader->p, line);
    const char *word = strrchr(text, ' ');
    cfo_origin_policy_t policy = policy_of(word ? word + 1 : text);

    if (policy > reader->server->in_sections)
        reader->server->in_sections = policy;
}

static void read_require(reader_t *reader, char *rest)
{
    char *word;

    reader->server->needs_certificates = 0;
    for (word = cfo_dump_word(&rest); *word && strncmp(word, "at=", 3);
         word = cfo_dump_word(&rest)) {
        if (is_argument(word, "cert"))
            reader->server->needs_certificates = 1;
    }
}

static void read_names(reader_t *reader, char *rest)
{
    apr_array_header_t *names = reader->server->vhost.names;
    char *word;

    apr_array_clear(names);
    for (word = cfo_dump_word(&rest); *word; word = cfo_dump_word(&rest)) {
        if (*word != '"')
            APR_ARRAY_PUSH(names, const char *) = lowered(reader->p, word);
    }
}

static void read_addresses(reader_t *reader, char *rest)
{
    cfo_origin_vhost_t *vhost = &reader->server->vhost;
    char *word;

    vhost->addresses = apr_array_make(reader->p, 2, sizeof(const char *));
    for (word = cfo_dump_word(&rest); *word; word = cfo_dump_word(&rest))
        APR_ARRAY_PUSH(vhost->addresses, const char *) = apr_pstrdup(reader->p, word);
}

/* "NAME" or "NAME shut: REASON" */
static const char *begin_zone(reader_t *reader, char *rest)
{
    cfo_origin_zone_t *zone = apr_pcalloc(reader->p, sizeof *zone);
    cfo_dump_server_t *server = reader->server;
    apr_hash_t *table = reader->in_folder ? server->folders : server->listed;
    const char *reason = cfo_zone_name_read(reader->p, cfo_dump_word(&rest), &zone->name);

    if (reason)
        return apr_pstrcat(reader->p, "the name of a zone: ", reason, NULL);
    if (*rest && strncmp(rest, "shut: ", 6))
        return "a zone that is neither open nor shut";
    zone->shut = *rest ? apr_pstrdup(reader->p, rest + 6) : NULL;
    zone->vhost = server->vhost.name;
    zone->policy = CFO_ORIGIN_POLICY_UNKNOWN;
    zone->files = apr_array_make(reader->p, 1, sizeof(const char *));
    zone->sources = apr_array_make(reader->p, 1, sizeof(cfo_ctl_proof_file_t));
    reader->zone.zone = zone;
    /* A line of the directive goes before a file of the folder. */
    if (apr_hash_get(server->listed, zone->name, APR_HASH_KEY_STRING) ||
        apr_hash_get(server->folders, zone->name, APR_HASH_KEY_STRING))
        return NULL;
    apr_hash_set(table, zone->name, APR_HASH_KEY_STRING, zone);
    APR_ARRAY_PUSH(reader->dump->zones, cfo_origin_zone_t *) = zone;
    return NULL;
}

static const char *read_folder(reader_t *reader, const char *rest)
{
    const char *end, *path = cfo_dump_quoted(reader->p, rest, &end);

    if (!path || *end)
        return "a folder that is not in quotes";
    reader->in_folder = 1;
    if (!reader->dump->folder)
        reader->dump->folder = path;
    return NULL;
}

static void read_inheritance(reader_t *reader, const char *line)
{
    cfo_dump_server_t *server = reader->server;

    if (!strcmp(line, "zones of the main server: inherited"))
        server->inherits = 1;
    else if (!strcmp(line, "sections of the main server: inherited"))
        server->inherits_sections = 1;
    else if (!strcmp(line, "not inherited: CFOriginPullZone"))
        server->but_not_listed = 1;
    else if (!strcmp(line, "not inherited: CFOriginPullZoneDir"))
        server->but_not_folders = 1;
}

static const char *read_of_server(reader_t *reader, char *line)
{
    const char *what;
    char *rest = line;

    reader->zone.zone = NULL;
    read_inheritance(reader, line);
    what = cfo_dump_word(&rest);
    if (!strcmp(what, "zone"))
        return begin_zone(reader, rest);
    if (!strcmp(what, "folder"))
        return read_folder(reader, rest);
    if (!strcmp(what, "section"))
        read_section(reader, rest);
    else if (!strcmp(what, "names"))
        read_names(reader, rest);
    else if (!strcmp(what, "addresses"))
        read_addresses(reader, rest);
    else if (!strcmp(what, "tls"))
        reader->server->vhost.has_tls = strcmp(rest, "off") != 0;
    else if (!strcmp(what, "CFOriginPull"))
        reader->server->vhost.policy = policy_of(cfo_dump_word(&rest));
    else if (!strcmp(what, "CFOriginPullRequire"))
        read_require(reader, rest);
    return NULL;
}

static void read_of_module(reader_t *reader, char *line)
{
    const char *value;

    if (strcmp(cfo_dump_word(&line), "CFOriginPullReload"))
        return;
    value = cfo_dump_word(&line);
    reader->dump->reload = is_argument(value, "Off") ? 0 : cfo_ctl_number(value, 86400);
}

/* "CFO0202 never-asks vhost=shop.example.com:443 at=FILE:LINE SENTENCE" */
static void read_finding(reader_t *reader, const char *line)
{
    const char *name = strstr(line, " vhost=");
    int i;

    APR_ARRAY_PUSH(reader->dump->findings, const char *) = apr_pstrdup(reader->p, line);
    if (!name || (strncmp(line, "CFO0201 ", 8) && strncmp(line, "CFO0202 ", 8)))
        return;
    name += 7;
    for (i = 1; i < reader->dump->servers->nelts; i++) {
        cfo_origin_vhost_t *vhost =
            &APR_ARRAY_IDX(reader->dump->servers, i, cfo_dump_server_t).vhost;
        apr_size_t length = strlen(vhost->name);

        if (!strncmp(name, vhost->name, length) && name[length] == ' ')
            vhost->never_asks = 1;
    }
}

/* By its indentation, of which there are two steps. */
static const char *read_line(reader_t *reader, char *line)
{
    if (*line != ' ')
        return begin_part(reader, line);
    if (reader->place == NOWHERE || strncmp(line, "  ", 2))
        return NULL;
    line += 2;
    if (*line == ' ')
        return reader->zone.zone && !strncmp(line, "  ", 2) && line[2] != ' '
                   ? cfo_dump_zone_line(reader->p, &reader->zone, line + 2)
                   : NULL;
    if (reader->place == OF_SERVER)
        return read_of_server(reader, line);
    if (reader->place == OF_MODULE)
        read_of_module(reader, line);
    else
        read_finding(reader, line);
    return NULL;
}

static const char *read_lines(reader_t *reader, char *text)
{
    const char *reason = NULL;
    int number;

    for (number = 1; !reason && *text; number++) {
        char *end = text + strcspn(text, "\n"), *next = *end ? end + 1 : end;

        *end = '\0';
        if (end > text && end[-1] == '\r')
            end[-1] = '\0';
        reason = read_line(reader, text);
        text = next;
    }
    return reason ? apr_psprintf(reader->p, "line %d is not understood: %s", number - 1,
                                 reason)
                  : NULL;
}

const char *cfo_dump_read(apr_pool_t *p, char *text, apr_size_t length, cfo_dump_t *dump)
{
    reader_t reader = { .p = p, .dump = dump };
    const char *reason;

    *dump = (cfo_dump_t){ .reload = -1 };
    dump->servers = apr_array_make(p, 8, sizeof(cfo_dump_server_t));
    dump->zones = apr_array_make(p, 16, sizeof(cfo_origin_zone_t *));
    dump->findings = apr_array_make(p, 4, sizeof(const char *));
    dump->running = apr_pcalloc(p, sizeof *dump->running);
    dump->running->proofs = apr_array_make(p, 16, sizeof(cfo_origin_use_t));
    dump->running->presented = apr_array_make(p, 16, sizeof(cfo_origin_use_t));
    dump->running->in_trouble = apr_array_make(p, 1, sizeof(const char *));
    reader.zone.running = dump->running;
    reader.zone.known = apr_hash_make(p);
    if (memchr(text, '\0', length))
        return "it has NUL bytes";
    reason = read_lines(&reader, text);
    if (reason)
        return reason;
    if (!reader.has_begun)
        return "it is not the output of apachectl -t -D DUMP_CF_ORIGIN; is "
               "mod_cf_origin loaded?";
    if (!reader.has_ended || !dump->servers->nelts)
        return "it is incomplete: its end is missing";
    if (!reader.zone.has_record && dump->zones->nelts)
        dump->running->error = "there is no record of use (cf_origin.seen in "
                               "DefaultRuntimeDir), or it cannot be read";
    return NULL;
}
