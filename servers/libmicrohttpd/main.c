// An HTTP/1.1 server on GNU libmicrohttpd: a pool of one epoll thread a CPU.

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "routes.h"
#include "timer.h"

enum {
    backlog = 4096,
    default_connections = 16384,
    idle_seconds = 60,
    whole_limit = 32 << 20,
    form_buffer = 4096,
};

struct options {
    const char *host, *data;
    long port, cpus, keepalive_requests, max_connections;
};

static void fail(const char *format, const char *subject) {
    fprintf(stderr, format, subject);
    exit(2);
}

// The flags are --host, --port, --cpus, --data, --keepalive-requests and
// --max-connections, each with a value; --version alone prints the library's.
static struct options parse_options(int argc, char **argv) {
    struct options o = {.host = "127.0.0.1", .data = ".", .port = 8080, .cpus = 1};
    const struct {
        const char *name;
        const char **text;
        long *number;
    } flags[] = {
        {"--host", &o.host, NULL},
        {"--data", &o.data, NULL},
        {"--port", NULL, &o.port},
        {"--cpus", NULL, &o.cpus},
        {"--keepalive-requests", NULL, &o.keepalive_requests},
        {"--max-connections", NULL, &o.max_connections},
    };
    for (int i = 1; i < argc; i += 2) {
        size_t f = 0;
        while (f < sizeof flags / sizeof flags[0] && strcmp(argv[i], flags[f].name) != 0) {
            f++;
        }
        if (f == sizeof flags / sizeof flags[0] || i + 1 == argc) {
            fail("%s is no flag, or has no value\n", argv[i]);
        }
        if (flags[f].text != NULL) {
            *flags[f].text = argv[i + 1];
            continue;
        }
        char *end;
        *flags[f].number = strtol(argv[i + 1], &end, 10);
        if (end == argv[i + 1] || *end != '\0' || *flags[f].number < 0 || *flags[f].number > 1000000000) {
            fail("%s needs a whole number\n", argv[i]);
        }
    }
    return o;
}

// count_pair is called for each pair of a form, and again for each further piece of a
// long value.
static enum MHD_Result count_pair(void *cls, enum MHD_ValueKind kind, const char *key, const char *filename,
                                  const char *type, const char *encoding, const char *data, uint64_t offset,
                                  size_t size) {
    (void)kind, (void)key, (void)filename, (void)type, (void)encoding, (void)data, (void)size;
    struct exchange *e = cls;
    if (offset == 0) {
        e->form_pairs++;
    }
    return MHD_YES;
}

// append keeps a piece of a body, and ends it by a zero for parsers of text.
static enum MHD_Result append(struct exchange *e, const char *piece, size_t size) {
    const size_t needed = e->body_size + size + 1;
    if (needed > whole_limit + 1) {
        return MHD_NO;
    }
    if (needed > e->body_capacity) {
        const size_t larger = needed > 2 * e->body_capacity ? needed : 2 * e->body_capacity;
        char *grown = realloc(e->body, larger);
        if (grown == NULL) {
            return MHD_NO;
        }
        e->body = grown;
        e->body_capacity = larger;
    }
    memcpy(e->body + e->body_size, piece, size);
    e->body_size += size;
    e->body[e->body_size] = '\0';
    return MHD_YES;
}

static enum MHD_Result take(struct exchange *e, const char *piece, size_t size) {
    e->body_bytes += size;
    switch (e->route->body) {
    case BODY_WHOLE:
        return append(e, piece, size);
    case BODY_FORM:
        return e->form == NULL ? MHD_YES : MHD_post_process(e->form, piece, size);
    case BODY_PIECES:
        break;
    }
    return MHD_YES;
}

// The number of requests that a connection has had, and the number after which it is
// closed.
struct lifetime {
    long had, most;
};

static void connection_changed(void *cls, struct MHD_Connection *connection, void **context,
                               enum MHD_ConnectionNotificationCode code) {
    (void)connection;
    const struct options *o = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct lifetime *life = calloc(1, sizeof *life);
        if (life != NULL) {
            life->most = o->keepalive_requests;
        }
        *context = life;
    } else {
        free(*context);
    }
}

static struct exchange *begin(struct MHD_Connection *connection, const char *path, const char *method) {
    struct exchange *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return NULL;
    }
    e->connection = connection;
    e->route = routes_find(method, path, &e->rest);
    if (e->route->body == BODY_FORM) {
        // NULL says that the body is no form; it is counted as one without pairs.
        e->form = MHD_create_post_processor(connection, form_buffer, count_pair, e);
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct lifetime *life = info == NULL ? NULL : info->socket_context;
    e->last = life != NULL && ++life->had == life->most;
    return e;
}

// handle is called for the head of a request, for each piece of its body, and at the
// end, with no piece.
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *piece, size_t *size, void **context) {
    (void)cls, (void)version;
    struct exchange *e = *context;
    if (e == NULL) {
        *context = begin(connection, path, method);
        return *context == NULL ? MHD_NO : MHD_YES;
    }
    if (*size > 0) {
        const size_t length = *size;
        *size = 0;
        return take(e, piece, length);
    }
    if (e->form != NULL) {
        // Ends the last pair.
        MHD_destroy_post_processor(e->form);
        e->form = NULL;
    }
    return e->route->answer(e);
}

static void completed(void *cls, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code) {
    (void)cls, (void)connection, (void)code;
    struct exchange *e = *context;
    if (e == NULL) {
        return;
    }
    if (e->form != NULL) {
        MHD_destroy_post_processor(e->form);
    }
    free(e->body);
    free(e);
    *context = NULL;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("libmicrohttpd %s\n", MHD_get_version());
        return 0;
    }
    struct options o = parse_options(argc, argv);
    answers_init(o.data);
    routes_init(o.data);

    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o.port)};
    if (inet_pton(AF_INET, o.host, &address.sin_addr) != 1) {
        fail("%s is no IPv4 address\n", o.host);
    }
    // All threads inherit the mask, so that the signals wait for sigwait.
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    timer_start();

    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, (uint16_t)o.port, NULL, NULL,
        handle, NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        // A pool has at least two threads; without one there is one thread.
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)(o.cpus > 1 ? o.cpus : 0), MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(o.max_connections > 0 ? o.max_connections : default_connections), MHD_OPTION_LISTEN_BACKLOG_SIZE,
        (unsigned)backlog, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)idle_seconds, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, connection_changed, &o,
        MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "cannot listen on %s:%ld: %s\n", o.host, o.port, strerror(errno));
        return 1;
    }
    int received;
    sigwait(&stop, &received);
    MHD_quiesce_daemon(daemon);
    timer_stop();
    MHD_stop_daemon(daemon);
    return 0;
}
