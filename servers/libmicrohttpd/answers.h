// The answers that count as right: canned texts, and documents that are serialised anew
// for each request. They repeat the rows of the scenario table; "joust check" compares
// the two.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ALIVE "alive\r\n"
#define ETAG "\"v1\""
#define EVENTS 100
#define LARGE_SIZE 65536

#define TYPE_TEXT "text/plain"
#define TYPE_JSON "application/json"
#define TYPE_BYTES "application/octet-stream"

// The body of GET /large, once answers_init has run.
extern char large[LARGE_SIZE];

// answers_init reads the items of the data set's folder. It ends the program where they
// cannot be read.
void answers_init(const char *data);

// object returns the body of GET /json?id=ID. The caller frees the texts of this
// header. NULL says that the memory is used up.
char *object(int64_t id);

// document returns the body of GET /gzip?seed=SEED before its compression.
char *document(int64_t seed);

// items_answer returns the first count items, each with its total: price × quantity ×
// multiplier.
char *items_answer(size_t count, int64_t multiplier);

// items_size returns the number of items.
size_t items_size(void);

// gzip compresses a text at zlib's default level, and sets size to the length.
char *gzip(const char *text, size_t *size);

// media_type returns the media type of a file by the ending of its name.
const char *media_type(const char *name);
