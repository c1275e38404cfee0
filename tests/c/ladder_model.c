/* Random inserts, removes and clears on a ladder against a plain array of prices. Exit 0 if all agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "check.h"
#include "book/ladder.h"

#define WINDOW 4096
#define PRICES 40000
#define LOW    (-15000)

static int64_t model[PRICES]; /* payload by price - LOW, 0: no level */
static int walk(const struct pmm_ladder *ladder, int descending, int exact) {
    int64_t price = 0;
    uint32_t slot = pmm_ladder_best(ladder, &price);
    int levels = 0;
    for (int i = 0; i < PRICES; i++) {
        int at = descending ? PRICES - 1 - i : i;
        if (model[at] == 0) continue;
        if (slot == PMM_LADDER_NONE) {
            CHECK(!exact); /* a ladder that dropped ends early, never with a hole */
            break;
        }
        CHECK(price == at + LOW);
        CHECK((int64_t)pmm_ladder_payload(ladder, slot)[0] == model[at]);
        CHECK((int64_t)pmm_ladder_payload(ladder, slot)[1] == -model[at]);
        CHECK(pmm_ladder_find(ladder, price) == slot);
        slot = pmm_ladder_next(ladder, &price);
        levels++;
    }
    CHECK(slot == PMM_LADDER_NONE);
    CHECK((uint64_t)levels == pmm_ladder_levels(ladder));
    return levels;
}

/* Takes the best levels away one by one: the window has to sink after them and call the far levels back. */
static void drain(struct pmm_ladder *ladder, uint64_t count) {
    int64_t price = 0;
    while (count-- > 0 && pmm_ladder_best(ladder, &price) != PMM_LADDER_NONE) {
        CHECK(model[price - LOW] != 0);
        CHECK(pmm_ladder_remove(ladder, price) == 1);
        model[price - LOW] = 0;
    }
}

/* Prices wander about a centre that jumps now and then, so that the window has to follow. */
static void play(int descending, uint32_t far, int steps) {
    size_t bytes = pmm_ladder_memsize(WINDOW, far, 2);
    struct pmm_ladder *ladder = aligned_alloc(64, bytes);
    int64_t centre = PRICES / 2;
    memset(ladder, 0, bytes);
    memset(model, 0, sizeof model);
    CHECK(pmm_ladder_init(ladder, bytes, descending, WINDOW, far, 2) == 0);
    for (int step = 0; step < steps; step++) {
        if (draw(300) == 0) drain(ladder, draw(300));
        if (draw(400) == 0) centre = (int64_t)draw(PRICES);
        int64_t at = draw(10) == 0 ? (int64_t)draw(PRICES) : centre + (int64_t)draw(600) - 300;
        if (at < 0 || at >= PRICES) continue;
        int64_t price = at + LOW;
        uint32_t slot = pmm_ladder_find(ladder, price);
        if (draw(100) < 45) {
            CHECK(slot == PMM_LADDER_NONE || model[at] != 0);
            pmm_ladder_remove(ladder, price);
            model[at] = 0;
        } else {
            uint32_t put = pmm_ladder_put(ladder, price);
            CHECK(slot == PMM_LADDER_NONE || put == slot);
            slot = put;
            model[at] = step + 1;
            if (slot != PMM_LADDER_NONE) {
                pmm_ladder_payload(ladder, slot)[0] = (uint64_t)model[at];
                pmm_ladder_payload(ladder, slot)[1] = (uint64_t)-model[at];
            } else {
                CHECK(ladder->overflowed);
            }
        }
        if (step % 5000 == 4999) {
            if (draw(2) == 0)
                pmm_ladder_clear(ladder);
            else
                pmm_ladder_wipe(ladder);
            memset(model, 0, sizeof model);
        }
        if (step % 251 == 0) {
            CHECK(pmm_ladder_check(ladder) == 0);
            walk(ladder, descending, !ladder->overflowed);
        }
    }
    CHECK(ladder->recentred > 10);
    CHECK((ladder->dropped > 0) == (far < 100));
    free(ladder);
}

int main(void) {
    for (int descending = 0; descending < 2; descending++) {
        play(descending, PRICES, 60000);
        play(descending, 40, 60000);
    }
    return 0;
}
