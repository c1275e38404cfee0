/* paper_account.c: a level's account: what traded, what vanished unexplained, what we took; and when it is settled. */
#include "sim/paper_queue.h"

struct paper_account *paper_find_account(struct paper_side *side, int64_t price) {
    for (uint32_t i = 0; i < side->accounts; i++)
        if (side->account[i].price == price) return &side->account[i];
    return NULL;
}

void paper_clear_credit(struct paper_side *side, int64_t price) {
    for (uint32_t i = 0; i < side->orders; i++)
        if (paper_orders(side)[i].price == price) paper_orders(side)[i].credit = 0;
}

static void drop_account(struct paper_side *side, uint32_t position) {
    paper_clear_credit(side, side->account[position].price);
    side->account[position] = side->account[--side->accounts];
}

struct paper_account *paper_make_account(struct paper_side *side, int64_t price) {
    struct paper_account *account = paper_find_account(side, price);
    if (account) return account;
    for (uint32_t i = 0; side->accounts == PMM_PAPER_LEVELS && i < PMM_PAPER_LEVELS; i++)
        if (side->account[i].taken == 0) drop_account(side, i);
    if (side->accounts == PMM_PAPER_LEVELS) return NULL;
    account = &side->account[side->accounts++];
    *account = (struct paper_account){.price = price};
    return account;
}

/* Whether that was more than so long ago; both are a venue's times, and may be any. */
static int is_past(int64_t ns, int64_t now_ns, int64_t age_ns) {
    return ns < now_ns && (uint64_t)now_ns - (uint64_t)ns > (uint64_t)age_ns;
}

void paper_settle_accounts(struct paper_side *side, int64_t now_ns, int64_t settle_ns) {
    for (uint32_t i = side->accounts; i-- > 0;) {
        struct paper_account *account = &side->account[i];
        if (account->traded && is_past(account->traded_ns, now_ns, settle_ns)) account->traded = 0;
        if (account->unexplained && is_past(account->depth_ns, now_ns, settle_ns)) {
            account->unexplained = 0;
            paper_clear_credit(side, account->price);
        }
        if (!account->traded && !account->unexplained && !account->taken) drop_account(side, i);
    }
}

uint32_t paper_places(const struct paper_side *side) {
    uint32_t places = PMM_PAPER_LEVELS;
    for (uint32_t i = 0; i < side->accounts; i++)
        places -= side->account[i].taken != 0;
    return places;
}

int paper_take(struct paper_turn *turn, int side, int64_t price, int64_t quantity) {
    struct paper_account *account = paper_make_account(&turn->market->side[side - 1], price);
    if (account) account->taken = paper_add(account->taken, quantity);
    return account != NULL;
}

size_t paper_load(struct paper_turn *turn, int side) {
    struct pmm_level *level = turn->paper->level;
    struct paper_side *levels = &turn->market->side[side - 1];
    int64_t count = pmm_book_depth(paper_book(turn->market), side, level, PMM_PAPER_LEVELS);
    for (int64_t i = 0; i < count && levels->accounts; i++) {
        const struct paper_account *account = paper_find_account(levels, level[i].price);
        if (account) level[i].quantity -= paper_min(account->taken, level[i].quantity);
    }
    return count > 0 ? (size_t)count : 0;
}
