/* snapshot.c: the next levels of a book as records, from a place on. */
#include "book/snapshot.h"

/* The next level of a side behind place, or NONE. */
static uint32_t next_level(const struct pmm_ladder *ladder, struct pmm_place *place) {
    if (place->passed) return pmm_ladder_next(ladder, &place->price);
    place->passed = 1;
    return pmm_ladder_best(ladder, &place->price);
}

size_t pmm_snapshot_levels(const struct pmm_ladder *bids, const struct pmm_ladder *asks, struct pmm_place *place,
                           const struct pmm_event *level, struct pmm_event *out, size_t max) {
    size_t n = 0;
    while (n < max && place->part < PMM_PLACE_END) {
        const struct pmm_ladder *ladder = place->part == PMM_PLACE_BIDS ? bids : asks;
        uint32_t slot = next_level(ladder, place);
        if (slot == PMM_LADDER_NONE) {
            place->part++;
            place->passed = 0;
            continue;
        }
        out[n] = *level;
        out[n].side = place->part == PMM_PLACE_BIDS ? PMM_SIDE_BID : PMM_SIDE_ASK;
        out[n].price = place->price;
        out[n++].quantity = (int64_t)pmm_ladder_payload(ladder, slot)[ladder->words - 1];
    }
    return n;
}
