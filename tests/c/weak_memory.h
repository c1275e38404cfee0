/*
 * weak_memory.h: a memory as weak as C11 allows, for a program that runs the writer of a shared structure and its
 * reader, their own code, in one thread: book_weak.c, rows_weak.c. ThreadSanitizer cannot see these orders, since the
 * payload is relaxed atomics and it knows no fences; x86 does not show their absence.
 *
 * The writer's copy and the reader's are two blocks, so its plain loads see its stores at once. A store goes into the
 * writer's and into a queue; entries of the queue arrive in the reader's copy when chance will have it, in any order
 * but: those of one word in theirs, and none before a release that stands in front of it lets it. The reader sees, for
 * each word, a value between its floor (the copy at its last acquire) and now, and never goes back.
 */
#ifndef WEAK_MEMORY_H
#define WEAK_MEMORY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "weak_atomics.h"

#define QUEUE_MAX 4096

struct store {
    size_t at;
    unsigned bytes;
    uint64_t value;
    unsigned epoch; /* releases before it */
    int arrived;
};

static char *writers, *readers, *floors; /* three copies of one structure */
static size_t copy_bytes;
static struct store queue[QUEUE_MAX];
static size_t queued, oldest;
static unsigned epoch;

static void arrive(struct store *store) {
    memcpy(readers + store->at, &store->value, store->bytes);
    store->arrived = 1;
    while (oldest < queued && queue[oldest].arrived)
        oldest++;
}

/* The first store of its word among those that no release holds back, from a place that chance picks. */
static void let_one_arrive(void) {
    if (oldest == queued) return;
    size_t ready = oldest;
    while (ready < queued && queue[ready].epoch == queue[oldest].epoch)
        ready++;
    size_t picked = oldest + draw(ready - oldest);
    for (size_t i = oldest; i <= picked; i++)
        if (!queue[i].arrived && queue[i].at == queue[picked].at) {
            arrive(&queue[i]);
            return;
        }
}

static int is_in(const void *at, const char *copy) {
    return (const char *)at >= copy && (const char *)at < copy + copy_bytes;
}

void weak_fence_release(void) { epoch++; }

void weak_store(void *at, unsigned bytes, uint64_t value, enum weak_order order) {
    memcpy(at, &value, bytes);
    if (!is_in(at, writers) || queued == QUEUE_MAX) abort();
    if (order == WEAK_ORDERED) epoch++;
    queue[queued++] =
        (struct store){.at = (size_t)((char *)at - writers), .bytes = bytes, .value = value, .epoch = epoch};
}

void weak_fence_acquire(void) { memcpy(floors, readers, copy_bytes); }

uint64_t weak_load(const void *at, unsigned bytes, enum weak_order order) {
    uint64_t value = 0;
    if (!is_in(at, readers)) {
        memcpy(&value, at, bytes);
        return value;
    }
    size_t word = (size_t)((const char *)at - readers);
    for (uint64_t n = draw(8) < 6 ? 0 : draw(12); n > 0; n--)
        let_one_arrive();
    if (draw(2)) memcpy(floors + word, readers + word, bytes);
    memcpy(&value, floors + word, bytes);
    if (order == WEAK_ORDERED) weak_fence_acquire();
    return value;
}

/* Three copies of so many bytes, until weak_free. */
static void weak_make(size_t bytes) {
    copy_bytes = bytes;
    writers = aligned_alloc(64, bytes);
    readers = aligned_alloc(64, bytes);
    floors = aligned_alloc(64, bytes);
}

/* Whatever the writer has stored is everybody's: nothing is under way. */
static void weak_settle(void) {
    memcpy(readers, writers, copy_bytes);
    memcpy(floors, writers, copy_bytes);
    queued = oldest = epoch = 0;
}

static void weak_free(void) {
    free(writers);
    free(readers);
    free(floors);
}

static void check(int good, const char *what, int round) {
    if (good) return;
    fprintf(stderr, "round %d: %s\n", round, what);
    exit(1);
}

#endif
