/*
 * The L2 book on a stream of absolute level changes, beside a book of two std::map, and a null pass that only
 * reads the records. After every batch (of 16 records, and of 1) each reads the best levels and folds them into
 * a checksum: the two books must come to the same. Records are laid out a few thousand at a time outside the
 * clock, as a feed finds them: in the cache.
 *
 * more: kind ("l2": 16-byte records of the workload, "events": 64-byte records), path of the stream, the book's window
 */
#include "measure.h"

#include <map>
#include <string>
#include <vector>

extern "C" {
#include "book/book.h"
}

static const size_t CHUNK = 4096;
static const uint32_t FAR = 8192; /* as a session's books */
static uint32_t window;

struct l2op {
    int32_t price;
    uint32_t side;
    uint64_t quantity;
};

struct top {
    int64_t bid, bid_quantity, ask, ask_quantity;
};

static void fold(uint64_t &sum, const top &t) {
    sum = (sum ^ (uint64_t)t.bid) * 0x100000001b3u + (uint64_t)t.bid_quantity;
    sum = (sum ^ (uint64_t)t.ask) * 0x100000001b3u + (uint64_t)t.ask_quantity;
}

struct null_book {
    top best = {};
    void apply(const pmm_event *e, size_t n) {
        for (size_t i = 0; i < n; i++) {
            best.bid = e[i].price;
            best.bid_quantity += e[i].quantity + e[i].side;
        }
    }
    top read() { return best; }
};

struct map_book {
    std::map<int64_t, int64_t, std::greater<int64_t>> bids;
    std::map<int64_t, int64_t> asks;
    template <class Side> static void set(Side &side, const pmm_event &e) {
        if (e.quantity)
            side[e.price] = e.quantity;
        else
            side.erase(e.price);
    }
    void apply(const pmm_event *e, size_t n) {
        for (size_t i = 0; i < n; i++) {
            if (e[i].kind == PMM_KIND_BOOK_BEGIN) {
                bids.clear();
                asks.clear();
            }
            if (e[i].kind != PMM_KIND_DEPTH) continue;
            if (e[i].side == PMM_SIDE_BID)
                set(bids, e[i]);
            else
                set(asks, e[i]);
        }
    }
    top read() {
        top t = {};
        if (!bids.empty()) t.bid = bids.begin()->first, t.bid_quantity = bids.begin()->second;
        if (!asks.empty()) t.ask = asks.begin()->first, t.ask_quantity = asks.begin()->second;
        return t;
    }
};

struct our_book {
    pmm_book *book;
    our_book() {
        size_t bytes = pmm_book_memsize(window, FAR);
        book = static_cast<pmm_book *>(aligned_alloc(4096, (bytes + 4095) / 4096 * 4096));
        memset(static_cast<void *>(book), 0, bytes);
        need(pmm_book_init(book, bytes, 0, window, FAR) == 0, "book");
    }
    ~our_book() { free(book); }
    void apply(const pmm_event *e, size_t n) { pmm_book_apply(book, e, n); }
    top read() {
        pmm_top t;
        pmm_book_top(book, &t);
        return {t.bid_quantity ? t.bid_price : 0, t.bid_quantity, t.ask_quantity ? t.ask_price : 0, t.ask_quantity};
    }
};

struct stream {
    std::vector<pmm_event> events;
    std::vector<l2op> ops;
    size_t size() const { return ops.empty() ? events.size() : ops.size(); }
    size_t lay_out(pmm_event *out, size_t at) const {
        size_t n = size() - at < CHUNK ? size() - at : CHUNK;
        for (size_t i = 0; i < n; i++) {
            if (ops.empty()) {
                out[i] = events[at + i];
                continue;
            }
            const l2op &op = ops[at + i];
            out[i] = pmm_event();
            out[i].recv_ns = (int64_t)(at + i + 1);
            out[i].price = op.price;
            out[i].quantity = (int64_t)op.quantity;
            out[i].kind = PMM_KIND_DEPTH;
            out[i].side = op.side ? PMM_SIDE_ASK : PMM_SIDE_BID;
        }
        return n;
    }
};

template <class Book> static uint64_t pass(const std::string &name, const stream &from, size_t batch) {
    static pmm_event chunk[CHUNK];
    Book book;
    uint64_t sum = 0, taken = 0;
    for (size_t at = 0; at < from.size(); at += CHUNK) {
        size_t n = from.lay_out(chunk, at);
        uint64_t start = ticks();
        for (size_t i = 0; i < n; i += batch) {
            book.apply(chunk + i, n - i < batch ? n - i : batch);
            fold(sum, book.read());
        }
        taken += ticks() - start;
    }
    emit(name.c_str(), ticks_to_ns(taken) / (double)from.size());
    return sum;
}

template <class T> static std::vector<T> load(const char *path, size_t most) {
    FILE *file = fopen(path, "rb");
    need(file != nullptr, path);
    fseek(file, 0, SEEK_END);
    size_t n = (size_t)ftell(file) / sizeof(T);
    rewind(file);
    std::vector<T> out(n < most ? n : most);
    need(fread(out.data(), sizeof(T), out.size(), file) == out.size(), path);
    fclose(file);
    return out;
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    stream from;
    size_t most = args.scale > 0 ? SIZE_MAX : 100000;
    if (args.scale > 1 && std::string(args.more[0]) == "l2") most = 5300000 / (size_t)args.scale;
    window = (uint32_t)atoi(args.more[2]);
    if (std::string(args.more[0]) == "l2")
        from.ops = load<l2op>(args.more[1], most);
    else
        from.events = load<pmm_event>(args.more[1], most);
    if (counting(&args)) {
        pass<our_book>("counted", from, 16);
        emit("units.pmm_book_apply", (double)from.size());
        return 0;
    }
    for (int round = 0; round < args.rounds; round++) {
        emit_yardstick();
        for (size_t batch : {16, 1}) {
            std::string suffix = std::to_string(batch);
            volatile uint64_t read = pass<null_book>("null" + suffix, from, batch);
            (void)read;
            uint64_t mine = pass<our_book>("ours" + suffix, from, batch);
            uint64_t theirs = pass<map_book>("map" + suffix, from, batch);
            need(mine == theirs, "the books' agreement on every best level");
        }
    }
    emit("levels", (double)from.size());
    return 0;
}
