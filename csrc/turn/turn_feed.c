/* turn_feed.c: the feed: into its journal and books, and out to every reader. */
#include "turn/outlet_part.h"
#include "turn/turn.h"

int64_t pmm_feed_publish(struct pmm_feed *feed, struct pmm_event *events, size_t n) {
    if (n == 0) return 0;
    int64_t now_ns = pmm_clock_read_session_ns(feed->clock);
    uint64_t touched = 0;
    for (size_t i = 0; i < n; i++) {
        events[i].source = PMM_SOURCE_FEED;
        if (events[i].recv_ns == 0) events[i].recv_ns = now_ns;
        if (events[i].instrument_id < feed->instrument_count) touched |= UINT64_C(1) << events[i].instrument_id;
    }
    int64_t appended = pmm_journal_append(feed->journal, events, n);
    if (appended < 0) return appended;
    /* The collar's book first: an order that these records cause must not be judged by an older one. */
    for (; touched; touched &= touched - 1)
        pmm_book_apply(feed->books[__builtin_ctzll(touched)], events, n);
    for (uint32_t reader = 0; reader < feed->reader_count; reader++)
        pmm_outlet_give(feed->readers[reader], events, n);
    feed->published += n;
    return (int64_t)n;
}

static int64_t book_part(const void *books, uint32_t instrument, int64_t recv_ns, struct pmm_place *place,
                         struct pmm_event *out, size_t max) {
    return pmm_book_part(((struct pmm_book *const *)books)[instrument], recv_ns, place, out, max);
}

int64_t pmm_feed_resync(struct pmm_feed *feed, uint32_t reader, int64_t now_ns) {
    return pmm_outlet_resync(feed->readers[reader], book_part, feed->books, now_ns);
}
