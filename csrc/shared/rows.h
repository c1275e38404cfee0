/*
 * rows.h: what a process shows of each instrument, in memory: a row each, whole at every moment.
 *
 * What it is. A segment of one row for each instrument of the session, by its id: positions, which risk shows, or
 * quotes, which each strategy shows. Its kind says which, and so what a row's values are.
 *
 * Who writes. The process that owns the segment, one thread, as often as it likes. Anyone with read permission reads,
 * at any time. A row holds its values twice: the writer fills the half that is not shown, then shows it by storing
 * sequence. So a writer that dies, wherever, leaves in every row what it showed last; a reader begins again if
 * sequence moves while it copies.
 *
 * Caveats. A row is whole, several of them are not of one moment. Who writes the same row without a pause may keep a
 * reader from it (STALE).
 *
 *   payload: 128-byte head { count, value_bytes }, then rows of { uint64 sequence; 56 bytes; values[2] }.
 */
#ifndef PMM_ROWS_H
#define PMM_ROWS_H

#include "base/event.h"
#include "base/position.h"
#include "shared/segment.h"

/* Values of a segment of kind POSITIONS. */
struct pmm_position_shown {
    struct pmm_position position;  /* as risk counts it */
    int64_t refused[PMM_REASONS];  /* orders that risk refused, by enum pmm_reason */
    int64_t reserved[3];
};

/* Values of a segment of kind QUOTES. */
struct pmm_quote_shown {
    int64_t bid_price;       /* the best bid that is wanted, ticks; 0: none */
    int64_t ask_price;       /* and the best ask */
    int64_t unknown_reports; /* reports of orders that the strategy does not have */
    int64_t reserved[5];
};

struct pmm_row {
    uint64_t sequence; /* writer: +1 at each write, last, with release; its lowest bit names the half that is shown */
    uint64_t reserved[7];
};

struct pmm_rows_shared {
    uint32_t count; /* maker: rows, one for each instrument of the session */
    uint32_t value_bytes; /* maker: of each half of a row */
    uint64_t reserved[15];
};

struct pmm_rows {
    struct pmm_segment segment;
    struct pmm_row *first;
    uint32_t count; /* as the file said when it was opened, and was checked */
    uint32_t value_bytes;
};

/* kind: PMM_SEGMENT_POSITIONS or PMM_SEGMENT_QUOTES; count: 1 to PMM_INSTRUMENTS_MAX. Codes of segment.h. */
int pmm_rows_create(const char *path, uint32_t kind, uint32_t count, const char *name);
int pmm_rows_open(struct pmm_rows *rows, const char *path, uint32_t kind, int mode);
void pmm_rows_close(struct pmm_rows *rows);

/*
 * Owner: shows an instrument's values, a struct of the segment's kind and its size. 0; ARGUMENT from anyone but the
 * owner, if there is no such row, or if the size is that of another kind.
 */
int pmm_rows_put(struct pmm_rows *rows, uint32_t instrument_id, const void *values, size_t bytes);
/* Anyone: a copy of them. 0; NOT_READY if none were ever shown, STALE (above), ARGUMENT as for put. */
int pmm_rows_read(const struct pmm_rows *rows, uint32_t instrument_id, void *values, size_t bytes);

#endif
