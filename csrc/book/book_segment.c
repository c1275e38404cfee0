/* book_segment.c: a book in a segment of its own. */
#include "base/error.h"
#include "book/book_layout.h"

#include <string.h>

#include "base/align.h"
#include "base/assert.h"

#define TEXT(field, at) #field ":" #at ";"

uint64_t pmm_book_fingerprint(void) {
    return pmm_fingerprint("book;" PMM_BOOK_ROWS(TEXT) "ladder;" PMM_LADDER_ROWS(TEXT));
}

int pmm_book_create(const char *path, uint32_t instrument_id, uint32_t window, uint32_t far_capacity,
                    const char *name) {
    struct pmm_segment segment;
    size_t bytes = pmm_book_memsize(window, far_capacity);
    if (bytes == 0) return PMM_ERR_ARGUMENT;
    int code = pmm_segment_create(path, PMM_SEGMENT_BOOK, pmm_book_fingerprint(), bytes, name);
    if (code < 0) return code;
    code = pmm_segment_open(&segment, path, PMM_SEGMENT_BOOK, pmm_book_fingerprint(), PMM_OPEN_SHARED);
    if (code < 0) return code;
    code = pmm_book_init(segment.payload, bytes, instrument_id, window, far_capacity);
    pmm_segment_close(&segment);
    return code;
}

/* Every offset that a walk will follow is the one that init would have written. */
static int ladder_fits(const struct pmm_ladder *ladder, const struct pmm_book *book, int side) {
    struct pmm_ladder expected __attribute__((aligned(PMM_LINE_BYTES)));
    size_t bytes = pmm_ladder_memsize(book->window, book->far_capacity, 1);
    memset(&expected, 0, sizeof expected);
    int code = pmm_ladder_init(&expected, bytes, side == PMM_SIDE_BID, book->window, book->far_capacity, 1);
    PMM_ASSERT(code == PMM_OK);
    size_t from = offsetof(struct pmm_ladder, window), to = offsetof(struct pmm_ladder, overflowed);
    return ladder->flip == expected.flip && memcmp((char *)ladder + from, (char *)&expected + from, to - from) == 0;
}

static int check_book(const struct pmm_book *book, size_t bytes) {
    if (bytes < sizeof *book) return PMM_ERR_LAYOUT;
    uint32_t asks_at = pmm_load_acquire_u32(&book->asks_at);
    if (asks_at == 0) return PMM_ERR_NOT_READY;
    size_t need = pmm_book_memsize(book->window, book->far_capacity);
    if (need == 0 || need > bytes) return PMM_ERR_LAYOUT;
    if (book->bids_at != sizeof *book || asks_at != sizeof *book + (need - sizeof *book) / 2) return PMM_ERR_LAYOUT;
    int fits = ladder_fits(pmm_book_side(book, PMM_SIDE_BID), book, PMM_SIDE_BID) &&
               ladder_fits(pmm_book_side(book, PMM_SIDE_ASK), book, PMM_SIDE_ASK);
    return fits ? PMM_OK : PMM_ERR_LAYOUT;
}

int pmm_book_open(struct pmm_segment *segment, struct pmm_book **book, const char *path, int mode) {
    int code = pmm_segment_open(segment, path, PMM_SEGMENT_BOOK, pmm_book_fingerprint(), mode);
    if (code < 0) return code;
    code = check_book(segment->payload, segment->bytes - PMM_SEGMENT_HEADER_BYTES);
    if (code < 0) {
        pmm_segment_close(segment);
        return code;
    }
    *book = segment->payload;
    return PMM_OK;
}
