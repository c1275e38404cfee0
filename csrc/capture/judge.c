/* judge.c: one part after the other into its book, with a look at what stood there before. */
#include "capture/judge.h"

void pmm_judge_frames(struct pmm_judge *judge, const struct pmm_wire_part *parts, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        int known = parts[i].row == PMM_WIRE_NO_ROW;
        for (uint64_t k = i; !known && k > 0 && parts[k - 1].frame == parts[i].frame; k--)
            known = parts[k - 1].row == parts[i].row;
        if (!known) judge->rows[parts[i].row].frames++;
    }
}

static uint64_t trade(struct pmm_judge_row *row, uint64_t id, int numbered) {
    const uint64_t last = row->trade_id, missing = numbered && last && id > last ? id - last - 1 : 0;
    const uint64_t twice = last && (id == last || (id < last && numbered));
    row->trades++;
    row->trades_missing += missing;
    row->twice += twice;
    row->trade_id = id > last ? id : last;
    return missing + twice;
}

/*
 * Of an update that its stream let pass nothing but its time may tell that it was there already, or is older than the
 * last one; of one with a number, where several may have one, that it is the last one's text.
 */
static uint64_t change(struct pmm_judge_row *row, const struct pmm_wire_part *part, const struct pmm_judge_line *line) {
    const struct pmm_judge_line last = row->line;
    const int64_t last_ns = row->event_ns, event_ns = part->event_ns;
    const uint64_t last_id = row->final_id;
    row->line = *line;
    row->event_ns = event_ns;
    row->final_id = part->final_id;
    if (last.number == 0 || last.number == line->number) return 0;
    if (part->final_id) {
        const uint64_t same = part->final_id == last_id && line->text == last.text;
        row->twice += same;
        return same;
    }
    const int by_event = event_ns && last_ns && event_ns != last_ns;
    const int64_t now = by_event ? event_ns : line->recv_ns, before = by_event ? last_ns : last.recv_ns;
    const int told = part->checked || part->sequence != PMM_WIRE_NO_SEQUENCE;
    const int twice = (event_ns || now) && now == before && line->text == last.text;
    const int unordered = !twice && now && now < before && (part->kind == PMM_WIRE_SNAPSHOT || !told);
    row->twice += (uint64_t)twice;
    row->unordered += (uint64_t)unordered;
    return (uint64_t)(twice || unordered);
}

static uint64_t is_crossed(const struct pmm_book *book) {
    struct pmm_top top;
    pmm_book_top(book, &top);
    return top.bid_quantity && top.ask_quantity && top.bid_price >= top.ask_price;
}

/* How many of its faults there are more. */
static uint64_t judge_part(struct pmm_judge *judge, const struct pmm_wire_part *part, const struct pmm_event *events,
                           uint64_t count) {
    struct pmm_judge_row *row = &judge->rows[part->row];
    row->events += part->count;
    if (part->kind == PMM_WIRE_TRADE) return trade(row, part->final_id, judge->trades_numbered != 0);
    if (part->kind == PMM_WIRE_TOP) return 0;
    (void)pmm_book_apply(judge->books[part->row], events, count);
    const uint32_t at = part->frame;
    const struct pmm_judge_line line = {judge->numbers[at], judge->recv_ns[at], judge->texts[at]};
    const uint64_t faults = change(row, part, &line);
    row->levels += part->count - 2 * (uint64_t)(part->kind == PMM_WIRE_SNAPSHOT);
    const uint64_t crossed = is_crossed(judge->books[part->row]);
    row->crossed += crossed;
    return faults + crossed;
}

int64_t pmm_judge_take(struct pmm_judge *judge, const struct pmm_wire_part *parts, uint64_t n,
                       const struct pmm_event *events, uint64_t count, uint64_t *taken) {
    uint64_t at = 0, faults = 0, i = 0;
    for (; i < n && faults == 0; i++) {
        const uint64_t begin = at;
        if (parts[i].count > 0)
            while (at < count && (!(events[at++].flags & PMM_FLAG_LAST) || i + 1 == n))
                continue;
        faults = judge_part(judge, &parts[i], events + begin, at - begin);
    }
    *taken = at;
    return (int64_t)i;
}
