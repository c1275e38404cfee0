/* follow.c: parts that are the next of their books; nothing is changed by the first that is not. */
#include "wire/follow.h"

static int numbers_follow(const struct pmm_follow_row *row, const struct pmm_wire_part *part) {
    if (row->rule == PMM_FOLLOW_ANY) return 1;
    return part->final_id > row->last_id && (row->rule == PMM_FOLLOW_LATER || part->first_id <= row->last_id + 1);
}

static int update(struct pmm_follow_row *row, const struct pmm_wire_part *part) {
    if (row->renewing || !numbers_follow(row, part)) return 0;
    if (row->tops) {
        if (pmm_tops_at(row->tops, part->final_id)) return 0;
        pmm_tops_advance(row->tops, part->final_id);
    }
    if (row->rule != PMM_FOLLOW_ANY) row->last_id = part->final_id;
    row->fresh = 0;
    return 1;
}

static int top(const struct pmm_follow_row *row, const struct pmm_wire_part *part, const struct pmm_event *event) {
    const struct pmm_shown shown = {part->final_id, event->price, event->quantity, (int64_t)event->order_id,
                                    event->aux};
    if (shown.bid_price < row->low || shown.ask_price > row->high) return 0;
    if (!row->tops || part->final_id < row->tops->last_id) return 1;
    if (part->final_id == row->tops->last_id) return 0;
    pmm_tops_wait(row->tops, &shown);
    return 1;
}

static int part_follows(struct pmm_follow *follow, const struct pmm_wire *wire, const struct pmm_wire_part *part,
                        int is_judged) {
    if (part->code || part->row == PMM_WIRE_NO_ROW || part->rounded) return 0;
    struct pmm_follow_row *row = &follow->rows[part->row];
    const int counts = follow->sequenced && !is_judged && part->sequence != PMM_WIRE_NO_SEQUENCE;
    if (!row->whole || !(row->kinds >> part->kind & 1)) return 0;
    if (counts && (follow->sequence == PMM_WIRE_NO_SEQUENCE || part->sequence != follow->sequence + 1)) return 0;
    if (part->kind == PMM_WIRE_DEPTH && !update(row, part)) return 0;
    if (part->kind == PMM_WIRE_TOP && !top(row, part, &wire->out[part->first])) return 0;
    if (counts) follow->sequence = part->sequence;
    if (part->kind == PMM_WIRE_DEPTH && !row->touched) {
        row->touched = 1;
        follow->touched[follow->touched_count++] = part->row;
    }
    return 1;
}

int64_t pmm_follow_run(struct pmm_follow *follow, const struct pmm_wire *wire, uint64_t from, uint32_t frame) {
    while (follow->touched_count > 0)
        follow->rows[follow->touched[--follow->touched_count]].touched = 0;
    const struct pmm_wire_part *begin = wire->parts + from, *end = wire->parts + wire->part_count, *part = begin;
    for (; part < end; part++) {
        /* Some venues tell the newest trade first, and their parts stand the other way round. */
        if (part > begin && part->first != part[-1].first + part[-1].count) break;
        if (!part_follows(follow, wire, part, part->frame == frame)) break;
        frame = part->frame;
    }
    return part - begin;
}
