#include "error.h"
#include "turn.h"

static void push_or_lag(struct pmm_feed *feed, uint32_t reader, const struct pmm_event *events, size_t n) {
    if (feed->lagging[reader]) return;
    if (pmm_ring_push_bulk(feed->readers[reader], events, n) < 0) {
        /* All or nothing: half of a message would be a wrong book, and nobody would know. */
        feed->lagging[reader] = 1;
        feed->overflows++;
        return;
    }
    if (feed->bells[reader]) pmm_bell_ring(feed->bells[reader]);
}

int64_t pmm_feed_publish(struct pmm_feed *feed, struct pmm_event *events, size_t n) {
    if (n == 0) return 0;
    int64_t now_ns = pmm_clock_read_session_ns(feed->clock);
    uint64_t touched = 0;
    for (size_t i = 0; i < n; i++) {
        events[i].source = PMM_SOURCE_FEED;
        if (events[i].recv_ns == 0) events[i].recv_ns = now_ns;
        if (events[i].instrument_id < feed->instrument_count) touched |= 1ull << events[i].instrument_id;
    }
    int64_t appended = pmm_journal_append(feed->journal, events, n);
    if (appended < 0) return appended;
    /* The collar's book first: an order that these records cause must not be judged by an older one. */
    for (; touched; touched &= touched - 1)
        pmm_book_apply(feed->books[__builtin_ctzll(touched)], events, n);
    for (uint32_t reader = 0; reader < feed->reader_count; reader++)
        push_or_lag(feed, reader, events, n);
    feed->published += n;
    return (int64_t)n;
}

static int send_state(struct pmm_feed *feed, uint32_t reader, uint32_t instrument, int64_t now_ns,
                      struct pmm_event *scratch, size_t max) {
    struct pmm_top top;
    pmm_book_top(feed->books[instrument], &top);
    scratch[0] = (struct pmm_event){
        .recv_ns = now_ns,
        .instrument_id = instrument,
        .kind = PMM_KIND_BOOK_INVALID,
        .reason = (uint16_t)(top.valid ? PMM_REASON_RESYNC : top.reason),
        .source = PMM_SOURCE_FEED,
    };
    int64_t n = 0;
    if (top.valid) n = pmm_book_snapshot(feed->books[instrument], now_ns, scratch + 1, max - 1);
    if (n < 0) return (int)n;
    for (int64_t i = 0; i <= n; i++)
        scratch[i].source = PMM_SOURCE_FEED;
    return (int)pmm_ring_push_bulk(feed->readers[reader], scratch, (size_t)n + 1);
}

int pmm_feed_resync(struct pmm_feed *feed, uint32_t reader, int64_t now_ns, struct pmm_event *scratch, size_t max) {
    uint32_t asked = pmm_ring_resync_requests(feed->readers[reader]);
    if (asked == feed->resyncs_seen[reader] && !feed->lagging[reader]) return 0;
    feed->lagging[reader] = 1;
    for (uint32_t i = 0; i < feed->instrument_count; i++)
        if (feed->books[i] && send_state(feed, reader, i, now_ns, scratch, max) < 0) return 0;
    feed->resyncs_seen[reader] = asked;
    feed->lagging[reader] = 0;
    if (feed->bells[reader]) pmm_bell_ring(feed->bells[reader]);
    return 1;
}
