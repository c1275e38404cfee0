/* kraken_book.c: Kraken's shown levels in two sorted arrays, each with its best last, where most changes are. */
#include "wire/kraken_book.h"

#include <string.h>

#include "base/decimal_inline.h"
#include "base/error.h"

#define CHECKED 10

struct level {
    int64_t price, quantity;
};

struct pmm_kraken_book {
    uint32_t depth, capacity;
    uint32_t count[2]; /* bids, asks */
    struct level levels[];
};

static uint32_t capacity_of(uint32_t depth) { return 3 * depth; }

size_t pmm_kraken_book_memsize(uint32_t depth) {
    if (depth < 1 || depth > PMM_KRAKEN_DEPTH_MAX) return 0;
    return sizeof(struct pmm_kraken_book) + 2 * (size_t)capacity_of(depth) * sizeof(struct level);
}

int pmm_kraken_book_init(void *memory, size_t bytes, uint32_t depth) {
    const size_t needed = pmm_kraken_book_memsize(depth);
    if (needed == 0 || bytes < needed || (uintptr_t)memory % _Alignof(struct pmm_kraken_book) != 0)
        return PMM_ERR_ARGUMENT;
    struct pmm_kraken_book *book = memory;
    book->depth = depth;
    book->capacity = capacity_of(depth);
    book->count[0] = book->count[1] = 0;
    return PMM_OK;
}

static struct level *side_of(struct pmm_kraken_book *book, int ask) {
    return book->levels + (ask ? book->capacity : 0);
}

/* Whether a price is worse than another: a lower bid, a higher ask. */
static int is_worse(int64_t price, int64_t than, int ask) { return ask ? price > than : price < than; }

/* Sets or removes a level. 0, or FULL. */
static int set_level(struct pmm_kraken_book *book, const struct pmm_event *event) {
    const int ask = event->side == PMM_SIDE_ASK;
    struct level *levels = side_of(book, ask);
    uint32_t low = 0, high = book->count[ask];
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (is_worse(levels[middle].price, event->price, ask))
            low = middle + 1;
        else
            high = middle;
    }
    struct level *at = &levels[low];
    const size_t better = book->count[ask] - low;
    const int there = better > 0 && at->price == event->price;
    if (event->quantity == 0) {
        if (there) memmove(at, at + 1, (better - 1) * sizeof *at);
        book->count[ask] -= (uint32_t)there;
        return PMM_OK;
    }
    if (!there) {
        if (book->count[ask] == book->capacity) return PMM_ERR_FULL;
        memmove(at + 1, at, better * sizeof *at);
        book->count[ask]++;
    }
    *at = (struct level){event->price, event->quantity};
    return PMM_OK;
}

/* Levels beyond the depth go: a record each, made from a record of the part. Returns how many. */
static size_t cut(struct pmm_kraken_book *book, int ask, const struct pmm_event *like, struct pmm_event *out) {
    struct level *levels = side_of(book, ask);
    const size_t surplus = book->count[ask] > book->depth ? book->count[ask] - book->depth : 0;
    for (size_t i = 0; i < surplus; i++) {
        out[i] = *like;
        out[i].kind = PMM_KIND_DEPTH;
        out[i].side = ask ? PMM_SIDE_ASK : PMM_SIDE_BID;
        out[i].price = levels[i].price;
        out[i].quantity = 0;
        out[i].flags = 0;
    }
    memmove(levels, levels + surplus, (book->count[ask] - surplus) * sizeof *levels);
    book->count[ask] -= (uint32_t)surplus;
    return surplus;
}

static int64_t give_up(struct pmm_kraken_book *book) {
    book->count[0] = book->count[1] = 0;
    return PMM_ERR_FULL;
}

static size_t surplus_of(const struct pmm_kraken_book *book) {
    size_t surplus = 0;
    for (int ask = 0; ask < 2; ask++)
        surplus += book->count[ask] > book->depth ? book->count[ask] - book->depth : 0;
    return surplus;
}

int64_t pmm_kraken_book_take(struct pmm_kraken_book *book, const struct pmm_event *events, size_t n,
                             struct pmm_event *out, size_t max) {
    if (n == 0) return 0;
    for (size_t i = 0; i < n; i++) {
        if (events[i].kind == PMM_KIND_BOOK_BEGIN) book->count[0] = book->count[1] = 0;
        if (events[i].kind == PMM_KIND_DEPTH && set_level(book, &events[i]) < 0) return give_up(book);
    }
    if (n + surplus_of(book) > max) return give_up(book);
    memcpy(out, events, n * sizeof *events);
    const size_t bids = cut(book, 0, &events[n - 1], out + n);
    const size_t count = n + bids + cut(book, 1, &events[n - 1], out + n + bids);
    out[n - 1].flags &= (uint8_t)~PMM_FLAG_LAST;
    out[count - 1].flags |= PMM_FLAG_LAST;
    return (int64_t)count;
}

/* units x mantissa x 10^-own as a whole number of 10^-sent; RANGE if it is none, or too large. */
static int64_t digits_of(int64_t units, int64_t mantissa, uint32_t own, uint32_t sent) {
    int64_t value;
    if (__builtin_mul_overflow(units, mantissa, &value)) return PMM_ERR_RANGE;
    if (sent >= own)
        return sent - own > PMM_DECIMAL_DECIMALS_MAX ||
                       __builtin_mul_overflow(value, (int64_t)POWER[sent - own], &value)
                   ? PMM_ERR_RANGE
                   : value;
    const int64_t power = (int64_t)POWER[own - sent];
    return value % power == 0 ? value / power : PMM_ERR_RANGE;
}

/* The digits of a number that is not negative, without leading zeros; past them. */
static char *put_digits(char *p, int64_t value) {
    char text[20], *end = text + sizeof text, *at = end;
    uint64_t left = (uint64_t)value;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    memcpy(p, at, (size_t)(end - at));
    return p + (end - at);
}

int64_t pmm_kraken_book_text(const struct pmm_kraken_book *book, const struct pmm_instrument *instrument,
                             uint32_t price_decimals, uint32_t quantity_decimals, char *out) {
    char *p = out;
    for (int ask = 1; ask >= 0; ask--) {
        const struct level *levels = book->levels + (ask ? book->capacity : 0);
        for (uint32_t i = 0; i < CHECKED && i < book->count[ask]; i++) {
            const struct level *level = &levels[book->count[ask] - 1 - i];
            const int64_t price =
                digits_of(level->price, instrument->tick_mantissa, instrument->tick_decimals, price_decimals);
            const int64_t quantity =
                digits_of(level->quantity, instrument->lot_mantissa, instrument->lot_decimals, quantity_decimals);
            if (price < 0 || quantity < 0) return PMM_ERR_RANGE;
            p = put_digits(put_digits(p, price), quantity);
        }
    }
    return p - out;
}

/* 0, or that somebody must look at the part: then nothing of it is delivered. */
static int64_t follow_part(struct pmm_kraken_row *row, const struct pmm_wire *wire, const struct pmm_wire_part *part,
                           const struct pmm_crc32 *crc32, struct pmm_event *out, size_t max) {
    struct pmm_kraken_book *book = row->book;
    char text[PMM_KRAKEN_TEXT_BYTES];
    for (int ask = 0; ask < 2; ask++)
        if (book->count[ask] + part->count > book->capacity) return PMM_ERR_AGAIN;
    if (part->count > 0) {
        row->price_decimals = part->price_decimals;
        row->quantity_decimals = part->quantity_decimals;
    }
    const int64_t taken = pmm_kraken_book_take(book, wire->out + part->first, part->count, out, max);
    if (taken < 0 || !part->checked) return taken;
    const int64_t length =
        pmm_kraken_book_text(book, &wire->instruments[part->row], row->price_decimals, row->quantity_decimals, text);
    if (length < 0 || pmm_crc32(crc32, 0, text, (size_t)length) != part->checksum) return PMM_ERR_AGAIN;
    row->good++;
    return taken;
}

int64_t pmm_kraken_follow(struct pmm_kraken_row *rows, const struct pmm_wire *wire, uint64_t from, uint64_t n,
                          const struct pmm_crc32 *crc32, struct pmm_event *out, uint64_t max, uint64_t *count) {
    uint64_t i = 0;
    *count = 0;
    for (; i < n; i++) {
        const struct pmm_wire_part *part = &wire->parts[from + i];
        int64_t taken = part->count;
        /* Each level of a part may push out one, and each may be one too many at the beginning. */
        if (2 * (uint64_t)part->count > max - *count) break;
        if (part->kind == PMM_WIRE_DEPTH)
            taken = follow_part(&rows[part->row], wire, part, crc32, out + *count, max - *count);
        else
            memcpy(out + *count, wire->out + part->first, part->count * sizeof *out);
        if (taken < 0) break;
        *count += (uint64_t)taken;
    }
    return (int64_t)i;
}
