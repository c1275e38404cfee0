/* desk_close.c: FLATTEN, from the quotes' end to that of the position. */
#include "base/money.h"
#include "base/terms.h"
#include "trade/desk_internal.h"

#define WHOLE_E8 100000000

void desk_close_begin(struct pmm_desk *desk, const struct pmm_event *flatten) {
    const uint32_t row = pmm_desk_row_of(desk, flatten->instrument_id);
    const int can_be = flatten->price >= 0 && flatten->price <= WHOLE_E8 && flatten->quantity > 0 && flatten->aux > 0 &&
                       flatten->aux <= PMM_DESK_TRIES_MAX;
    if (row == PMM_DESK_NO_ROW || !can_be) return;
    struct pmm_desk_instrument *in = &desk->instruments[row];
    desk->closing = 1;
    in->close_most = flatten->quantity;
    in->close_e8 = flatten->price;
    in->close_tries = (uint32_t)flatten->aux;
    in->close_failed = 0;
    in->close_from = in->position;
    in->close_at_ns = desk->clock_ns;
}

void desk_close_end(struct pmm_desk *desk) {
    desk->closing = 0;
    for (uint32_t row = 0; row < desk->instrument_count; row++)
        desk->instruments[row].close_most = 0;
}

static int64_t lots_of(const struct pmm_desk_instrument *in) {
    const uint64_t lots = in->position < 0 ? -(uint64_t)in->position : (uint64_t)in->position;
    return lots < (uint64_t)in->close_most ? (int64_t)lots : in->close_most;
}

/* Whether anything of the row is in the market, or on its way there. */
static int is_out(const struct pmm_desk *desk, uint32_t row) {
    const struct pmm_slot *slots = &desk->instruments[row].slots[0][0];
    for (int at = 0; at < 2 * PMM_QUOTE_LEVELS_MAX; at++)
        if (slots[at].state != PMM_SLOT_FREE) return 1;
    for (uint64_t used = desk->sent_used; used != 0; used &= used - 1)
        if (desk->sent[__builtin_ctzll(used)].row == row) return 1;
    return 0;
}

/* Whether there is something to close that could be: the rest is a matter of time. */
static int is_left(const struct pmm_desk_instrument *in) {
    return in->close_most > 0 && in->close_failed < in->close_tries && lots_of(in) >= in->quantity_min;
}

static void send(struct pmm_desk *desk, uint32_t row) {
    struct pmm_desk_instrument *in = &desk->instruments[row];
    struct pmm_top top;
    pmm_book_top(in->book, &top);
    const int sells = in->position > 0;
    const int64_t there = sells ? top.bid_quantity : top.ask_quantity;
    const int64_t touch = there > 0 ? (sells ? top.bid_price : top.ask_price) : 0;
    const int64_t slippage = (int64_t)((pmm_wide)touch * in->close_e8 / WHOLE_E8);
    int64_t price;
    if (touch <= 0 || __builtin_add_overflow(touch, sells ? -slippage : slippage, &price) || price <= 0) return;
    const int64_t terms = pmm_terms(PMM_TIF_IOC, PMM_TYPE_LIMIT, PMM_STP_CANCEL_NEWEST);
    if (desk_put(desk, row, sells ? PMM_SIDE_ASK : PMM_SIDE_BID, price, lots_of(in), terms, 0) < 0) return;
    in->close_from = in->position;
    in->close_at_ns = desk_rest_until(desk);
    in->close_failed++;
}

void desk_close(struct pmm_desk *desk) {
    const uint64_t kept_out = desk_kept_out(desk);
    for (uint32_t row = 0; row < desk->instrument_count; row++) {
        struct pmm_desk_instrument *in = &desk->instruments[row];
        if (in->close_most == 0) continue;
        if (in->position != in->close_from) {
            in->close_from = in->position;
            in->close_failed = 0;
        }
        if (kept_out >> row & 1 || !is_left(in) || desk->clock_ns < in->close_at_ns) continue;
        if (desk_is_fresh(desk, in) && !is_out(desk, row)) send(desk, row);
    }
}

int pmm_desk_closing(const struct pmm_desk *desk) {
    for (uint32_t row = 0; row < desk->instrument_count; row++)
        if (is_left(&desk->instruments[row]) || (desk->instruments[row].close_most > 0 && is_out(desk, row))) return 1;
    return 0;
}
