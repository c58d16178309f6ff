// The routes of the server: what answers which path, and how it takes the request's
// body.
#pragma once

#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>

enum body {
    BODY_WHOLE,  // kept in memory, at most 32 MiB
    BODY_PIECES, // counted, of any length
    BODY_FORM,   // parsed as an urlencoded form, whose pairs are counted
};

struct exchange;

// A handler queues the answer of the exchange. It returns what MHD_queue_response
// returns.
typedef enum MHD_Result handler(struct exchange *exchange);

struct route {
    handler *answer;
    enum body body;
};

// An exchange is a request whose body has been read, and its connection.
struct exchange {
    struct MHD_Connection *connection;
    const struct route *route;
    // The part of the path after a route's prefix; empty for one without.
    const char *rest;
    char *body;
    size_t body_size, body_capacity;
    uint64_t body_bytes;
    struct MHD_PostProcessor *form;
    size_t form_pairs;
    // The exchange has waited for its time.
    int waited;
    // The connection is closed after the answer.
    int last;
};

// routes_init registers all routes. data is the data set's folder.
void routes_init(const char *data);

// routes_find returns the route of a path, and sets rest to the part after the route's
// prefix. A path without a route has the one that answers 404.
const struct route *routes_find(const char *method, const char *path, const char **rest);
