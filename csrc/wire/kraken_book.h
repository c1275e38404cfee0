/*
 * kraken_book.h: the top of one Kraken book, as its checksum needs it.
 *
 * What it is. Kraken's book channel shows so many levels a side as were subscribed. It does not say when a level
 * falls out of these: whoever follows must cut off himself what is worse after each message, or the level stands
 * there for ever. And it has no sequence numbers, but a CRC32 of the ten best of each side after each message. This
 * keeps the levels that are shown, says which fell out, and writes the text that the checksum is of.
 *
 * Who owns. The caller: memsize(depth) bytes, zeroed, 8-byte aligned, then init. One thread. The library never
 * allocates.
 *
 * Caveats. A message may hold more levels for a moment than are shown; up to three times `depth` are kept meanwhile.
 */
#ifndef PMM_KRAKEN_BOOK_H
#define PMM_KRAKEN_BOOK_H

#include "base/crc32.h"
#include "wire/message.h"

#define PMM_KRAKEN_DEPTH_MAX  1000
#define PMM_KRAKEN_TEXT_BYTES 1024 /* of what pmm_kraken_book_text writes, at most */

struct pmm_kraken_book; /* opaque */

size_t pmm_kraken_book_memsize(uint32_t depth); /* 0 if depth is none of 1 to DEPTH_MAX */
int pmm_kraken_book_init(void *memory, size_t bytes, uint32_t depth); /* ARGUMENT as for every book */

/*
 * Takes the records of one part (a snapshot or DEPTH) and writes those to deliver: the same, and behind them a DEPTH
 * of quantity 0 for each level that fell out; FLAG_LAST is on the last. Returns how many, or FULL if `max` or the
 * book has no room: then the book is empty, as at the beginning.
 */
int64_t pmm_kraken_book_take(struct pmm_kraken_book *book, const struct pmm_event *events, size_t n,
                             struct pmm_event *out, size_t max);

/*
 * What the venue's checksum is of: asks from the lowest, then bids from the highest, up to ten each, of each price
 * and quantity the digits as they were sent, without the point and leading zeros. The decimals are those of the part.
 * Returns the bytes written into `out` (TEXT_BYTES are enough), or RANGE for a number that cannot be written so.
 */
int64_t pmm_kraken_book_text(const struct pmm_kraken_book *book, const struct pmm_instrument *instrument,
                             uint32_t price_decimals, uint32_t quantity_decimals, char *out);

/* What is followed of one instrument. */
struct pmm_kraken_row {
    struct pmm_kraken_book *book; /* NULL: has not begun, and no update of it is given */
    uint32_t price_decimals, quantity_decimals; /* as the venue last wrote them */
    uint64_t good;                /* checksums that were of the book behind their parts */
};

/*
 * Takes wire->parts[from] to [from + n - 1], which are updates of books that have begun or are of no book, and writes
 * what is to be delivered of them. Returns how many parts it has taken: up to one whose checksum is not of the book
 * behind it, that may be too much for the book, or for which `out` has no room, and *count, the records. That one is
 * not delivered, but may be in its book already, which taking it again does not change.
 */
int64_t pmm_kraken_follow(struct pmm_kraken_row *rows, const struct pmm_wire *wire, uint64_t from, uint64_t n,
                          const struct pmm_crc32 *crc32, struct pmm_event *out, uint64_t max, uint64_t *count);

#endif
