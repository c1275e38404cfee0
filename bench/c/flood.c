/*
 * Stands where the exchange's process stands and sends a made market at a given rate: depth changes near the top,
 * now and then a trade, and a mid that walks, so that quotes move. It acknowledges every order and fills
 * none. What did not fit into the ring waits and counts as late; nothing is left out. It watches how deep its ring
 * and the strategy's become: what a ring must hold is what the longest pause of its reader lets gather.
 *
 * more: the session's runtime folder, instruments, records a second, seconds
 */
#include "measure.h"

#include "shared/bell.h"
#include "shared/ring.h"

#define LEVELS          20
#define BURST           256
#define ORDERS          512
#define INSTRUMENTS_MAX 8
#define MID             600000
#define MOVE_EVERY      4096 /* records of an instrument: about 25 moves a second at 200,000/s and two instruments */

struct instrument {
    int64_t mid;
    int64_t sequence;
    uint64_t sent;
};

/* The most that a ring has held, and when, in seconds from the beginning. */
struct deepest {
    uint64_t records;
    double at_s;
};

struct venue {
    struct pmm_ring market, orders, reports, strategy;
    struct pmm_bell bell, feed, gateway;
    struct pmm_control control; /* whose session time stamps what is sent */
    struct instrument instruments[INSTRUMENTS_MAX];
    struct pmm_event open[ORDERS];
    struct pmm_event batch[BURST + 8];
    size_t filled;
    uint32_t count;
    uint32_t resyncs;
    uint64_t random;
    int64_t executions;
    uint64_t start_ns;
    uint64_t full_ns; /* the longest wait for room in the market's ring */
    struct deepest deepest_market, deepest_strategy;
};

static void put(struct venue *v, uint32_t i, uint8_t kind, uint8_t side, int64_t price, int64_t quantity,
                uint8_t flags) {
    struct instrument *in = &v->instruments[i];
    if (!(flags & PMM_FLAG_SNAPSHOT)) in->sequence++;
    v->batch[v->filled++] = (struct pmm_event){.price = price,
                                               .quantity = quantity,
                                               .order_id = kind == PMM_KIND_TRADE ? (uint64_t)in->sequence : 0,
                                               .aux = in->sequence,
                                               .instrument_id = i,
                                               .kind = kind,
                                               .side = side,
                                               .flags = flags,
                                               .venue_id = PMM_VENUE_SIMULATED,
                                               .source = PMM_SOURCE_EXCHANGE};
    in->sent++;
}

static int64_t some_lots(struct venue *v) { return 1000 + (int64_t)(draw(&v->random) % 100000); }

/* The mid moves up by a tick or down: the level in the way goes first, so that the book is never crossed. */
static void move(struct venue *v, uint32_t i, int up) {
    struct instrument *in = &v->instruments[i];
    int64_t way = up ? 1 : -1;
    uint8_t behind = up ? PMM_SIDE_BID : PMM_SIDE_ASK, ahead = up ? PMM_SIDE_ASK : PMM_SIDE_BID;
    put(v, i, PMM_KIND_DEPTH, ahead, in->mid + way, 0, 0);
    put(v, i, PMM_KIND_DEPTH, behind, in->mid, some_lots(v), 0);
    put(v, i, PMM_KIND_DEPTH, behind, in->mid - way * LEVELS, 0, 0);
    put(v, i, PMM_KIND_DEPTH, ahead, in->mid + way * (LEVELS + 1), some_lots(v), PMM_FLAG_LAST);
    in->mid += way;
}

static void message(struct venue *v) {
    uint64_t r = draw(&v->random);
    uint32_t i = (uint32_t)(r % v->count);
    struct instrument *in = &v->instruments[i];
    int bid = (int)(r >> 8 & 1);
    if (in->sent % MOVE_EVERY == 0) {
        move(v, i, in->mid < MID - 50 || (in->mid < MID + 50 && bid));
        return;
    }
    int64_t away = 1 + (int64_t)((r >> 16) % LEVELS);
    int64_t price = bid ? in->mid - away : in->mid + away;
    if ((r >> 32) % 16 == 0)
        put(v, i, PMM_KIND_TRADE, bid ? PMM_SIDE_ASK : PMM_SIDE_BID, bid ? in->mid - 1 : in->mid + 1, 10,
            PMM_FLAG_LAST);
    else
        put(v, i, PMM_KIND_DEPTH, bid ? PMM_SIDE_BID : PMM_SIDE_ASK, price, some_lots(v), PMM_FLAG_LAST);
}

static void watch(struct deepest *deepest, const struct pmm_ring *ring, uint64_t ns) {
    uint64_t depth = pmm_ring_depth(ring);
    if (depth > deepest->records) *deepest = (struct deepest){depth, (double)ns / 1e9};
}

static void stamp_and_push(struct venue *v) {
    int64_t now = pmm_control_now_ns(&v->control);
    for (size_t i = 0; i < v->filled; i++)
        v->batch[i].recv_ns = v->batch[i].venue_ns = now;
    uint64_t full_since = 0;
    for (size_t done = 0;;) {
        done += (size_t)pmm_ring_push_burst(&v->market, v->batch + done, v->filled - done);
        if (done == v->filled) break;
        full_since = full_since ? full_since : clock_ns();
        pmm_segment_beat(&v->bell.segment); /* it waits and lives */
    }
    pmm_bell_ring(&v->feed);
    v->filled = 0;
    uint64_t ended = clock_ns();
    if (full_since && ended - full_since > v->full_ns) v->full_ns = ended - full_since;
    watch(&v->deepest_market, &v->market, ended - v->start_ns);
    watch(&v->deepest_strategy, &v->strategy, ended - v->start_ns);
}

static void snapshots(struct venue *v) {
    for (uint32_t i = 0; i < v->count; i++) {
        int64_t mid = v->instruments[i].mid;
        put(v, i, PMM_KIND_BOOK_BEGIN, 0, 0, 0, PMM_FLAG_SNAPSHOT);
        for (int k = 1; k <= LEVELS; k++) {
            put(v, i, PMM_KIND_DEPTH, PMM_SIDE_BID, mid - k, some_lots(v), PMM_FLAG_SNAPSHOT);
            put(v, i, PMM_KIND_DEPTH, PMM_SIDE_ASK, mid + k, some_lots(v), PMM_FLAG_SNAPSHOT);
        }
        put(v, i, PMM_KIND_BOOK_END, 0, 0, 0, PMM_FLAG_SNAPSHOT | PMM_FLAG_LAST);
        stamp_and_push(v);
    }
}

static struct pmm_event *find(struct venue *v, uint64_t id) {
    for (size_t i = 0; i < ORDERS; i++)
        if (v->open[i].order_id == id) return &v->open[i];
    return NULL;
}

static size_t report(struct venue *v, struct pmm_event *out, struct pmm_event about, uint8_t kind, uint16_t reason) {
    about.recv_ns = about.venue_ns = pmm_control_now_ns(&v->control);
    about.kind = kind;
    about.reason = reason;
    about.flags = 0;
    about.aux = ++v->executions;
    *out = about;
    return 1;
}

static size_t answer(struct venue *v, const struct pmm_event *order, struct pmm_event *out) {
    struct pmm_event *mine = order->order_id ? find(v, order->order_id) : NULL;
    struct pmm_event *place = find(v, 0);
    size_t n = 0;
    switch (order->kind) {
    case PMM_KIND_NEW:
        if (!place) return report(v, out, *order, PMM_KIND_REJECTED, PMM_REASON_CAPACITY);
        *place = *order;
        return report(v, out, *order, PMM_KIND_ACK, 0);
    case PMM_KIND_REPLACE:
        if (!mine) return report(v, out, *order, PMM_KIND_REPLACE_REJECTED, PMM_REASON_UNKNOWN_ORDER);
        mine->price = order->price;
        mine->quantity = order->quantity;
        return report(v, out, *order, PMM_KIND_REPLACED, 0);
    case PMM_KIND_CANCEL:
        if (!mine) return report(v, out, *order, PMM_KIND_CANCEL_REJECTED, PMM_REASON_UNKNOWN_ORDER);
        n = report(v, out, *mine, PMM_KIND_CANCELLED, PMM_REASON_REQUESTED);
        mine->order_id = 0;
        return n;
    case PMM_KIND_CANCEL_ALL:
        for (size_t i = 0; i < ORDERS; i++)
            if (v->open[i].order_id) {
                n += report(v, out + n, v->open[i], PMM_KIND_CANCELLED, PMM_REASON_REQUESTED);
                v->open[i].order_id = 0;
            }
        return n;
    case PMM_KIND_QUERY:
        return mine ? report(v, out, *mine, PMM_KIND_ORDER_STATUS, 0)
                    : report(v, out, *order, PMM_KIND_REJECTED, PMM_REASON_UNKNOWN_ORDER);
    default: return 0;
    }
}

static void answer_orders(struct venue *v) {
    static struct pmm_event in[64], out[ORDERS];
    int64_t n = pmm_ring_take(&v->orders, in, 64);
    if (n == 0) return;
    for (int64_t i = 0; i < n; i++) {
        size_t made = answer(v, &in[i], out);
        if (made) pmm_ring_push_bulk(&v->reports, out, made);
    }
    pmm_ring_release(&v->orders);
    pmm_bell_ring(&v->gateway);
}

static void open_venue(struct venue *v, const char *folder) {
    char path[512];
#define AT(name) (snprintf(path, sizeof path, "%s/" name, folder), path)
    need(pmm_bell_open(&v->bell, AT("exchange.process"), PMM_OPEN_OWN) == 0, path);
    need(pmm_bell_open(&v->feed, AT("feed.process"), PMM_OPEN_SHARED) == 0, path);
    need(pmm_bell_open(&v->gateway, AT("gateway.process"), PMM_OPEN_SHARED) == 0, path);
    need(pmm_control_open(&v->control, AT("control"), PMM_OPEN_READ) == 0, path);
    need(pmm_ring_open_writer(&v->market, AT("venue.market.ring")) == 0, path);
    need(pmm_ring_open_reader(&v->orders, AT("venue.orders.ring")) == 0, path);
    need(pmm_ring_open_writer(&v->reports, AT("venue.reports.ring")) == 0, path);
    need(pmm_ring_open_observer(&v->strategy, AT("market.strategy.ring")) == 0, path);
#undef AT
    pmm_bell_set_state(&v->bell, PMM_STATE_READY);
}

static void rest(struct venue *v, uint64_t ns) {
    uint64_t until = clock_ns() + ns;
    while (clock_ns() < until) {
        pmm_segment_beat(&v->bell.segment);
        if (pmm_ring_resync_requests(&v->market) != v->resyncs) {
            v->resyncs = pmm_ring_resync_requests(&v->market);
            snapshots(v);
        }
        answer_orders(v);
        usleep(200);
    }
}

/* Sends what is due; how late the latest record was goes out with the counts. */
static void send(struct venue *v, double rate, double seconds) {
    uint64_t start = clock_ns(), sent = 0, late_ns = 0, due_end = (uint64_t)(rate * seconds);
    v->start_ns = start;
    v->full_ns = 0;
    v->deepest_market = v->deepest_strategy = (struct deepest){0};
    while (sent < due_end) {
        uint64_t now = clock_ns() - start;
        uint64_t due = (uint64_t)(rate * (double)now / 1e9);
        if (due > due_end) due = due_end;
        pmm_segment_beat(&v->bell.segment);
        answer_orders(v);
        while (sent < due) {
            while (v->filled < BURST && sent + v->filled < due)
                message(v);
            sent += v->filled;
            uint64_t planned = (uint64_t)((double)sent * 1e9 / rate);
            stamp_and_push(v);
            uint64_t passed = clock_ns() - start;
            if (passed > planned && passed - planned > late_ns) late_ns = passed - planned;
        }
        if (pmm_ring_resync_requests(&v->market) != v->resyncs) {
            v->resyncs = pmm_ring_resync_requests(&v->market);
            snapshots(v);
        }
        usleep(50);
    }
    emit("sent", (double)sent);
    emit("seconds", (double)(clock_ns() - start) / 1e9);
    emit("late_ms", (double)late_ns / 1e6);
    emit("full_ms", (double)v->full_ns / 1e6);
    emit("deepest.venue.market", (double)v->deepest_market.records);
    emit("deepest.venue.market.at_s", v->deepest_market.at_s);
    emit("deepest.market.strategy", (double)v->deepest_strategy.records);
    emit("deepest.market.strategy.at_s", v->deepest_strategy.at_s);
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    static struct venue venue;
    venue.count = (uint32_t)atoi(args.more[1]);
    for (uint32_t i = 0; i < venue.count; i++)
        venue.instruments[i] = (struct instrument){.mid = MID, .sent = 1};
    open_venue(&venue, args.more[0]);
    rest(&venue, 1500000000); /* the others notice that the venue is there, and quote */
    send(&venue, atof(args.more[2]), atof(args.more[3]));
    rest(&venue, 300000000);
    return 0;
}
