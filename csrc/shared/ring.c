/* ring.c: one writer, one reader, records of a line each; messages are published whole. */
#include "shared/ring.h"

#include <string.h>

#include "base/align.h"
#include "base/atomics.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/layout.h"
#include "base/prefetch.h"

#define PMM_RING_LAYOUT(ROW) \
    ROW(pmm_ring_shared, capacity, 0, 8) \
    ROW(pmm_ring_shared, slots_offset, 8, 8) \
    ROW(pmm_ring_shared, reserved1, 16, 112) \
    ROW(pmm_ring_shared, tail, 128, 8) \
    ROW(pmm_ring_shared, full_count, 136, 8) \
    ROW(pmm_ring_shared, reserved2, 144, 112) \
    ROW(pmm_ring_shared, head, 256, 8) \
    ROW(pmm_ring_shared, reader_epoch, 264, 4) \
    ROW(pmm_ring_shared, resync_request, 268, 4) \
    ROW(pmm_ring_shared, reader_heartbeat_ns, 272, 8) \
    ROW(pmm_ring_shared, reserved3, 280, 104)

PMM_RING_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_ring_shared) == 384, "slots begin on a cache line of the payload");
static_assert(offsetof(struct pmm_ring_shared, head) - offsetof(struct pmm_ring_shared, tail) >= PMM_CURSOR_GAP,
              "the two sides' lines are not neighbours");
static_assert((PMM_SEGMENT_HEADER_BYTES + sizeof(struct pmm_ring_shared)) % PMM_LINE_BYTES == 0,
              "a slot is one cache line");

#define COMMIT_BYTES     offsetof(struct pmm_event, commit)
#define READER_LOCK_BYTE 1
#define WARM_SLOTS       4

static uint64_t fingerprint(void) {
    return pmm_fingerprint("ring;" PMM_RING_LAYOUT(PMM_ROW_TEXT) PMM_EVENT_LAYOUT(PMM_ROW_TEXT));
}

static int capacity_good(uint64_t capacity) {
    return capacity >= 2 && capacity <= PMM_RING_CAPACITY_MAX && (capacity & (capacity - 1)) == 0;
}

int pmm_ring_create(const char *path, uint64_t capacity, const char *name) {
    if (!capacity_good(capacity)) return PMM_ERR_ARGUMENT;
    struct pmm_ring_shared initial = {.capacity = capacity, .slots_offset = sizeof initial};
    return pmm_segment_create_with(path, PMM_SEGMENT_RING, fingerprint(),
                                   sizeof initial + capacity * sizeof(struct pmm_event), name, &initial,
                                   sizeof initial);
}

static int attach(struct pmm_ring *ring, const char *path, int mode) {
    if (!ring) return PMM_ERR_ARGUMENT;
    memset(ring, 0, sizeof *ring);
    int code = pmm_segment_open(&ring->segment, path, PMM_SEGMENT_RING, fingerprint(), mode);
    if (code < 0) return code;
    struct pmm_ring_shared *shared = ring->segment.payload;
    size_t payload = ring->segment.bytes - PMM_SEGMENT_HEADER_BYTES;
    if (payload < sizeof *shared || !capacity_good(shared->capacity) || shared->slots_offset != sizeof *shared ||
        payload != sizeof *shared + shared->capacity * sizeof(struct pmm_event)) {
        pmm_segment_close(&ring->segment);
        return PMM_ERR_LAYOUT;
    }
    ring->shared = shared;
    ring->slots = (struct pmm_event *)((uint8_t *)shared + shared->slots_offset);
    ring->mask = shared->capacity - 1;
    return PMM_OK;
}

static int committed(const struct pmm_ring *ring, uint64_t cursor) {
    return pmm_load_acquire_u32(&ring->slots[cursor & ring->mask].commit) == (uint32_t)(cursor + 1);
}

/*
 * The tail is stored before the commit words, so no record behind it carries one. In front of it, the writer may have
 * died in its last push: what it committed there behind the first record without its word nobody has seen, and nobody
 * may when the next push closes that hole. It gets the word of one lap before.
 */
static int recover_tail(struct pmm_ring *ring) {
    uint64_t head = pmm_load_acquire_u64(&ring->shared->head);
    uint64_t tail = pmm_load_relaxed_u64(&ring->shared->tail), cursor = head;
    if (tail < head || tail - head > ring->mask + 1) return PMM_ERR_CORRUPT;
    while (cursor < tail && committed(ring, cursor))
        cursor++;
    for (uint64_t at = cursor + 1; at < tail; at++)
        if (committed(ring, at))
            pmm_store_relaxed_u32(&ring->slots[at & ring->mask].commit, (uint32_t)(at - ring->mask));
    ring->cursor = cursor;
    ring->peer_cursor = head;
    pmm_store_release_u64(&ring->shared->tail, cursor);
    return PMM_OK;
}

int pmm_ring_open_writer(struct pmm_ring *ring, const char *path) {
    int code = attach(ring, path, PMM_OPEN_OWN);
    if (code < 0) return code;
    code = recover_tail(ring);
    if (code < 0) pmm_ring_close(ring);
    return code;
}

int pmm_ring_open_reader(struct pmm_ring *ring, const char *path) {
    int code = attach(ring, path, PMM_OPEN_SHARED);
    if (code < 0) return code;
    code = pmm_segment_claim(&ring->segment, READER_LOCK_BYTE);
    if (code < 0) {
        pmm_ring_close(ring);
        return code;
    }
    struct pmm_ring_shared *shared = ring->shared;
    ring->cursor = ring->released = pmm_load_acquire_u64(&shared->head);
    pmm_store_relaxed_u64(&shared->reader_heartbeat_ns, (uint64_t)pmm_clock_monotonic_ns());
    pmm_store_release_u32(&shared->reader_epoch, pmm_load_relaxed_u32(&shared->reader_epoch) + 1);
    return PMM_OK;
}

int pmm_ring_open_observer(struct pmm_ring *ring, const char *path) { return attach(ring, path, PMM_OPEN_READ); }

void pmm_ring_close(struct pmm_ring *ring) {
    if (!ring || !ring->shared) return;
    pmm_segment_close(&ring->segment);
    memset(ring, 0, sizeof *ring);
}

/*
 * Slots free for this writer, looking at the reader's line only when the cached head leaves too
 * few: acquire pairs with the reader's release, so its copies out of those slots are done.
 */
static uint64_t room(struct pmm_ring *ring, size_t wanted) {
    uint64_t capacity = ring->mask + 1;
    uint64_t space = capacity - (ring->cursor - ring->peer_cursor);
    if (space < wanted) {
        ring->peer_cursor = pmm_load_acquire_u64(&ring->shared->head);
        space = capacity - (ring->cursor - ring->peer_cursor);
    }
    return space;
}

static void count_full(struct pmm_ring *ring) {
    uint64_t *full = &ring->shared->full_count;
    pmm_store_relaxed_u64(full, pmm_load_relaxed_u64(full) + 1);
}

static inline void put(struct pmm_ring *ring, uint64_t cursor, const struct pmm_event *event) {
    struct pmm_event *slot = &ring->slots[cursor & ring->mask];
    memcpy(slot, event, COMMIT_BYTES);
    pmm_store_release_u32(&slot->commit, (uint32_t)(cursor + 1));
}

/*
 * The first record last: the reader stands there, so it sees nothing of a call or all of it. The tail before any
 * commit word: a restarted writer looks for committed records no further than there.
 */
static int64_t publish(struct pmm_ring *ring, const struct pmm_event *events, size_t n) {
    uint64_t begin = ring->cursor;
    ring->cursor = begin + n;
    pmm_store_relaxed_u64(&ring->shared->tail, begin + n);
    for (size_t i = 1; i < n; i++)
        put(ring, begin + i, &events[i]);
    put(ring, begin, &events[0]);
    return (int64_t)n;
}

int64_t pmm_ring_push_bulk(struct pmm_ring *ring, const struct pmm_event *events, size_t n) {
    if (n > ring->mask + 1) return PMM_ERR_ARGUMENT; /* would be AGAIN for ever */
    if (room(ring, n) < n) {
        count_full(ring);
        return PMM_ERR_AGAIN;
    }
    return n ? publish(ring, events, n) : 0;
}

int64_t pmm_ring_push_burst(struct pmm_ring *ring, const struct pmm_event *events, size_t n) {
    uint64_t space = room(ring, n);
    if (space < n) {
        count_full(ring);
        n = (size_t)space;
    }
    return n ? publish(ring, events, n) : 0;
}

/* Of n records that filled the room, those that are whole messages; all of them if not one is. */
static __attribute__((noinline)) int64_t take_whole(struct pmm_ring *ring, const struct pmm_event *events, size_t n) {
    size_t whole = n;
    while (whole > 0 && !pmm_event_ends_message(&events[whole - 1]))
        whole--;
    if (whole == 0) whole = n;
    ring->cursor += whole;
    return (int64_t)whole;
}

int64_t pmm_ring_take(struct pmm_ring *ring, struct pmm_event *out, size_t max) {
    uint64_t cursor = ring->cursor;
    size_t n = 0;
    for (;; n++, cursor++) {
        if (n == max) return take_whole(ring, out, n);
        if (!committed(ring, cursor)) break;
        memcpy(&out[n], &ring->slots[cursor & ring->mask], sizeof *out);
    }
    ring->cursor = cursor;
    return (int64_t)n;
}

void pmm_ring_release(struct pmm_ring *ring) {
    struct pmm_ring_shared *shared = ring->shared;
    if (ring->released == ring->cursor) return;
    pmm_store_release_u64(&shared->head, ring->cursor);
    ring->released = ring->cursor;
}

int64_t pmm_ring_skip(struct pmm_ring *ring, uint64_t n) {
    uint64_t skipped = 0;
    for (; skipped < n && committed(ring, ring->cursor); skipped++)
        ring->cursor++;
    return (int64_t)skipped;
}

int pmm_ring_ready(const struct pmm_ring *ring) {
    return ring->slots && committed(ring, ring->cursor); /* a bell may still hold a closed ring */
}

void pmm_ring_warm_reader(const struct pmm_ring *ring) {
    pmm_prefetch_to_write(&ring->shared->head, sizeof ring->shared->head);
}

void pmm_ring_warm_writer(const struct pmm_ring *ring) {
    pmm_prefetch_to_write(&ring->shared->tail, sizeof ring->shared->tail);
    for (uint64_t at = ring->cursor; at < ring->cursor + WARM_SLOTS; at++)
        pmm_prefetch_to_write(&ring->slots[at & ring->mask], sizeof *ring->slots);
}

uint64_t pmm_ring_depth(const struct pmm_ring *ring) {
    uint64_t head = pmm_load_acquire_u64(&ring->shared->head);
    uint64_t tail = pmm_load_acquire_u64(&ring->shared->tail);
    return tail > head ? tail - head : 0; /* an observer's two loads are not one moment */
}

void pmm_ring_request_resync(struct pmm_ring *ring) {
    uint32_t *requests = &ring->shared->resync_request;
    pmm_store_release_u32(requests, pmm_load_relaxed_u32(requests) + 1);
}

uint32_t pmm_ring_resync_requests(const struct pmm_ring *ring) {
    return pmm_load_acquire_u32(&ring->shared->resync_request) + pmm_load_acquire_u32(&ring->shared->reader_epoch);
}

uint32_t pmm_ring_attaches(const struct pmm_ring *ring) { return pmm_load_acquire_u32(&ring->shared->reader_epoch); }
