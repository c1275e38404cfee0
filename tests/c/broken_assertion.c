/*
 * What a broken invariant does: the argument says which.
 */
#include <string.h>

#include "base/assert.h"
#include "book/order_pool.h"
#include "check.h"

static struct pmm_order_pool pool __attribute__((aligned(64)));

/* Its owner's head is not whole lines: its parts would straddle them. */
static void set_up(void) { pmm_pool_init(&pool, sizeof pool, 1, 4096, 1); }

/* An order of nothing comes to rest. */
static void run(void) {
    const size_t stride = sizeof(struct pmm_queued), bytes = 64 + pmm_pool_bytes(1, 4096, 1, stride);
    struct pmm_order_pool *whole = aligned_alloc(64, bytes);
    memset(whole, 0, bytes);
    pmm_pool_init(whole, 64, 1, 4096, 1);
    struct pmm_queue *queue = pmm_pool_add_queue(pmm_pool_ladder(whole, PMM_SIDE_BID), 100);
    pmm_pool_join(whole, stride, queue, PMM_SIDE_BID, pmm_pool_take(whole, stride));
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    PMM_ASSERT(argc == 2);
    PMM_ASSERT_HOT(argc == 2);
    if (strcmp(argv[1], "set-up") == 0) set_up();
    if (strcmp(argv[1], "run") == 0) run();
    return 0;
}
