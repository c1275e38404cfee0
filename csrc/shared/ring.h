/*
 * ring.h: a single-producer single-consumer queue of records between two processes.
 *
 * What it is. 2^n slots of one pmm_event each, in one segment file. The commit word in
 * the slot's own last 4 bytes publishes it, so an event costs one cache-line transfer:
 * the writer copies bytes 0..59, then stores commit = low 32 bits of (cursor + 1) with
 * release; the reader polls that word with acquire. A slot is free when the reader's
 * published head has passed it.
 *
 * Who writes, who reads. The writer owns the segment (PMM_OPEN_OWN) and writes slots and
 * the writer line. The reader opens it PMM_OPEN_SHARED and writes the reader line only; it
 * claims byte 1 of the file, so there is one reader at a time as there is one writer.
 *
 * Promises while both live: nothing lost, doubled or reordered. A push is one thing: its first record, at which
 * the reader stands, is written last, so the reader sees none of it or all of it. A push whose writer
 * died inside is never seen, not even in part. A restarted writer finds its cursor by looking at
 * the commit words up to the tail, and takes back those behind a hole (pmm_ring_open_writer). A restarted reader
 * continues at the published head: it may see again what it had read and not released: at least once, and
 * pmm_ring_open_reader tells the cursor it starts from, which a reader that journalled what it took can compare with
 * its journal to make that exactly once (pmm_ring_skip).
 *
 * Cursors are free-running 64-bit counts from 0, masked on access: they do not wrap in the
 * life of a machine. The commit word holds 32 bits of cursor + 1, so a slot's stale word
 * differs from the expected one by the ring's size; capacity is at most 2^20.
 *
 *   offset in payload  bytes  field             written by
 *   0                  8      capacity          maker
 *   8                  8      slots_offset      maker: from the start of the payload
 *   16                 112    reserved
 *   128                8      tail              writer: where its last push ends, stored before its commit words
 *   136                8      full_count        writer: pushes that found no room
 *   144                112    reserved
 *   256                8      head              reader: slots below it are free
 *   264                4      reader_epoch      reader: +1 at each attach
 *   268                4      resync_request    reader: +1 to ask the writer to resend its state
 *   272                8      reader_heartbeat_ns  reader: monotonic, at attach
 *   280                104    reserved
 *   384                       slots, 64 bytes each
 */
#ifndef PMM_RING_H
#define PMM_RING_H

#include "base/event.h"
#include "shared/segment.h"

#define PMM_RING_CAPACITY_MAX 1048576

struct pmm_ring_shared {
    uint64_t capacity;
    uint64_t slots_offset;
    uint64_t reserved1[14];
    uint64_t tail;
    uint64_t full_count;
    uint64_t reserved2[14];
    uint64_t head;
    uint32_t reader_epoch;
    uint32_t resync_request;
    uint64_t reader_heartbeat_ns;
    uint64_t reserved3[13];
};

/* One side's handle; private to the process. */
struct pmm_ring {
    struct pmm_segment segment;
    struct pmm_ring_shared *shared;
    struct pmm_event *slots;
    uint64_t mask;
    uint64_t cursor;      /* writer: next to write; reader: next to read */
    uint64_t peer_cursor; /* writer: cached head; reader: unused */
    uint64_t released;    /* reader: head as last published */
};

/* Creates the file. capacity: a power of two, 2 to 2^20. Codes as pmm_segment_create. */
int pmm_ring_create(const char *path, uint64_t capacity, const char *name);

/*
 * Attach one side. The writer recovers its tail. Codes as pmm_segment_open; OWNED also where
 * another reader is attached, CORRUPT where the cursors contradict each other.
 */
int pmm_ring_open_writer(struct pmm_ring *ring, const char *path);
int pmm_ring_open_reader(struct pmm_ring *ring, const char *path); /* ring->cursor tells where it starts */
int pmm_ring_open_observer(struct pmm_ring *ring, const char *path); /* read-only: counts, no records */
void pmm_ring_close(struct pmm_ring *ring);

/*
 * Writer. Bulk: all n or none (returns n, or AGAIN; ARGUMENT if n is above the capacity). Burst: what fits (returns
 * 0..n). What a call publishes the reader sees at once: none of it, or all.
 */
int64_t pmm_ring_push_bulk(struct pmm_ring *ring, const struct pmm_event *events, size_t n);
int64_t pmm_ring_push_burst(struct pmm_ring *ring, const struct pmm_event *events, size_t n);

/*
 * Reader. Copies what is there, up to max, and advances the private cursor; returns the
 * count (0 when empty). Where max cuts a message (pmm_event_ends_message) the copy ends before it, unless it is the
 * first: so whoever has room for the longest message takes whole ones only. The slots are free for the writer
 * only after release.
 */
int64_t pmm_ring_take(struct pmm_ring *ring, struct pmm_event *out, size_t max);
/* Publishes everything taken so far as free. */
void pmm_ring_release(struct pmm_ring *ring);
/* Steps over n records that the reader knows it has already handled; returns the count skipped. */
int64_t pmm_ring_skip(struct pmm_ring *ring, uint64_t n);
/* 1 if a record is waiting. */
int pmm_ring_ready(const struct pmm_ring *ring);

/*
 * Bring near what the side's next call writes: the reader's line; the writer's, and its next slots. A reader leaves the
 * slots alone: it would take them from the core that is about to write them.
 */
void pmm_ring_warm_reader(const struct pmm_ring *ring);
void pmm_ring_warm_writer(const struct pmm_ring *ring);

/* Records published, or being published, and not released, as either side or an observer sees it. */
uint64_t pmm_ring_depth(const struct pmm_ring *ring);

/* Reader asks for a resend of state (a fresh book); writer sees whether one was asked since `seen`. */
void pmm_ring_request_resync(struct pmm_ring *ring);
uint32_t pmm_ring_resync_requests(const struct pmm_ring *ring); /* requests + attaches so far */
uint32_t pmm_ring_attaches(const struct pmm_ring *ring);        /* of a reader */

#endif
