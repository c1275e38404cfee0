/*
 * A writer and a reader thread over one ring file, spinning and parking, for ThreadSanitizer and
 * for ASan and UBSan: argv[1] is an empty directory. Exit 0 if every record arrived as it was sent.
 *
 * Each side opens its own handle, as two processes would. ThreadSanitizer goes by virtual address,
 * so the reader's handles are then pointed at the writer's mappings: on two mappings of one file it
 * would never find anything.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "shared/bell.h"
#include "base/error.h"

#define CAPACITY 64
#define BATCH    24
#define TOTAL    200000

struct side {
    struct pmm_ring ring;
    struct pmm_bell bell;
    int strategy;
    uint64_t failures;
};

static struct pmm_event record_at(uint64_t cursor) {
    struct pmm_event event = {.recv_ns = (int64_t)cursor,
                              .order_id = cursor * 0x9E3779B97F4A7C15u,
                              .aux = -(int64_t)cursor,
                              .source = (uint16_t)cursor,
                              .kind = PMM_KIND_DEPTH};
    return event;
}

static void *write_all(void *argument) {
    struct side *side = argument;
    struct pmm_ring *ring = &side->ring;
    struct pmm_event events[BATCH];
    while (ring->cursor < TOTAL) {
        uint64_t left = TOTAL - ring->cursor, wanted = 1 + ring->cursor * 7 % BATCH;
        size_t n = (size_t)(wanted < left ? wanted : left);
        for (size_t i = 0; i < n; i++)
            events[i] = record_at(ring->cursor + i);
        int64_t pushed = ring->cursor % 2 ? pmm_ring_push_bulk(ring, events, n) : pmm_ring_push_burst(ring, events, n);
        if (pushed < 0 && pushed != PMM_ERR_AGAIN) side->failures++;
        pmm_bell_ring(&side->bell);
        if (pushed <= 0) sched_yield();
        (void)pmm_ring_depth(ring);
    }
    return NULL;
}

static void *read_all(void *argument) {
    struct side *side = argument;
    struct pmm_ring *ring = &side->ring;
    struct pmm_ring *const rings[] = {ring};
    struct pmm_event events[BATCH];
    while (ring->cursor < TOTAL) {
        pmm_bell_wait(&side->bell, rings, 1, side->strategy, 200, 100000000);
        uint64_t first = ring->cursor;
        int64_t n = pmm_ring_take(ring, events, 1 + (size_t)(first % BATCH));
        for (int64_t i = 0; i < n; i++) {
            struct pmm_event sent = record_at(first + (uint64_t)i);
            side->failures += memcmp(&sent, &events[i], offsetof(struct pmm_event, commit)) != 0;
        }
        if (first % 3 == 0) pmm_ring_request_resync(ring);
        pmm_ring_release(ring);
    }
    side->failures += pmm_ring_depth(ring) != 0;
    return NULL;
}

static uint64_t run(const char *directory, int strategy) {
    char ring[512], bell[512];
    snprintf(ring, sizeof ring, "%s/ring-%d", directory, strategy);
    snprintf(bell, sizeof bell, "%s/bell-%d", directory, strategy);
    if (pmm_ring_create(ring, CAPACITY, "threads") || pmm_bell_create(bell, "reader")) return 1;
    struct side writer = {.strategy = strategy}, reader = {.strategy = strategy};
    if (pmm_ring_open_writer(&writer.ring, ring) || pmm_ring_open_reader(&reader.ring, ring) ||
        pmm_bell_open(&reader.bell, bell, PMM_OPEN_OWN) || pmm_bell_open(&writer.bell, bell, PMM_OPEN_SHARED))
        return 1;
    struct side own = reader;
    reader.ring.segment = writer.ring.segment;
    reader.ring.shared = writer.ring.shared;
    reader.ring.slots = writer.ring.slots;
    reader.bell.shared = writer.bell.shared;
    reader.bell.segment = writer.bell.segment;
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, write_all, &writer);
    pthread_create(&threads[1], NULL, read_all, &reader);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pmm_ring_close(&writer.ring);
    pmm_bell_close(&writer.bell);
    pmm_ring_close(&own.ring);
    pmm_bell_close(&own.bell);
    return writer.failures + reader.failures;
}

int main(int argc, char **argv) {
    uint64_t failures = argc != 2;
    for (int strategy = PMM_WAIT_SPIN; argc == 2 && strategy <= PMM_WAIT_PARK; strategy++)
        failures += run(argv[1], strategy);
    fprintf(stderr, "%llu failures\n", (unsigned long long)failures);
    return failures != 0;
}
