/*
 * A ring's two sides killed at any instruction: a reader that comes then sees whole pushes only, in
 * order, none twice and none missing against its journal; a writer that comes then goes on behind the
 * last that was published, and nothing of what was not comes to light. usage: kill_ring LIVE COPY (empty directories)
 */
#include <string.h>

#include "kill_steps.h"
#include "shared/ring.h"

#define CAPACITY 8
#define TURNS    12
#define AFTER    20

static const char *const NAMES[] = {"ring"};

static const char *path_in(const char *directory) {
    static char path[600];
    snprintf(path, sizeof path, "%s/ring", directory);
    return path;
}

static struct pmm_event event_of(uint64_t cursor) {
    struct pmm_event event = {.recv_ns = (int64_t)cursor + 1, .price = (int64_t)(cursor * 0x9E3779B97F4A7C15u)};
    event.aux = -event.price;
    event.order_id = ~cursor;
    event.source = (uint16_t)(cursor + 1);
    return event;
}

static int is_event_of(const struct pmm_event *event, uint64_t cursor) {
    struct pmm_event expected = event_of(cursor);
    return memcmp(event, &expected, offsetof(struct pmm_event, commit)) == 0;
}

static void push(struct pmm_ring *writer, size_t n, int bulk) {
    struct pmm_event events[CAPACITY];
    for (size_t i = 0; i < n; i++)
        events[i] = event_of(writer->cursor + i);
    notes->begun = writer->cursor + n;
    int64_t pushed = bulk ? pmm_ring_push_bulk(writer, events, n) : pmm_ring_push_burst(writer, events, n);
    CHECK(pushed == (int64_t)n);
    notes->acknowledged = writer->cursor;
}

/* Takes, keeps, and releases one turn later, as a process does that journals before it lets go. */
static void take(struct pmm_ring *reader, size_t max) {
    struct pmm_event events[CAPACITY];
    pmm_ring_release(reader);
    int64_t n = pmm_ring_take(reader, events, max);
    for (int64_t i = 0; i < n; i++) {
        CHECK(is_event_of(&events[i], notes->kept));
        notes->kept++;
    }
}

static void live(const char *directory) {
    struct pmm_ring writer, reader;
    CHECK(pmm_ring_open_writer(&writer, path_in(directory)) == 0);
    CHECK(pmm_ring_open_reader(&reader, path_in(directory)) == 0);
    for (int turn = 0; turn < TURNS; turn++) {
        push(&writer, 1 + (size_t)turn % 4, turn % 2);
        take(&reader, CAPACITY);
        if (turn % 5 == 4) { /* an orderly end of each, between two turns */
            pmm_ring_close(&reader);
            CHECK(pmm_ring_open_reader(&reader, path_in(directory)) == 0);
            CHECK(pmm_ring_skip(&reader, notes->kept - reader.cursor) >= 0 && reader.cursor == notes->kept);
            pmm_ring_close(&writer);
            CHECK(pmm_ring_open_writer(&writer, path_in(directory)) == 0);
        }
    }
    pmm_ring_close(&writer);
    pmm_ring_close(&reader);
}

static void look(const char *copy) {
    struct pmm_ring writer, reader;
    struct pmm_event events[CAPACITY];
    CHECK(pmm_ring_open_reader(&reader, path_in(copy)) == 0);
    uint64_t kept = notes->kept, known = kept - reader.cursor;
    CHECK(reader.cursor <= kept && pmm_ring_skip(&reader, known) == (int64_t)known);
    int64_t n = pmm_ring_take(&reader, events, CAPACITY);
    for (int64_t i = 0; i < n; i++)
        CHECK(is_event_of(&events[i], kept++));
    CHECK(kept == notes->acknowledged || kept == notes->begun); /* a push is seen whole or not at all */

    CHECK(pmm_ring_open_writer(&writer, path_in(copy)) == 0);
    CHECK(writer.cursor == kept);
    for (int i = 0; i < AFTER; i++) {
        struct pmm_event more = event_of(writer.cursor);
        pmm_ring_release(&reader);
        CHECK(pmm_ring_push_bulk(&writer, &more, 1) == 1);
        CHECK(pmm_ring_take(&reader, events, CAPACITY) == 1 && is_event_of(events, kept++));
    }
    pmm_ring_close(&writer);
    pmm_ring_close(&reader);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    if (pmm_ring_create(path_in(argv[1]), CAPACITY, "steps") != 0) return 2;
    step_through(argv[1], argv[2], NAMES, 1, live, look);
    CHECK(notes->kept > 2 * CAPACITY && notes->kept == notes->acknowledged);
    printf("%llu instructions, %llu states\n", (unsigned long long)instructions, (unsigned long long)states);
    return 0;
}
