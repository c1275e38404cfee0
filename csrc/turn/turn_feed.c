/* turn_feed.c: the feed: into its journal and books, and out to every reader. */
#include "base/error.h"
#include "base/kinds.h"
#include "base/prefetch.h"
#include "turn/outlet_part.h"
#include "turn/turn.h"

#define WARM_BOOKS 4
/* A message that is older is played again, from a recording: how old tells nothing. */
#define OF_TODAY_NS INT64_C(3600000000000)

/* Stamps are a venue's to choose: differences are taken where nothing overflows. */
static void record_latency(const struct pmm_feed *feed, const struct pmm_event *last) {
    if (!feed->venue_to_record || last->venue_ns <= 0 || pmm_is_book_state(last->kind)) return;
    const uint64_t venue_ns = (uint64_t)last->venue_ns - (uint64_t)feed->venue_ahead_ns;
    const int64_t latency_ns = (int64_t)((uint64_t)last->recv_ns - venue_ns);
    if (latency_ns < OF_TODAY_NS) pmm_histogram_record(feed->venue_to_record, latency_ns);
}

int64_t pmm_feed_publish(struct pmm_feed *feed, struct pmm_event *events, size_t n) {
    if (n == 0) return 0;
    int64_t now_ns = pmm_clock_read_session_ns(feed->clock);
    struct pmm_set touched = {{0}};
    for (size_t i = 0; i < n; i++) {
        const uint32_t instrument = events[i].instrument_id;
        if (instrument >= PMM_INSTRUMENTS_MAX || !feed->books[instrument]) return PMM_ERR_ARGUMENT;
        events[i].source = feed->source;
        if (events[i].recv_ns == 0) events[i].recv_ns = now_ns;
        pmm_set_add(&touched, instrument);
    }
    int64_t appended = pmm_journal_append(feed->journal, events, n);
    if (appended < 0) return appended;
    /* The collar's book first: an order that these records cause must not be judged by an older one. */
    for (uint32_t id = pmm_set_first(&touched); id != PMM_INSTRUMENT_ALL; id = pmm_set_next(&touched, id + 1))
        pmm_book_apply(feed->books[id], events, n);
    for (uint32_t reader = 0; reader < feed->reader_count; reader++)
        pmm_outlet_give(feed->readers[reader], events, n, &touched);
    feed->published += n;
    record_latency(feed, &events[n - 1]);
    return (int64_t)n;
}

void pmm_feed_warm(const struct pmm_feed *feed) {
    pmm_journal_warm(feed->journal);
    for (uint32_t id = 0, warmed = 0; id < PMM_INSTRUMENTS_MAX && warmed < WARM_BOOKS; id++) {
        if (!feed->books[id]) continue;
        pmm_book_warm(feed->books[id]);
        warmed++;
    }
    for (uint32_t i = 0; i < feed->reader_count; i++) {
        const struct pmm_outlet *outlet = feed->readers[i];
        pmm_prefetch(outlet, sizeof *outlet);
        pmm_ring_warm_writer(outlet->ring);
        if (outlet->bell) pmm_bell_warm_writer(outlet->bell);
    }
}

static int64_t book_part(const void *books, uint32_t instrument, int64_t recv_ns, struct pmm_place *place,
                         struct pmm_event *out, size_t max) {
    return pmm_book_part(((struct pmm_book *const *)books)[instrument], recv_ns, place, out, max);
}

int64_t pmm_feed_resync(struct pmm_feed *feed, uint32_t reader, int64_t now_ns) {
    return pmm_outlet_resync(feed->readers[reader], book_part, feed->books, now_ns);
}
