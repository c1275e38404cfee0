/*
 * The L3 stream through the project's book of single orders, beside the textbook book: std::map of levels, a
 * list of orders in each, ids in a hash table; and through the matching engine. After every operation each
 * reads the best levels and folds them into a checksum; they must agree.
 *
 * The book follows one record for each operation, which is what a venue sends: dense ids with a ring, sparse
 * ones by hash alone. For the engine an add is a NEW that does not cross, a reduction a REPLACE to a smaller
 * total, a replace a CANCEL and a NEW under another id, an execution an IOC order against the head of the best
 * level; it validates, matches and writes every report and market data record that a venue would send.
 *
 * more: path of the stream, most live orders, "dense" or "sparse" ids
 */
#include "measure.h"

#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

extern "C" {
#include "book/l3book.h"
#include "sim/match.h"
}

struct wop {
    uint64_t id, new_id;
    int32_t price;
    uint32_t quantity;
    uint8_t op, side, pad[6];
};
enum {
    ADD = 1,
    CANCEL,
    REDUCE,
    REPLACE,
    EXECUTE
};

static const size_t CHUNK = 2048;
static const uint64_t SPARSE = 0x9E3779B97F4A7C15u;

struct top {
    int64_t bid, bid_quantity, ask, ask_quantity;
};

static void fold(uint64_t &sum, const top &t) {
    sum = (sum ^ (uint64_t)t.bid) * 0x100000001b3u + (uint64_t)t.bid_quantity;
    sum = (sum ^ (uint64_t)t.ask) * 0x100000001b3u + (uint64_t)t.ask_quantity;
}

struct textbook {
    struct order {
        uint64_t id;
        int64_t price, quantity;
        int side;
    };
    struct level {
        int64_t quantity = 0;
        std::list<order> queue;
    };
    std::map<int64_t, level> sides[2];
    std::unordered_map<uint64_t, std::list<order>::iterator> ids;

    void add(uint64_t id, int side, int64_t price, int64_t quantity) {
        level &l = sides[side][price];
        l.quantity += quantity;
        l.queue.push_back({id, price, quantity, side});
        ids[id] = std::prev(l.queue.end());
    }
    void take(uint64_t id, int64_t quantity) {
        auto found = ids.find(id);
        auto it = found->second;
        auto at = sides[it->side].find(it->price);
        at->second.quantity -= quantity;
        it->quantity -= quantity;
        if (it->quantity) return;
        int side = it->side;
        at->second.queue.erase(it);
        if (at->second.queue.empty()) sides[side].erase(at);
        ids.erase(found);
    }
    void cancel(uint64_t id) { take(id, ids.find(id)->second->quantity); }
    void apply(const wop &w) {
        if (w.op == ADD)
            add(w.id, w.side, w.price, w.quantity);
        else if (w.op == CANCEL)
            cancel(w.id);
        else if (w.op == REPLACE)
            cancel(w.id), add(w.new_id, w.side, w.price, w.quantity);
        else
            take(w.id, w.quantity);
    }
    top read() {
        top t = {};
        if (!sides[0].empty()) t.bid = sides[0].rbegin()->first, t.bid_quantity = sides[0].rbegin()->second.quantity;
        if (!sides[1].empty()) t.ask = sides[1].begin()->first, t.ask_quantity = sides[1].begin()->second.quantity;
        return t;
    }
};

/* The stream as the engine's records: one or two each; what an order's total is now is kept beside. */
struct translator {
    std::vector<int64_t> totals;
    uint64_t taker = uint64_t(1) << 62, factor = 1;

    pmm_event record(uint8_t kind, uint64_t id, const wop &w) const {
        pmm_event e = {};
        e.recv_ns = 1;
        e.kind = kind;
        e.order_id = id * factor;
        e.price = w.price;
        e.quantity = w.quantity;
        e.side = w.side ? PMM_SIDE_ASK : PMM_SIDE_BID;
        e.source = PMM_SOURCE_STRATEGY;
        return e;
    }
    void total(uint64_t id, int64_t quantity) {
        if (id >= totals.size()) totals.resize(id * 2 + 1024);
        totals[id] = quantity;
    }
    size_t translate(const wop &w, pmm_event *out) {
        switch (w.op) {
        case ADD:
            total(w.id, w.quantity);
            out[0] = record(PMM_KIND_NEW, w.id, w);
            return 1;
        case CANCEL: out[0] = record(PMM_KIND_CANCEL, w.id, w); return 1;
        case REDUCE:
            totals[w.id] -= w.quantity;
            out[0] = record(PMM_KIND_REPLACE, w.id, w);
            out[0].quantity = totals[w.id];
            return 1;
        case REPLACE:
            total(w.new_id, w.quantity);
            out[0] = record(PMM_KIND_CANCEL, w.id, w);
            out[1] = record(PMM_KIND_NEW, w.new_id, w);
            return 2;
        default:
            out[0] = record(PMM_KIND_NEW, 0, w);
            out[0].order_id = taker++;
            out[0].side = w.side ? PMM_SIDE_BID : PMM_SIDE_ASK;
            out[0].source = PMM_SOURCE_TRADERS;
            out[0].aux = PMM_TIF_IOC;
            return 1;
        }
    }
};

struct engine {
    pmm_match *match;
    std::vector<pmm_event> out;
    explicit engine(uint32_t live) : out(8192) {
        uint32_t orders = live + 1024, window = 16384, far = 8192;
        size_t bytes = pmm_match_memsize(orders, window, far);
        match = static_cast<pmm_match *>(aligned_alloc(4096, (bytes + 4095) / 4096 * 4096));
        memset(static_cast<void *>(match), 0, bytes);
        need(pmm_match_init(match, bytes, 0, orders, window, far) == 0, "engine");
    }
    ~engine() { free(match); }
    void apply(const pmm_event *in, size_t n) {
        size_t consumed = 0;
        pmm_match_run(match, in, n, out.data(), out.size(), &consumed);
        need(consumed == n, "room for an operation");
    }
    top read() {
        pmm_top t;
        pmm_match_top(match, &t);
        return {t.bid_quantity ? t.bid_price : 0, t.bid_quantity, t.ask_quantity ? t.ask_price : 0, t.ask_quantity};
    }
};

static uint64_t engine_pass(const std::vector<wop> &ops, uint32_t live, uint64_t factor) {
    engine book(live);
    translator from;
    from.factor = factor;
    std::vector<pmm_event> records(2 * CHUNK);
    std::vector<uint8_t> counts(CHUNK);
    uint64_t sum = 0, taken = 0;
    for (size_t at = 0; at < ops.size(); at += CHUNK) {
        size_t n = ops.size() - at < CHUNK ? ops.size() - at : CHUNK, filled = 0;
        for (size_t i = 0; i < n; i++)
            filled += counts[i] = (uint8_t)from.translate(ops[at + i], &records[filled]);
        const pmm_event *next = records.data();
        uint64_t start = ticks();
        for (size_t i = 0; i < n; i++) {
            book.apply(next, counts[i]);
            next += counts[i];
            fold(sum, book.read());
        }
        taken += ticks() - start;
    }
    emit("engine", ticks_to_ns(taken) / (double)ops.size());
    return sum;
}

/* Four places for each live order, rounded up to a power of two. */
static uint32_t ring_for(uint32_t live) {
    uint32_t slots = 64;
    while (slots < 4 * live)
        slots *= 2;
    return slots;
}

/* The stream as a venue's messages, which is what it is: one record for each operation. */
static pmm_event message(const wop &w, uint64_t factor) {
    static const uint8_t kinds[] = {0,
                                    PMM_KIND_ORDER_ADD,
                                    PMM_KIND_ORDER_REMOVE,
                                    PMM_KIND_ORDER_REDUCE,
                                    PMM_KIND_ORDER_REPLACE,
                                    PMM_KIND_ORDER_EXECUTE};
    pmm_event e = {};
    e.recv_ns = 1;
    e.kind = kinds[w.op];
    e.order_id = (w.op == REPLACE ? w.new_id : w.id) * factor;
    e.aux = static_cast<int64_t>(w.op == REPLACE ? w.id * factor : 0);
    e.price = w.price;
    e.quantity = w.quantity;
    e.side = w.side ? PMM_SIDE_ASK : PMM_SIDE_BID;
    return e;
}

struct l3book {
    pmm_l3book *book;
    l3book(uint32_t live, uint32_t id_ring) {
        uint32_t orders = live + 1024, window = 16384, levels = 8192;
        size_t bytes = pmm_l3book_memsize(orders, window, levels, id_ring);
        book = static_cast<pmm_l3book *>(aligned_alloc(4096, (bytes + 4095) / 4096 * 4096));
        need(book && pmm_l3book_init(book, bytes, 0, orders, window, levels, id_ring) == 0, "book");
    }
    ~l3book() { free(book); }
};

static top best_of(const pmm_top &t) { return {t.bid_price, t.bid_quantity, t.ask_price, t.ask_quantity}; }

/* One call for each operation and one for its top, or a call for a chunk that gives the top after each operation. */
static uint64_t l3book_pass(const std::vector<wop> &ops, uint32_t live, uint64_t factor, bool batched) {
    l3book l3(live, factor == 1 ? ring_for(live) : 0);
    std::vector<pmm_event> records(CHUNK);
    std::vector<pmm_top> tops(CHUNK);
    uint64_t sum = 0, taken = 0, applied = 0;
    for (size_t at = 0; at < ops.size(); at += CHUNK) {
        size_t n = ops.size() - at < CHUNK ? ops.size() - at : CHUNK;
        for (size_t i = 0; i < n; i++)
            records[i] = message(ops[at + i], factor);
        uint64_t start = ticks();
        if (batched) {
            applied += (uint64_t)pmm_l3book_apply_tops(l3.book, records.data(), n, tops.data());
            for (size_t i = 0; i < n; i++)
                fold(sum, best_of(tops[i]));
        } else {
            pmm_top t;
            for (size_t i = 0; i < n; i++) {
                applied += (uint64_t)pmm_l3book_apply(l3.book, &records[i], 1);
                pmm_l3book_top(l3.book, &t);
                fold(sum, best_of(t));
            }
        }
        taken += ticks() - start;
    }
    need(applied == ops.size(), "every operation's record");
    emit(batched ? "l3_batched" : "l3", ticks_to_ns(taken) / (double)ops.size());
    return sum;
}

static uint64_t textbook_pass(const std::vector<wop> &ops, uint64_t factor) {
    textbook book;
    std::vector<wop> chunk(CHUNK);
    uint64_t sum = 0, taken = 0;
    for (size_t at = 0; at < ops.size(); at += CHUNK) {
        size_t n = ops.size() - at < CHUNK ? ops.size() - at : CHUNK;
        for (size_t i = 0; i < n; i++) {
            chunk[i] = ops[at + i];
            chunk[i].id *= factor;
            chunk[i].new_id *= factor;
        }
        uint64_t start = ticks();
        for (size_t i = 0; i < n; i++) {
            book.apply(chunk[i]);
            fold(sum, book.read());
        }
        taken += ticks() - start;
    }
    emit("textbook", ticks_to_ns(taken) / (double)ops.size());
    return sum;
}

/* What every pass pays: the stream from memory and a checksum. */
static void null_pass(const std::vector<wop> &ops) {
    std::vector<wop> chunk(CHUNK);
    uint64_t sum = 0, taken = 0;
    top best = {};
    for (size_t at = 0; at < ops.size(); at += CHUNK) {
        size_t n = ops.size() - at < CHUNK ? ops.size() - at : CHUNK;
        memcpy(static_cast<void *>(chunk.data()), &ops[at], n * sizeof(wop));
        uint64_t start = ticks();
        for (size_t i = 0; i < n; i++) {
            if (chunk[i].op == ADD) /* as little predictable as every book's switch */
                best.bid += chunk[i].price;
            else
                best.ask ^= chunk[i].quantity;
            fold(sum, best);
        }
        taken += ticks() - start;
    }
    volatile uint64_t keep = sum;
    (void)keep;
    emit("null", ticks_to_ns(taken) / (double)ops.size());
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    FILE *file = fopen(args.more[0], "rb");
    need(file != nullptr, args.more[0]);
    std::vector<wop> ops(args.scale > 0 ? 5000000 / (size_t)args.scale : 20000);
    ops.resize(fread(ops.data(), sizeof(wop), ops.size(), file));
    uint32_t live = (uint32_t)atoi(args.more[1]);
    uint64_t factor = std::string(args.more[2]) == "sparse" ? SPARSE : 1;
    if (counting(&args)) {
        engine_pass(ops, live, factor);
        emit("units.pmm_match_run", (double)ops.size());
        l3book_pass(ops, live, factor, false);
        emit("units.pmm_l3book_apply", (double)ops.size());
        return 0;
    }
    for (int round = 0; round < args.rounds; round++) {
        null_pass(ops);
        uint64_t right = textbook_pass(ops, factor);
        need(l3book_pass(ops, live, factor, false) == right, "the book's agreement on every best level");
        need(l3book_pass(ops, live, factor, true) == right, "its agreement in batches");
        need(engine_pass(ops, live, factor) == right, "the engine's agreement on every best level");
    }
    return 0;
}
