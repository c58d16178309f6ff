#include "answers.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

char large[LARGE_SIZE];

enum { max_items = 50, max_tags = 4 };

struct item {
    int id;
    const char *name, *category;
    json_int_t price, quantity;
    int active;
    const char *tags[max_tags];
    size_t tag_count;
    int score, count;
};

static struct item items[max_items];
static size_t item_count;

// parse_item reads one item, whose texts live as long as the JSON value. It returns 0,
// or -1 for a value that is no item.
static int parse_item(json_t *value, struct item *item) {
    json_t *tags;
    if (json_unpack(value, "{s:i, s:s, s:s, s:I, s:I, s:b, s:o, s:{s:i, s:i}}", "id", &item->id, "name", &item->name,
                    "category", &item->category, "price", &item->price, "quantity", &item->quantity, "active",
                    &item->active, "tags", &tags, "rating", "score", &item->score, "count", &item->count) != 0) {
        return -1;
    }
    item->tag_count = json_array_size(tags);
    if (item->tag_count > max_tags) {
        return -1;
    }
    for (size_t i = 0; i < item->tag_count; i++) {
        item->tags[i] = json_string_value(json_array_get(tags, i));
    }
    return 0;
}

void answers_init(const char *data) {
    static const char pattern[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < sizeof large; i++) {
        large[i] = pattern[i % (sizeof pattern - 1)];
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/items.json", data);
    json_t *list = json_load_file(path, 0, NULL); // kept: the items point into it
    item_count = json_array_size(list);
    int wrong = list == NULL || item_count > max_items;
    for (size_t i = 0; !wrong && i < item_count; i++) {
        wrong = parse_item(json_array_get(list, i), &items[i]);
    }
    if (wrong) {
        fprintf(stderr, "cannot read the items of %s; give the data set's folder with --data\n", path);
        exit(1);
    }
}

// dumped serialises a document and releases it.
static char *dumped(json_t *document) {
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    return text;
}

char *object(int64_t id) {
    return dumped(json_pack("{s:I, s:s, s:{s:s, s:s, s:[s, s, s, s]}}", "id", (json_int_t)id, "status", "ok", "data",
                            "name", "joust", "version", "1.0.0", "flags", "fast", "correct", "measured",
                            "repeatable"));
}

char *document(int64_t seed) {
    json_t *rows = json_array();
    for (int64_t i = 0; i < 384; i++) {
        char name[16];
        snprintf(name, sizeof name, "row-%d", (int)i);
        const int64_t value = (i * seed * 7919 + i * i) % 1000003;
        json_array_append_new(rows, json_pack("{s:I, s:I, s:s}", "id", (json_int_t)i, "value", (json_int_t)value,
                                              "name", name));
    }
    return dumped(json_pack("{s:I, s:o}", "seed", (json_int_t)seed, "rows", rows));
}

char *items_answer(size_t count, int64_t multiplier) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct item *item = &items[i];
        json_t *tags = json_array();
        for (size_t tag = 0; tag < item->tag_count; tag++) {
            json_array_append_new(tags, json_string(item->tags[tag]));
        }
        const json_int_t total = item->price * item->quantity * (json_int_t)multiplier;
        json_array_append_new(
            list, json_pack("{s:i, s:s, s:s, s:I, s:I, s:b, s:o, s:{s:i, s:i}, s:I}", "id", item->id, "name",
                            item->name, "category", item->category, "price", item->price, "quantity", item->quantity,
                            "active", item->active, "tags", tags, "rating", "score", item->score, "count",
                            item->count, "total", total));
    }
    return dumped(json_pack("{s:o, s:I}", "items", list, "count", (json_int_t)count));
}

size_t items_size(void) { return item_count; }

char *gzip(const char *text, size_t *size) {
    enum { gzip_format = 16, default_memory = 8 };
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + gzip_format, default_memory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return NULL;
    }
    stream.next_in = (Bytef *)text;
    stream.avail_in = (uInt)strlen(text);
    stream.avail_out = (uInt)deflateBound(&stream, stream.avail_in);
    char *out = malloc(stream.avail_out);
    stream.next_out = (Bytef *)out;
    if (out != NULL && deflate(&stream, Z_FINISH) != Z_STREAM_END) {
        free(out);
        out = NULL;
    }
    *size = stream.total_out;
    deflateEnd(&stream);
    return out;
}

const char *media_type(const char *name) {
    static const char *const types[][2] = {
        {".css", "text/css"},       {".html", "text/html"},        {".js", "text/javascript"},
        {".json", TYPE_JSON},       {".svg", "image/svg+xml"},     {".txt", TYPE_TEXT},
        {".webp", "image/webp"},    {".woff2", "font/woff2"},      {".xml", "application/xml"},
    };
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(ending, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return TYPE_BYTES;
}
