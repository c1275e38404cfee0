/*
 * source.h: which process of a session a record is from or about, and whose an order is.
 *
 * What it is. A source is a role (enum pmm_source, the low byte) and a number (the high byte): the first process of a
 * role has the number 0, so that where there is one of each a source is its role. Gateway and exchange of a venue have
 * the venue's number; a strategy has its own. Feeds are counted through all venues, of which each has one or several:
 * while each has one, a feed's number is its venue's.
 *
 * An order's id says which strategy owns it: bits 48 to 55 are the strategy's number, the 48 below count. Bit 63 is
 * the simulated traders'.
 */
#ifndef PMM_SOURCE_H
#define PMM_SOURCE_H

#include "base/event.h"

#define PMM_NUMBERS_MAX  32 /* processes of a role */
#define PMM_NUMBER_SHIFT 8
#define PMM_OWNER_SHIFT  48
#define PMM_ROLES        16 /* room for more than there are */

/* Those of a session's processes that are gone, as PEER_LOST and PEER_BACK tell. Plain memory of whoever counts. */
struct pmm_peers {
    uint32_t lost[PMM_ROLES]; /* by role; bit n: its process n */
};

static inline uint32_t pmm_role_of(uint16_t source) { return source & 0xFF; }
static inline uint32_t pmm_number_of(uint16_t source) { return source >> PMM_NUMBER_SHIFT; }
/* The number of an instrument's feed; not below PMM_NUMBERS_MAX where the row is none that there may be. */
static inline uint32_t pmm_feed_of(const struct pmm_instrument *terms) {
    return (uint32_t)terms->venue_number + terms->feed_offset;
}
static inline uint32_t pmm_owner_of(uint64_t order_id) { return order_id >> PMM_OWNER_SHIFT & 0xFF; }

/* Whether the aux of a PEER_LOST or PEER_BACK names a process that there may be. */
static inline int pmm_is_source(int64_t source) {
    const int64_t role = source & 0xFF;
    return source >> PMM_NUMBER_SHIFT >= 0 && source >> PMM_NUMBER_SHIFT < PMM_NUMBERS_MAX && role > PMM_SOURCE_NONE &&
           role <= PMM_SOURCE_TRADERS;
}

/* Takes a PEER_LOST or PEER_BACK into account; one about no source changes nothing. */
static inline void pmm_peers_note(struct pmm_peers *peers, const struct pmm_event *e) {
    if (!pmm_is_source(e->aux)) return;
    const uint32_t bit = UINT32_C(1) << pmm_number_of((uint16_t)e->aux);
    uint32_t *lost = &peers->lost[pmm_role_of((uint16_t)e->aux)];
    *lost = e->kind == PMM_KIND_PEER_LOST ? *lost | bit : *lost & ~bit;
}

/* number: below PMM_NUMBERS_MAX. */
static inline int pmm_is_lost(const struct pmm_peers *peers, enum pmm_source role, uint32_t number) {
    return peers->lost[role] >> number & 1;
}

#endif
