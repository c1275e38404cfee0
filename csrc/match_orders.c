#include "match_orders.h"

#include <string.h>

#include "error.h"
#include "layout.h"

static_assert(sizeof(struct pmm_match_order) == 64, "an order is one cache line");
static_assert(sizeof(struct pmm_match_level) == 16, "a level is two payload words");
static_assert(sizeof(struct pmm_match_entry) == 8, "eight index entries a cache line");
PMM_OFFSET(pmm_match_order, arrival, 32);
PMM_OFFSET(pmm_match_order, next, 40);
PMM_OFFSET(pmm_match_order, source, 48);
PMM_OFFSET(pmm_match_order, post_only, 53);

#define LEVEL_WORDS 2

static size_t aligned(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

static uint32_t index_bits(uint32_t orders) {
    uint32_t bits = 4;
    while ((UINT64_C(1) << bits) < 2 * (uint64_t)orders) bits++;
    return bits;
}

size_t pmm_match_memsize(uint32_t orders, uint32_t window, uint32_t far_capacity) {
    size_t ladder = pmm_ladder_memsize(window, far_capacity, LEVEL_WORDS);
    if (ladder == 0 || orders == 0 || orders > PMM_MATCH_ORDERS_MAX) return 0;
    return aligned(sizeof(struct pmm_match)) + 2 * ladder +
           (sizeof(struct pmm_match_entry) << index_bits(orders)) +
           ((size_t)orders + 1) * sizeof(struct pmm_match_order) +
           aligned(((size_t)orders + 2) * sizeof(struct pmm_match_touch));
}

int pmm_match_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t orders, uint32_t window,
                   uint32_t far_capacity) {
    size_t needed = pmm_match_memsize(orders, window, far_capacity);
    if (memory == NULL || needed == 0 || bytes < needed || ((uintptr_t)memory & 63) != 0) return PMM_ERR_ARGUMENT;
    memset(memory, 0, needed);
    struct pmm_match *match = memory;
    size_t ladder = pmm_ladder_memsize(window, far_capacity, LEVEL_WORDS);
    match->ladder_at[0] = aligned(sizeof(struct pmm_match));
    match->ladder_at[1] = match->ladder_at[0] + ladder;
    match->index_at = match->ladder_at[1] + ladder;
    match->orders_at = match->index_at + (sizeof(struct pmm_match_entry) << index_bits(orders));
    match->touched_at = match->orders_at + ((size_t)orders + 1) * sizeof(struct pmm_match_order);
    match->bytes = needed;
    match->instrument_id = instrument_id;
    match->capacity = orders;
    match->index_shift = 32 - index_bits(orders);
    match->unused = 1;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        int code = pmm_ladder_init(pmm_match_ladder(match, side), ladder, side == PMM_SIDE_BID, window,
                                   far_capacity, LEVEL_WORDS);
        if (code < 0) return code;
    }
    return PMM_OK;
}

/* Index. */

static uint32_t index_mask(const struct pmm_match *match) { return UINT32_MAX >> match->index_shift; }

/* Where the id's entry is, or the free entry where it would go. */
static uint32_t index_seek(const struct pmm_match *match, uint64_t order_id, uint32_t tag) {
    const struct pmm_match_entry *index = pmm_match_index(match);
    uint32_t mask = index_mask(match);
    uint32_t at = tag >> match->index_shift;
    while (index[at].slot != 0) {
        if (index[at].tag == tag && pmm_match_order(match, index[at].slot)->order_id == order_id) break;
        at = (at + 1) & mask;
    }
    return at;
}

uint32_t pmm_match_find(const struct pmm_match *match, uint64_t order_id) {
    return pmm_match_index(match)[index_seek(match, order_id, pmm_match_tag(order_id))].slot;
}

/* Closes the gap: an entry moves back into it unless its home lies behind the gap. */
static void index_remove(struct pmm_match *match, uint32_t gap) {
    struct pmm_match_entry *index = pmm_match_index(match);
    uint32_t mask = index_mask(match);
    uint32_t at = gap;
    for (;;) {
        at = (at + 1) & mask;
        if (index[at].slot == 0) break;
        uint32_t home = index[at].tag >> match->index_shift;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            index[gap] = index[at];
            gap = at;
        }
    }
    index[gap].slot = 0;
    index[gap].tag = 0;
}

/* Pool. */

uint32_t pmm_match_allocate(struct pmm_match *match, uint64_t order_id) {
    uint32_t slot = match->free_head;
    if (slot != 0) {
        match->free_head = pmm_match_order(match, slot)->next;
    } else {
        if (match->unused > match->capacity) return 0;
        slot = match->unused++;
    }
    uint32_t tag = pmm_match_tag(order_id);
    struct pmm_match_entry *entry = pmm_match_index(match) + index_seek(match, order_id, tag);
    entry->slot = slot;
    entry->tag = tag;
    pmm_match_order(match, slot)->order_id = order_id;
    return slot;
}

void pmm_match_release(struct pmm_match *match, uint32_t slot) {
    struct pmm_match_order *order = pmm_match_order(match, slot);
    index_remove(match, index_seek(match, order->order_id, pmm_match_tag(order->order_id)));
    order->next = match->free_head;
    match->free_head = slot;
}

/* Queues. */

int pmm_match_has_room(const struct pmm_match *match, int side, int64_t price, uint32_t leaving) {
    const struct pmm_ladder *ladder = pmm_match_ladder(match, side);
    if (pmm_ladder_levels(ladder) - leaving < ladder->far_capacity) return 1;
    return pmm_ladder_find(ladder, price) != PMM_LADDER_NONE;
}

int pmm_match_link(struct pmm_match *match, uint32_t slot) {
    struct pmm_match_order *order = pmm_match_order(match, slot);
    struct pmm_ladder *ladder = pmm_match_ladder(match, order->side);
    uint32_t at = pmm_ladder_find(ladder, order->price);
    if (at == PMM_LADDER_NONE) {
        if (!pmm_ladder_room(ladder)) return PMM_ERR_FULL;
        at = pmm_ladder_insert(ladder, order->price);
        if (at == PMM_LADDER_NONE) return PMM_ERR_FULL;
    }
    struct pmm_match_level *level = pmm_match_level_at(ladder, at);
    order->next = 0;
    order->prev = level->tail;
    order->arrival = ++match->arrivals;
    if (level->tail != 0) {
        pmm_match_order(match, level->tail)->next = slot;
    } else {
        level->head = slot;
    }
    level->tail = slot;
    level->quantity += order->leaves;
    match->open[order->side - 1]++;
    return PMM_OK;
}

void pmm_match_unlink_at(struct pmm_match *match, struct pmm_match_level *level, uint32_t slot) {
    struct pmm_match_order *order = pmm_match_order(match, slot);
    if (order->prev != 0) {
        pmm_match_order(match, order->prev)->next = order->next;
    } else {
        level->head = order->next;
    }
    if (order->next != 0) {
        pmm_match_order(match, order->next)->prev = order->prev;
    } else {
        level->tail = order->prev;
    }
    level->quantity -= order->leaves;
    match->open[order->side - 1]--;
}

void pmm_match_unlink(struct pmm_match *match, uint32_t slot) {
    struct pmm_match_order *order = pmm_match_order(match, slot);
    struct pmm_ladder *ladder = pmm_match_ladder(match, order->side);
    struct pmm_match_level *level = pmm_match_level_at(ladder, pmm_ladder_find(ladder, order->price));
    pmm_match_unlink_at(match, level, slot);
    if (level->head == 0) pmm_ladder_remove(ladder, order->price);
}
