#include "timer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct entry {
    int64_t due; // in nanoseconds of the monotonic clock
    struct MHD_Connection *connection;
};

// A binary heap: the entry that is due first is entries[0].
static struct entry *entries;
static size_t count, capacity;

static int stopping;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_t thread;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int push(struct entry entry) {
    if (count == capacity) {
        const size_t larger = capacity == 0 ? 1024 : 2 * capacity;
        struct entry *grown = realloc(entries, larger * sizeof *grown);
        if (grown == NULL) {
            return 0;
        }
        entries = grown;
        capacity = larger;
    }
    size_t at = count++;
    for (; at > 0 && entries[(at - 1) / 2].due > entry.due; at = (at - 1) / 2) {
        entries[at] = entries[(at - 1) / 2];
    }
    entries[at] = entry;
    return 1;
}

static struct MHD_Connection *pop(void) {
    struct MHD_Connection *first = entries[0].connection;
    const struct entry last = entries[--count];
    size_t at = 0;
    for (size_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && entries[child + 1].due < entries[child].due) {
            child++;
        }
        if (last.due <= entries[child].due) {
            break;
        }
        entries[at] = entries[child];
        at = child;
    }
    entries[at] = last;
    return first;
}

static void *wake(void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    while (!stopping || count > 0) {
        if (count > 0 && (stopping || entries[0].due <= now())) {
            MHD_resume_connection(pop());
        } else if (count > 0) {
            const struct timespec until = {.tv_sec = entries[0].due / 1000000000,
                                           .tv_nsec = entries[0].due % 1000000000};
            pthread_cond_timedwait(&changed, &lock, &until);
        } else {
            pthread_cond_wait(&changed, &lock);
        }
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

void timer_start(void) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&thread, NULL, wake, NULL) != 0) {
        abort();
    }
}

int timer_suspend(struct MHD_Connection *connection, int64_t ms) {
    pthread_mutex_lock(&lock);
    const struct entry entry = {now() + ms * 1000000, connection};
    const int suspended = !stopping && push(entry);
    if (suspended) {
        MHD_suspend_connection(connection);
        if (entries[0].connection == connection) {
            pthread_cond_signal(&changed);
        }
    }
    pthread_mutex_unlock(&lock);
    return suspended;
}

void timer_stop(void) {
    pthread_mutex_lock(&lock);
    stopping = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}
