/*
 * judge.h: what the parts of a recording must keep to, besides what its stream judges, and the books they make.
 *
 * What it is. Takes the records of parts that a recording's stream let pass, applies them to a book for each
 * instrument, and counts what is odd about them: trades that are missing or there twice, updates that are there twice
 * or out of their order, books that are crossed.
 *
 * Who owns. The caller: the struct and all that it points to, zeroed; he fills in all of it but
 * what is in rows. One thread.
 */
#ifndef PMM_JUDGE_H
#define PMM_JUDGE_H

#include "book/book.h"
#include "wire/message.h"

/* The line of a recording that a message stood on. */
struct pmm_judge_line {
    int64_t number;
    int64_t recv_ns;  /* 0 if it does not say */
    int64_t text;     /* a hash of it: lines of the same text and time are the same line */
};

/* Of one instrument. */
struct pmm_judge_row {
    uint64_t frames;  /* that it was in */
    uint64_t events, levels, trades;
    uint64_t trades_missing, twice, unordered, crossed; /* the faults */
    uint64_t trade_id;            /* the highest so far */
    int64_t event_ns;             /* of the last depth update or snapshot: the venue's time */
    uint64_t final_id;            /* its number, where the venue has some */
    struct pmm_judge_line line;   /* and its line; number 0: none yet */
};

struct pmm_judge {
    struct pmm_judge_row *rows;   /* one for each instrument */
    struct pmm_book **books;      /* the same */
    const int64_t *numbers, *recv_ns, *texts; /* of the lines that are taken together, by a part's frame */
    uint32_t trades_numbered;     /* 1: trades of an instrument count without a hole */
    uint32_t reserved;
};

/* Counts the messages of a whole scan for each row that they are of. */
void pmm_judge_frames(struct pmm_judge *judge, const struct pmm_wire_part *parts, uint64_t n);

/*
 * Takes parts and their records, one behind the other and each one's last with FLAG_LAST (the last part has all that
 * are left), up to and with the first
 * with a fault. Returns how many parts; *taken: how many records. Parts without a row or with a code are none of these.
 */
int64_t pmm_judge_take(struct pmm_judge *judge, const struct pmm_wire_part *parts, uint64_t n,
                       const struct pmm_event *events, uint64_t count, uint64_t *taken);

#endif
