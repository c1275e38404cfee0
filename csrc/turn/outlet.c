/* outlet.c: what one reader is sent: the market as it comes, or a book in pieces when it fell behind. */
#include "turn/outlet.h"

#include <assert.h>

#include "turn/outlet_part.h"

#define NOBODY PMM_INSTRUMENT_ALL

static_assert(PMM_OUTLET_CAPACITY_MIN / 2 >= PMM_MESSAGE_MAX, "a message fits beside the pieces of a snapshot");
static_assert(PMM_OUTLET_SCRATCH >= PMM_MESSAGE_MAX + PMM_INSTRUMENTS_MAX, "notices and a message stand in scratch");

void pmm_outlet_init(struct pmm_outlet *outlet, struct pmm_ring *ring, struct pmm_bell *bell, struct pmm_event *scratch,
                     const struct pmm_set *instruments, uint16_t source, uint8_t venue_id) {
    *outlet = (struct pmm_outlet){.ring = ring,
                                  .bell = bell,
                                  .scratch = scratch,
                                  .instruments = *instruments,
                                  .stale = *instruments,
                                  .untold = *instruments,
                                  .sending = NOBODY,
                                  .source = source,
                                  .venue_id = venue_id};
}

int pmm_outlet_settled(const struct pmm_outlet *outlet) {
    return pmm_set_is_empty(&outlet->stale) && outlet->sending == NOBODY;
}

/* The reader has lost changes of these of its instruments, or is taken to have. */
static void owe(struct pmm_outlet *outlet, const struct pmm_set *instruments) {
    const struct pmm_set lost = pmm_set_without(instruments, &outlet->stale);
    pmm_set_add_all(&outlet->untold, &lost);
    pmm_set_add_all(&outlet->stale, &lost);
    if (pmm_set_has(&outlet->stale, outlet->sending)) outlet->sending = NOBODY;
}

static void owe_touched(struct pmm_outlet *outlet, const struct pmm_event *events, size_t n) {
    struct pmm_set touched = {{0}};
    for (size_t i = 0; i < n; i++)
        if (pmm_set_has(&outlet->instruments, events[i].instrument_id)) pmm_set_add(&touched, events[i].instrument_id);
    owe(outlet, &touched);
}

static void ring_bell(const struct pmm_outlet *outlet) {
    if (outlet->bell) pmm_bell_ring(outlet->bell);
}

/* BOOK_INVALID for each stale instrument that the reader has not heard of. The count. */
static size_t write_notices(const struct pmm_outlet *outlet, int64_t recv_ns, struct pmm_event *out) {
    size_t n = 0;
    for (uint32_t id = pmm_set_first(&outlet->untold); id != NOBODY; id = pmm_set_next(&outlet->untold, id + 1))
        out[n++] = (struct pmm_event){.recv_ns = recv_ns,
                                      .instrument_id = id,
                                      .kind = PMM_KIND_BOOK_INVALID,
                                      .reason = PMM_REASON_RESYNC,
                                      .flags = PMM_FLAG_LAST,
                                      .venue_id = outlet->venue_id,
                                      .source = outlet->source};
    return n;
}

/* The records of the reader's instruments that are not stale; the last that is left of a message ends it. The count. */
static size_t current(const struct pmm_outlet *outlet, const struct pmm_event *events, size_t n,
                      struct pmm_event *out) {
    const struct pmm_set fresh = pmm_set_without(&outlet->instruments, &outlet->stale);
    size_t kept = 0, begun = 0;
    for (size_t i = 0; i < n; i++) {
        if (pmm_set_has(&fresh, events[i].instrument_id))
            out[kept++] = events[i];
        else if (kept > begun)
            out[kept - 1].flags |= events[i].flags & PMM_FLAG_LAST;
        if (pmm_event_ends_message(&events[i])) begun = kept;
    }
    return kept;
}

static int begins_anew(const struct pmm_outlet *outlet, const struct pmm_event *events, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int state = events[i].kind == PMM_KIND_BOOK_BEGIN || events[i].kind == PMM_KIND_BOOK_INVALID;
        if (state && events[i].instrument_id == outlet->sending) return 1;
    }
    return 0;
}

/* At most PMM_MESSAGE_MAX records. */
static void push_fitting(struct pmm_outlet *outlet, const struct pmm_event *events, size_t n) {
    size_t notices = write_notices(outlet, events[0].recv_ns, outlet->scratch);
    size_t kept = current(outlet, events, n, outlet->scratch + notices);
    if (kept == 0) return;
    if (pmm_ring_push_bulk(outlet->ring, outlet->scratch, notices + kept) < 0) {
        outlet->overflows++;
        owe_touched(outlet, events, n);
        return;
    }
    outlet->untold = (struct pmm_set){{0}};
    if (begins_anew(outlet, events, n)) outlet->sending = NOBODY;
    ring_bell(outlet);
}

/* How many of n records are whole messages that fit together; 0 if the first is too long. */
static size_t fitting(const struct pmm_event *events, size_t n) {
    size_t whole = n <= PMM_MESSAGE_MAX ? n : PMM_MESSAGE_MAX;
    if (whole == n) return n;
    while (whole > 0 && !pmm_event_ends_message(&events[whole - 1]))
        whole--;
    return whole;
}

static size_t message_length(const struct pmm_event *events, size_t n) {
    size_t length = 1;
    while (length < n && !pmm_event_ends_message(&events[length - 1]))
        length++;
    return length;
}

void pmm_outlet_push_in_parts(struct pmm_outlet *outlet, const struct pmm_event *events, size_t n) {
    for (size_t done = 0, part; done < n; done += part) {
        part = fitting(events + done, n - done);
        if (part > 0) {
            push_fitting(outlet, events + done, part);
        } else {
            part = message_length(events + done, n - done);
            owe_touched(outlet, events + done, part);
        }
    }
}

void pmm_outlet_push(struct pmm_outlet *outlet, const struct pmm_event *events, size_t n) {
    size_t had = 0;
    while (had < n && pmm_set_has(&outlet->instruments, events[had].instrument_id))
        had++;
    if (had < n)
        pmm_outlet_push_in_parts(outlet, events, n);
    else
        pmm_outlet_give(outlet, events, n, &outlet->instruments);
}

/* Records that a resync may push now. */
static size_t spare(const struct pmm_outlet *outlet) {
    uint64_t half = (outlet->ring->mask + 1) / 2, used = pmm_ring_depth(outlet->ring);
    return used < half ? (size_t)(half - used) : 0;
}

/* 1 if nothing is left to be told. */
static int tell(struct pmm_outlet *outlet, int64_t now_ns) {
    size_t n = write_notices(outlet, now_ns, outlet->scratch);
    int64_t told = n > 0 ? pmm_ring_push_burst(outlet->ring, outlet->scratch, n) : 0;
    for (; told > 0; told--)
        pmm_set_take(&outlet->untold, pmm_set_first(&outlet->untold));
    return pmm_set_is_empty(&outlet->untold);
}

/* The instrument under way, or the stale one whose turn it is; NOBODY. */
static uint32_t choose(const struct pmm_outlet *outlet, const struct pmm_set *refused) {
    if (outlet->sending != NOBODY) return pmm_set_has(refused, outlet->sending) ? NOBODY : outlet->sending;
    const struct pmm_set stale = pmm_set_without(&outlet->stale, refused);
    uint32_t next = pmm_set_next(&stale, outlet->next);
    return next != NOBODY ? next : pmm_set_first(&stale);
}

static void note_sent(struct pmm_outlet *outlet, uint32_t instrument, const struct pmm_place *place, size_t n) {
    int done = place->part == PMM_PLACE_DONE;
    outlet->place = *place;
    pmm_set_take(&outlet->stale, instrument);
    outlet->sending = done ? NOBODY : instrument;
    outlet->next = instrument + (uint32_t)done;
    outlet->resyncs += (uint64_t)done;
    outlet->resent += n;
}

/* One piece, of at most max records. The count, or a negative code: nothing of this instrument now. */
static int64_t send_piece(struct pmm_outlet *outlet, pmm_outlet_part *part, const void *books, int64_t now_ns,
                          uint32_t instrument, size_t max) {
    struct pmm_place place = {0};
    if (instrument == outlet->sending) place = outlet->place;
    if (max > PMM_OUTLET_SCRATCH) max = PMM_OUTLET_SCRATCH;
    int64_t n = part(books, instrument, now_ns, &place, outlet->scratch, max);
    for (int64_t i = 0; i < n; i++)
        outlet->scratch[i].source = outlet->source;
    if (n >= 0) n = pmm_ring_push_bulk(outlet->ring, outlet->scratch, (size_t)n);
    if (n >= 0) note_sent(outlet, instrument, &place, (size_t)n);
    return n;
}

/* An attach that comes between the two loads is seen as a request now, and as an attach the next time. */
static void look_for_requests(struct pmm_outlet *outlet) {
    uint32_t attaches = pmm_ring_attaches(outlet->ring), seen = pmm_ring_resync_requests(outlet->ring);
    struct pmm_set asked = outlet->instruments;
    if (attaches == outlet->attaches) pmm_set_take(&asked, outlet->sending);
    if (attaches != outlet->attaches || seen != outlet->seen) owe(outlet, &asked);
    outlet->attaches = attaches;
    outlet->seen = seen;
}

int64_t pmm_outlet_resync(struct pmm_outlet *outlet, pmm_outlet_part *part, const void *books, int64_t now_ns) {
    look_for_requests(outlet);
    if (pmm_outlet_settled(outlet) || !tell(outlet, now_ns)) return 0;
    size_t room = spare(outlet), sent = 0;
    struct pmm_set refused = {{0}};
    for (uint32_t instrument; sent < room && (instrument = choose(outlet, &refused)) != NOBODY;) {
        int64_t n = send_piece(outlet, part, books, now_ns, instrument, room - sent);
        if (n < 0)
            pmm_set_add(&refused, instrument);
        else
            sent += (size_t)n;
    }
    ring_bell(outlet);
    return (int64_t)sent;
}
