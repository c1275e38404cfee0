/* turn_venue.c: the feed of a venue that is reached through a ring: numbers checked, gaps healed. */
#include "base/prefetch.h"
#include "turn/turn.h"
#include "turn/turns.h"

#define WARM_RECORDS 8

/* Only what is of our instruments, stamped; how many are left, in order. */
static size_t take_ours(const struct pmm_venue_turn *turn, size_t n, int64_t now_ns) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t instrument = turn->batch[i].instrument_id;
        if (instrument >= PMM_INSTRUMENTS_MAX || !turn->feed->books[instrument]) continue;
        if (kept != i) turn->batch[kept] = turn->batch[i];
        turn->batch[kept++].recv_ns = now_ns;
    }
    return kept;
}

/* Drops records of instruments that wait for their BOOK_BEGIN; how many are left, in order. */
static size_t without_waiting(struct pmm_venue_turn *turn, struct pmm_event *events, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t instrument = events[i].instrument_id;
        if (pmm_set_has(&turn->waiting, instrument) && events[i].kind != PMM_KIND_BOOK_BEGIN) continue;
        pmm_set_take(&turn->waiting, instrument);
        events[kept++] = events[i];
    }
    return kept;
}

/*
 * Whether a record joins on to what came before it of its instrument: a change has the next number, a snapshot that
 * comes in pieces the one of the last change. last becomes its number if so.
 */
static int continues(const struct pmm_event *e, uint64_t *last) {
    uint64_t number = (uint64_t)e->aux;
    int of_snapshot = e->kind == PMM_KIND_BOOK_END || (e->flags & PMM_FLAG_SNAPSHOT);
    int change = e->kind == PMM_KIND_DEPTH || e->kind == PMM_KIND_TRADE;
    int begins = e->kind == PMM_KIND_BOOK_BEGIN;
    if (!begins && !of_snapshot && !change) return 1;
    if (!begins && number != *last + (uint64_t)!of_snapshot) return 0;
    *last = number;
    return 1;
}

/* How many of the records continue their instrument's numbers; where it stops short, events[that] has the gap. */
static size_t count_continuing(struct pmm_venue_turn *turn, const struct pmm_event *events, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *e = &events[i];
        if (!continues(e, &turn->sequences[e->instrument_id])) return i;
    }
    return n;
}

int64_t pmm_venue_wait_for(struct pmm_venue_turn *turn, uint32_t instrument_id, uint16_t reason) {
    struct pmm_event event = {.instrument_id = instrument_id,
                              .kind = PMM_KIND_BOOK_INVALID,
                              .reason = reason,
                              .flags = PMM_FLAG_LAST,
                              .venue_id = turn->venue_id};
    pmm_set_add(&turn->waiting, instrument_id);
    return pmm_feed_publish(turn->feed, &event, 1);
}

static int64_t publish(struct pmm_venue_turn *turn, struct pmm_event *events, size_t n) {
    size_t begin = 0;
    while (begin < n) {
        if (!pmm_set_is_empty(&turn->waiting)) n = begin + without_waiting(turn, events + begin, n - begin);
        size_t good = count_continuing(turn, events + begin, n - begin);
        int64_t code = pmm_feed_publish(turn->feed, events + begin, good);
        begin += good;
        if (code >= 0 && begin < n) {
            turn->gaps++;
            code = pmm_venue_wait_for(turn, events[begin].instrument_id, PMM_REASON_SEQUENCE_GAP);
            pmm_ring_request_resync(turn->ring);
        }
        if (code < 0) return code;
    }
    return (int64_t)n;
}

int64_t pmm_venue_run_turn(struct pmm_venue_turn *turn) {
    int64_t n = pmm_ring_take(turn->ring, turn->batch, turn->batch_max);
    if (n == 0) return 0;
    size_t ours = take_ours(turn, (size_t)n, pmm_clock_read_session_ns(turn->feed->clock));
    int64_t code = publish(turn, turn->batch, ours);
    if (code < 0) return code;
    pmm_ring_release(turn->ring);
    return n;
}

static void warm(const void *waiting) {
    const struct pmm_venue_turn *turn = waiting;
    pmm_ring_warm_reader(turn->ring);
    pmm_prefetch_to_write(turn->batch, WARM_RECORDS * sizeof *turn->batch);
    pmm_feed_warm(turn->feed);
}

static int64_t run_turn(void *turn, size_t own) {
    (void)own;
    return pmm_venue_run_turn(turn);
}

int64_t pmm_venue_turns(struct pmm_venue_turn *turn, struct pmm_loop *loop) {
    return pmm_take_turns(run_turn, warm, turn, 0, loop);
}
