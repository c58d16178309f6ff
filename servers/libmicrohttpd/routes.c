#define _GNU_SOURCE
#include "routes.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answers.h"
#include "timer.h"

// The table of exact routes: "METHOD path" → struct route.
static struct hsearch_data table;

static const char *data_folder;

// queue queues a response with the headers that the exchange asks for, and releases it.
static enum MHD_Result queue(struct exchange *e, unsigned status, struct MHD_Response *response) {
    if (response == NULL) {
        return MHD_NO;
    }
    if (e->last) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    const enum MHD_Result result = MHD_queue_response(e->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

// typed returns a response of the text, which MHD treats as the mode says.
static struct MHD_Response *typed(const char *type, const char *text, size_t size, enum MHD_ResponseMemoryMode mode) {
    struct MHD_Response *response = MHD_create_response_from_buffer(size, (void *)text, mode);
    if (response != NULL && type != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    }
    return response;
}

static enum MHD_Result canned(struct exchange *e, unsigned status, const char *text) {
    return queue(e, status, typed(TYPE_TEXT, text, strlen(text), MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result decimal(struct exchange *e, int64_t value) {
    char text[24];
    const int size = snprintf(text, sizeof text, "%lld", (long long)value);
    return queue(e, MHD_HTTP_OK, typed(TYPE_TEXT, text, (size_t)size, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result bad_request(struct exchange *e) {
    return canned(e, MHD_HTTP_BAD_REQUEST, "a parameter must be a whole number\n");
}

static enum MHD_Result not_found(struct exchange *e) { return canned(e, MHD_HTTP_NOT_FOUND, "not found\n"); }

// whole_number reads the whole decimal number that the text is. It returns 0 where the
// text is none.
static int whole_number(const char *text, int64_t *number) {
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

// query_number reads a parameter of the query, which is fallback where the query has
// none of that name. It returns 0 where the value is no number.
static int query_number(struct exchange *e, const char *name, int64_t fallback, int64_t *number) {
    const char *value = MHD_lookup_connection_value(e->connection, MHD_GET_ARGUMENT_KIND, name);
    *number = fallback;
    return value == NULL || whole_number(value, number);
}

// accepts reports whether the request's Accept-Encoding lists the encoding. It ignores
// weights.
static int accepts(struct exchange *e, const char *encoding) {
    const char *at =
        MHD_lookup_connection_value(e->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    const size_t size = strlen(encoding);
    while (at != NULL && *at != '\0') {
        at += strspn(at, ", \t");
        if (strncmp(at, encoding, size) == 0 && strchr(",; \t", at[size]) != NULL) {
            return 1;
        }
        at += strcspn(at, ",");
    }
    return 0;
}

// json_text answers with a text of answers.h, compressed if the request allows it.
static enum MHD_Result json_text(struct exchange *e, char *text, int compressible) {
    if (text == NULL) {
        return MHD_NO;
    }
    if (!compressible || !accepts(e, "gzip")) {
        struct MHD_Response *plain = typed(TYPE_JSON, text, strlen(text), MHD_RESPMEM_MUST_FREE);
        if (plain != NULL && compressible) {
            MHD_add_response_header(plain, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
        }
        return queue(e, MHD_HTTP_OK, plain);
    }
    size_t size;
    char *compressed = gzip(text, &size);
    free(text);
    if (compressed == NULL) {
        return MHD_NO;
    }
    struct MHD_Response *response = typed(TYPE_JSON, compressed, size, MHD_RESPMEM_MUST_FREE);
    if (response != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
        MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
    }
    return queue(e, MHD_HTTP_OK, response);
}

static enum MHD_Result answer_alive(struct exchange *e) { return canned(e, MHD_HTTP_OK, ALIVE); }

static enum MHD_Result answer_ok(struct exchange *e) { return canned(e, MHD_HTTP_OK, "ok"); }

static enum MHD_Result answer_large(struct exchange *e) {
    return queue(e, MHD_HTTP_OK, typed(TYPE_TEXT, large, sizeof large, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result answer_json(struct exchange *e) {
    int64_t id;
    return query_number(e, "id", 1, &id) ? json_text(e, object(id), 0) : bad_request(e);
}

static enum MHD_Result answer_gzip(struct exchange *e) {
    int64_t seed;
    return query_number(e, "seed", 1, &seed) ? json_text(e, document(seed), 1) : bad_request(e);
}

static enum MHD_Result answer_items(struct exchange *e, int compressible) {
    int64_t count, multiplier;
    if (!whole_number(e->rest, &count) || !query_number(e, "m", 1, &multiplier)) {
        return bad_request(e);
    }
    if (count < 0 || (uint64_t)count > items_size()) {
        return not_found(e);
    }
    return json_text(e, items_answer((size_t)count, multiplier), compressible);
}

static enum MHD_Result answer_items_compressed(struct exchange *e) { return answer_items(e, 1); }

static enum MHD_Result answer_items_plain(struct exchange *e) { return answer_items(e, 0); }

static enum MHD_Result answer_echo(struct exchange *e) {
    char *body = e->body;
    e->body = NULL; // MHD frees it
    return queue(e, MHD_HTTP_OK, typed(TYPE_BYTES, body, e->body_size, MHD_RESPMEM_MUST_FREE));
}

static enum MHD_Result answer_cookies(struct exchange *e) {
    return decimal(e, MHD_get_connection_values(e->connection, MHD_COOKIE_KIND, NULL, NULL));
}

static enum MHD_Result answer_query(struct exchange *e) {
    return decimal(e, MHD_get_connection_values(e->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL));
}

static enum MHD_Result answer_count(struct exchange *e) { return decimal(e, (int64_t)e->body_bytes); }

static enum MHD_Result answer_form(struct exchange *e) { return decimal(e, (int64_t)e->form_pairs); }

static enum MHD_Result answer_etag(struct exchange *e) {
    const char *known = MHD_lookup_connection_value(e->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
    const int unchanged = known != NULL && strcmp(known, ETAG) == 0;
    struct MHD_Response *response = unchanged ? typed(NULL, "", 0, MHD_RESPMEM_PERSISTENT)
                                              : typed(TYPE_TEXT, ALIVE, strlen(ALIVE), MHD_RESPMEM_PERSISTENT);
    if (response != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, ETAG);
    }
    return queue(e, unchanged ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
}

static enum MHD_Result answer_redirect(struct exchange *e) {
    struct MHD_Response *response = typed(NULL, "", 0, MHD_RESPMEM_PERSISTENT);
    if (response != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, "/target");
    }
    return queue(e, MHD_HTTP_FOUND, response);
}

static enum MHD_Result answer_preflight(struct exchange *e) {
    static const char *const headers[][2] = {
        {"Access-Control-Allow-Origin", "https://example.com"},
        {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
        {"Access-Control-Allow-Headers", "Content-Type, X-Requested-With"},
        {"Access-Control-Max-Age", "86400"},
    };
    struct MHD_Response *response = typed(NULL, "", 0, MHD_RESPMEM_PERSISTENT);
    for (size_t i = 0; response != NULL && i < sizeof headers / sizeof headers[0]; i++) {
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    }
    return queue(e, MHD_HTTP_NO_CONTENT, response);
}

// answer_sum adds a, b and, in a request with a body, the number that the body is.
static enum MHD_Result answer_sum(struct exchange *e) {
    int64_t a, b, c = 0;
    if (!query_number(e, "a", 0, &a) || !query_number(e, "b", 0, &b) ||
        (e->body_size > 0 && !whole_number(e->body, &c))) {
        return bad_request(e);
    }
    return decimal(e, a + b + c);
}

static enum MHD_Result answer_delay(struct exchange *e) {
    int64_t ms;
    if (!whole_number(e->rest, &ms) || ms < 0) {
        return bad_request(e);
    }
    if (!e->waited && timer_suspend(e->connection, ms)) {
        e->waited = 1;
        return MHD_YES; // the handler is called again
    }
    return canned(e, MHD_HTTP_OK, "ok");
}

// next_event writes one event; MHD sends it in a chunk of its own.
static ssize_t next_event(void *cls, uint64_t position, char *out, size_t size) {
    (void)position;
    int *sent = cls;
    if (*sent == EVENTS) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    return snprintf(out, size, "data: %d\n\n", ++*sent);
}

static enum MHD_Result answer_events(struct exchange *e) {
    int *sent = calloc(1, sizeof *sent);
    struct MHD_Response *response =
        sent == NULL ? NULL : MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 256, next_event, sent, free);
    if (response == NULL) {
        free(sent);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    return queue(e, MHD_HTTP_OK, response);
}

// open_file opens NAME.br, NAME.gz or NAME of the static files, as the request allows,
// and sets the encoding.
static int open_file(struct exchange *e, const char **encoding) {
    static const char *const forms[][2] = {{"br", ".br"}, {"gzip", ".gz"}, {NULL, ""}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        *encoding = forms[i][0];
        if (*encoding != NULL && !accepts(e, *encoding)) {
            continue;
        }
        char path[4096];
        snprintf(path, sizeof path, "%s/static/%s%s", data_folder, e->rest, forms[i][1]);
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            return fd;
        }
    }
    return -1;
}

static enum MHD_Result answer_file(struct exchange *e) {
    if (strchr(e->rest, '/') != NULL || e->rest[0] == '.' || e->rest[0] == '\0') {
        return not_found(e);
    }
    const char *encoding;
    const int fd = open_file(e, &encoding);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) {
        return not_found(e);
    }
    struct MHD_Response *response = MHD_create_response_from_fd64((uint64_t)info.st_size, fd);
    if (response == NULL) {
        close(fd);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, media_type(e->rest));
    MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
    if (encoding != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, encoding);
    }
    return queue(e, MHD_HTTP_OK, response);
}

static const struct {
    const char *key;
    struct route route;
} exact[] = {
    {"GET /", {answer_alive, BODY_WHOLE}},
    {"GET /json", {answer_json, BODY_WHOLE}},
    {"POST /echo", {answer_echo, BODY_WHOLE}},
    {"GET /large", {answer_large, BODY_WHOLE}},
    {"GET /cookies", {answer_cookies, BODY_WHOLE}},
    {"POST /upload", {answer_count, BODY_PIECES}},
    {"POST /upload_auto", {answer_count, BODY_WHOLE}},
    {"POST /upload_manual", {answer_count, BODY_PIECES}},
    {"POST /form", {answer_form, BODY_FORM}},
    {"POST /drain", {answer_ok, BODY_PIECES}},
    {"GET /gzip", {answer_gzip, BODY_WHOLE}},
    {"GET /qs", {answer_query, BODY_WHOLE}},
    {"GET /etag", {answer_etag, BODY_WHOLE}},
    {"GET /redirect", {answer_redirect, BODY_WHOLE}},
    {"OPTIONS /api", {answer_preflight, BODY_WHOLE}},
    {"GET /sse", {answer_events, BODY_WHOLE}},
    {"GET /baseline11", {answer_sum, BODY_WHOLE}},
    {"POST /baseline11", {answer_sum, BODY_WHOLE}},
    {"GET /pipeline", {answer_ok, BODY_WHOLE}},
};

// Routes of GET for all paths below a prefix.
static const struct {
    const char *prefix;
    struct route route;
} below[] = {
    {"/json/", {answer_items_compressed, BODY_WHOLE}},
    {"/httparena_json/", {answer_items_plain, BODY_WHOLE}},
    {"/delay/", {answer_delay, BODY_WHOLE}},
    {"/static/", {answer_file, BODY_WHOLE}},
};

static const struct route item = {answer_alive, BODY_WHOLE};
static const struct route missing = {not_found, BODY_PIECES};

static void enter(const char *key, const struct route *route) {
    ENTRY *found;
    const ENTRY entry = {(char *)key, (void *)route};
    if (!hsearch_r(entry, ENTER, &found, &table)) {
        abort();
    }
}

void routes_init(const char *data) {
    enum { exact_count = sizeof exact / sizeof exact[0], item_count = 100, key_size = 32 };
    static char keys[item_count][key_size];
    data_folder = data;
    if (!hcreate_r(4 * (exact_count + item_count), &table)) {
        abort();
    }
    for (size_t i = 0; i < exact_count; i++) {
        enter(exact[i].key, &exact[i].route);
    }
    for (int i = 0; i < item_count; i++) {
        snprintf(keys[i], key_size, "GET /api/v1/items/%04d", i + 1);
        enter(keys[i], &item);
    }
}

const struct route *routes_find(const char *method, const char *path, const char **rest) {
    if (strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) {
        method = MHD_HTTP_METHOD_GET; // MHD leaves the body out
    }
    char key[64];
    const int size = snprintf(key, sizeof key, "%s %s", method, path);
    ENTRY *found;
    *rest = "";
    if (size < (int)sizeof key && hsearch_r((ENTRY){key, NULL}, FIND, &found, &table)) {
        return found->data;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0) {
        for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
            const size_t prefix = strlen(below[i].prefix);
            if (strncmp(path, below[i].prefix, prefix) == 0) {
                *rest = path + prefix;
                return &below[i].route;
            }
        }
    }
    return &missing;
}
