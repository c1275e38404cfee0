/* ladder_far.c: the levels that are too far from the touch for the array, sorted. */
#include "book/ladder_far.h"

#include "base/error.h"
#include "book/ladder.h"

#define BLOCK      PMM_FAR_BLOCK
#define MERGED_MAX (BLOCK / 4 * 3)
#define NO_KEY     INT64_MIN

static int64_t *firsts_of(const struct pmm_ladder *ladder) { return (int64_t *)pmm_ladder_at(ladder, ladder->far_at); }

static uint64_t *blocks_of(const struct pmm_ladder *ladder) {
    return pmm_ladder_at(ladder, ladder->far_at) + ladder->far_blocks;
}

static uint64_t *held_of(const struct pmm_ladder *ladder, uint32_t block) {
    return pmm_ladder_at(ladder, ladder->far_at) + 2 * (size_t)ladder->far_blocks + block;
}

static int64_t *keys_of(const struct pmm_ladder *ladder, uint32_t block) {
    return firsts_of(ladder) + 3 * (size_t)ladder->far_blocks + (size_t)block * BLOCK;
}

static uint32_t slot_of(const struct pmm_ladder *ladder, uint32_t block, uint32_t i) {
    return ladder->window + block * BLOCK + i;
}

/* A reader may find these half written: what they give is inside the memory. */
static uint32_t used(const struct pmm_ladder *ladder) {
    uint32_t n = pmm_load_relaxed_u32(&ladder->blocks_used);
    return n < ladder->far_blocks ? n : ladder->far_blocks;
}

static uint32_t block_at(const struct pmm_ladder *ladder, uint32_t place) {
    uint64_t block = pmm_load_relaxed_u64(blocks_of(ladder) + place);
    return block < ladder->far_blocks ? (uint32_t)block : 0;
}

/* How many of n ascending keys are below key. Each step is arithmetic: every other branch would be guessed wrong. */
static uint32_t rank(const int64_t *keys, uint32_t n, int64_t key) {
    uint32_t from = 0;
    if (n == 0) return 0;
    while (n > 1) {
        uint32_t half = n / 2;
        from += half & -(uint32_t)(pmm_load_relaxed_i64(keys + from + half - 1) < key);
        n -= half;
    }
    return from + (pmm_load_relaxed_i64(keys + from) < key);
}

/* The place of the owner's block in which key is or would be; there are blocks. */
static uint32_t place_of(const struct pmm_ladder *ladder, int64_t key) {
    return rank(firsts_of(ladder), ladder->blocks_used, key + 1) - 1;
}

/* Where key stands among a block's, BLOCK if nowhere. All are looked at, so that it can be done several at a time. */
static uint32_t index_of(const int64_t *keys, int64_t key) {
    uint64_t at = BLOCK;
    for (uint64_t i = 0; i < BLOCK; i++)
        at = keys[i] == key ? i : at;
    return (uint32_t)at;
}

static int64_t least(const int64_t *keys, uint32_t n) {
    int64_t found = keys[0];
    for (uint32_t i = 1; i < n; i++)
        found = keys[i] < found ? keys[i] : found;
    return found;
}

static int64_t greatest(const int64_t *keys) {
    int64_t found = keys[0];
    for (uint32_t i = 1; i < BLOCK; i++)
        found = keys[i] > found ? keys[i] : found;
    return found;
}

static int64_t median(const int64_t *keys) {
    int64_t sorted[BLOCK];
    for (uint32_t i = 0; i < BLOCK; i++) {
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > keys[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = keys[i];
    }
    return sorted[BLOCK / 2];
}

/* From either end, so that the two may overlap. */
static void move_words(uint64_t *to, const uint64_t *from, size_t n) {
    if (to < from)
        for (size_t i = 0; i < n; i++)
            pmm_store_relaxed_u64(to + i, from[i]);
    else
        for (size_t i = n; i-- > 0;)
            pmm_store_relaxed_u64(to + i, from[i]);
}

static void set_key(struct pmm_ladder *ladder, uint32_t block, uint32_t i, int64_t key) {
    pmm_store_relaxed_i64(keys_of(ladder, block) + i, key);
}

static void set_first(struct pmm_ladder *ladder, uint32_t place, int64_t key) {
    pmm_store_relaxed_i64(firsts_of(ladder) + place, key);
}

static void set_held(struct pmm_ladder *ladder, uint32_t block, uint64_t n) {
    pmm_store_relaxed_u64(held_of(ladder, block), n);
}

static void copy_level(struct pmm_ladder *ladder, uint32_t to, uint32_t at, uint32_t block, uint32_t i) {
    set_key(ladder, to, at, keys_of(ladder, block)[i]);
    move_words(pmm_ladder_payload(ladder, slot_of(ladder, to, at)),
               pmm_ladder_payload(ladder, slot_of(ladder, block, i)), ladder->words);
}

/* The level goes and the block's last takes its place; the block may be empty then. */
static void take_out(struct pmm_ladder *ladder, uint32_t block, uint32_t i) {
    uint32_t last = (uint32_t)*held_of(ladder, block) - 1;
    copy_level(ladder, block, i, block, last);
    set_key(ladder, block, last, NO_KEY);
    set_held(ladder, block, last);
}

static void append(struct pmm_ladder *ladder, uint32_t to, uint32_t block, uint32_t i) {
    uint64_t n = *held_of(ladder, to);
    copy_level(ladder, to, (uint32_t)n, block, i);
    set_held(ladder, to, n + 1);
}

/* A free block, empty, at this place of the directory, for keys from first on. */
static uint32_t take_block(struct pmm_ladder *ladder, uint32_t place, int64_t first) {
    int64_t *firsts = firsts_of(ladder);
    uint64_t *blocks = blocks_of(ladder);
    uint32_t n = ladder->blocks_used;
    if (n == ladder->blocks_made) {
        pmm_store_relaxed_u64(blocks + n, n);
        pmm_store_relaxed_u32(&ladder->blocks_made, n + 1);
    }
    uint64_t block = blocks[n];
    move_words((uint64_t *)firsts + place + 1, (uint64_t *)firsts + place, n - place);
    move_words(blocks + place + 1, blocks + place, n - place);
    pmm_store_relaxed_u64(blocks + place, block);
    set_first(ladder, place, first);
    pmm_store_relaxed_u32(&ladder->blocks_used, n + 1);
    for (uint32_t i = 0; i < BLOCK; i++)
        set_key(ladder, (uint32_t)block, i, NO_KEY);
    set_held(ladder, (uint32_t)block, 0);
    return (uint32_t)block;
}

static void free_block(struct pmm_ladder *ladder, uint32_t place) {
    int64_t *firsts = firsts_of(ladder);
    uint64_t *blocks = blocks_of(ladder), block = blocks[place];
    uint32_t n = ladder->blocks_used - 1;
    move_words((uint64_t *)firsts + place, (uint64_t *)firsts + place + 1, n - place);
    move_words(blocks + place, blocks + place + 1, n - place);
    pmm_store_relaxed_u64(blocks + n, block);
    pmm_store_relaxed_u32(&ladder->blocks_used, n);
    if (place == 0 && n > 0) set_first(ladder, 0, NO_KEY);
}

uint32_t pmm_far_below(const struct pmm_ladder *ladder, int64_t *key) {
    /* The block in which key belongs may hold none below it, then the one before does: none is empty. */
    uint32_t place = rank(firsts_of(ladder), used(ladder), *key);
    for (uint32_t tries = 0; tries < 2 && place > 0; tries++) {
        uint32_t block = block_at(ladder, --place), at = BLOCK;
        const int64_t *keys = keys_of(ladder, block);
        int64_t found = NO_KEY;
        for (uint32_t i = 0; i < BLOCK; i++) {
            int64_t candidate = pmm_load_relaxed_i64(keys + i);
            int better = candidate < *key && candidate > found;
            at = better ? i : at;
            found = better ? candidate : found;
        }
        if (at < BLOCK) {
            *key = found;
            return slot_of(ladder, block, at);
        }
    }
    return PMM_LADDER_NONE;
}

uint32_t pmm_far_find(const struct pmm_ladder *ladder, int64_t key) {
    if (ladder->blocks_used == 0) return PMM_LADDER_NONE;
    uint32_t block = block_at(ladder, place_of(ladder, key));
    uint32_t i = index_of(keys_of(ladder, block), key);
    return i == BLOCK ? PMM_LADDER_NONE : slot_of(ladder, block, i);
}

int64_t pmm_far_worst(const struct pmm_ladder *ladder) {
    uint32_t block = block_at(ladder, 0);
    return least(keys_of(ladder, block), (uint32_t)*held_of(ladder, block));
}

/* The blocks at place and after it become one if together they hold so little; 1 if they did. */
static int merge(struct pmm_ladder *ladder, uint32_t place) {
    if (place + 1 >= ladder->blocks_used) return 0;
    uint32_t lower = block_at(ladder, place), upper = block_at(ladder, place + 1);
    uint32_t more = (uint32_t)*held_of(ladder, upper);
    if (*held_of(ladder, lower) + more > MERGED_MAX) return 0;
    for (uint32_t i = 0; i < more; i++)
        append(ladder, lower, upper, i);
    free_block(ladder, place + 1);
    return 1;
}

/* Makes room for a key where the block at place is full. Levels in order, from either end, leave it full. */
static void split(struct pmm_ladder *ladder, uint32_t place, int64_t key) {
    uint32_t full = block_at(ladder, place);
    const int64_t *keys = keys_of(ladder, full);
    if (place + 1 == ladder->blocks_used && key > greatest(keys)) {
        (void)take_block(ladder, place + 1, key);
        return;
    }
    if (place == 0 && key < least(keys, BLOCK)) {
        set_first(ladder, 0, least(keys, BLOCK));
        (void)take_block(ladder, 0, NO_KEY);
        return;
    }
    int64_t middle = median(keys);
    uint32_t upper = take_block(ladder, place + 1, middle);
    for (uint32_t i = BLOCK; i-- > 0;) {
        if (keys[i] < middle) continue;
        append(ladder, upper, full, i);
        take_out(ladder, full, i);
    }
    (void)merge(ladder, place + 1);
    if (place > 0) (void)merge(ladder, place - 1);
}

uint32_t pmm_far_put(struct pmm_ladder *ladder, int64_t key) {
    if (ladder->blocks_used == 0) (void)take_block(ladder, 0, NO_KEY);
    uint32_t place = place_of(ladder, key), block = block_at(ladder, place);
    uint32_t i = index_of(keys_of(ladder, block), key);
    if (i < BLOCK) return slot_of(ladder, block, i);
    if (*held_of(ladder, block) == BLOCK) {
        split(ladder, place, key);
        block = block_at(ladder, place_of(ladder, key));
    }
    i = (uint32_t)*held_of(ladder, block);
    set_key(ladder, block, i, key);
    set_held(ladder, block, i + 1);
    pmm_store_relaxed_u32(&ladder->far_levels, ladder->far_levels + 1);
    uint64_t *payload = pmm_ladder_payload(ladder, slot_of(ladder, block, i));
    for (uint32_t w = 0; w < ladder->words; w++)
        pmm_store_relaxed_u64(payload + w, 0);
    return slot_of(ladder, block, i);
}

int pmm_far_remove(struct pmm_ladder *ladder, int64_t key) {
    if (ladder->blocks_used == 0) return 0;
    uint32_t place = place_of(ladder, key), block = block_at(ladder, place);
    uint32_t i = index_of(keys_of(ladder, block), key);
    if (i == BLOCK) return 0;
    take_out(ladder, block, i);
    pmm_store_relaxed_u32(&ladder->far_levels, ladder->far_levels - 1);
    uint64_t left = *held_of(ladder, block);
    if (left == 0)
        free_block(ladder, place);
    else if (left < MERGED_MAX && !merge(ladder, place) && place > 0)
        (void)merge(ladder, place - 1);
    return 1;
}

void pmm_far_clear(struct pmm_ladder *ladder) {
    pmm_store_relaxed_u32(&ladder->blocks_used, 0);
    pmm_store_relaxed_u32(&ladder->far_levels, 0);
}

/* Every number of a block that was ever used stands once in the directory: they add up, and none is beyond. */
static int directory_is_whole(const struct pmm_ladder *ladder) {
    uint64_t sum = 0, made = ladder->blocks_made;
    if (ladder->blocks_used > made || made > ladder->far_blocks) return 0;
    for (uint32_t place = 0; place < made; place++) {
        if (blocks_of(ladder)[place] >= made) return 0;
        sum += blocks_of(ladder)[place] + 1;
    }
    return sum == made * (made + 1) / 2;
}

int pmm_far_check(const struct pmm_ladder *ladder) {
    int wrong = !directory_is_whole(ladder);
    uint64_t levels = 0, before = BLOCK;
    for (uint32_t place = 0; !wrong && place < ladder->blocks_used; place++) {
        uint32_t block = block_at(ladder, place), more = place + 1 < ladder->blocks_used;
        uint64_t n = *held_of(ladder, block);
        wrong |= n == 0 || n > BLOCK || before + n <= MERGED_MAX || (place == 0 && firsts_of(ladder)[0] != NO_KEY);
        for (uint32_t i = 0; i < BLOCK; i++) {
            int64_t key = keys_of(ladder, block)[i];
            wrong |= (key == NO_KEY) != (i >= n);
            if (key == NO_KEY) continue;
            wrong |= key < firsts_of(ladder)[place] || (more && key >= firsts_of(ladder)[place + 1]);
            wrong |= index_of(keys_of(ladder, block), key) != i;
        }
        levels += n;
        before = n;
    }
    return wrong || levels != ladder->far_levels || levels > ladder->far_capacity ? PMM_ERR_CORRUPT : PMM_OK;
}
