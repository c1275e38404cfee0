/*
 * Sets of instruments and peers against what they stand for: a byte for each id, a byte for each process.
 */
#include <string.h>

#include "base/set.h"
#include "base/source.h"
#include "chance.h"
#include "check.h"

#define BEYOND (PMM_INSTRUMENTS_MAX + 70)

/* Where the walk is, from below the first word to beyond the last. */
static void same(const struct pmm_set *set, const char *in) {
    uint32_t at = pmm_set_first(set), count = 0;
    for (uint32_t id = 0; id < PMM_INSTRUMENTS_MAX; id++) {
        CHECK(pmm_set_has(set, id) == in[id]);
        if (!in[id]) continue;
        CHECK(at == id);
        at = pmm_set_next(set, id + 1);
        count++;
    }
    CHECK(at == PMM_INSTRUMENT_ALL && pmm_set_count(set) == count && pmm_set_is_empty(set) == (count == 0));
    CHECK(!pmm_set_has(set, PMM_INSTRUMENTS_MAX) && !pmm_set_has(set, PMM_INSTRUMENT_ALL));
}

static void change(struct pmm_set *set, char *in) {
    uint32_t id = (uint32_t)draw(BEYOND), adds = draw(3) > 0;
    if (adds)
        pmm_set_add(set, id);
    else
        pmm_set_take(set, id);
    if (id < PMM_INSTRUMENTS_MAX) in[id] = (char)adds;
}

static void check_sets(void) {
    struct pmm_set one = {{0}}, other = {{0}};
    char in_one[PMM_INSTRUMENTS_MAX] = {0}, in_other[PMM_INSTRUMENTS_MAX] = {0};
    same(&one, in_one);
    for (int step = 0; step < 2000; step++) {
        change(&one, in_one);
        change(&other, in_other);
        same(&one, in_one);
        struct pmm_set left = pmm_set_without(&one, &other), all = one;
        pmm_set_add_all(&all, &other);
        for (uint32_t id = 0; id < PMM_INSTRUMENTS_MAX; id++) {
            CHECK(pmm_set_has(&left, id) == (in_one[id] && !in_other[id]));
            CHECK(pmm_set_has(&all, id) == (in_one[id] || in_other[id]));
        }
        if (step % 400) continue;
        memset(&one, 0, sizeof one);
        memset(in_one, 0, sizeof in_one);
    }
}

static void check_sources(void) {
    const uint16_t source = PMM_SOURCE_GATEWAY | 31 << PMM_NUMBER_SHIFT;
    CHECK(pmm_role_of(source) == PMM_SOURCE_GATEWAY && pmm_number_of(source) == 31);
    CHECK(pmm_owner_of(UINT64_C(0x80FF000000000001)) == 0xFF && pmm_owner_of(UINT64_C(0x800100FFFFFFFFFF)) == 1);
    CHECK(pmm_is_source(source) && pmm_is_source(PMM_SOURCE_EXCHANGE) && pmm_is_source(PMM_SOURCE_TRADERS));
    CHECK(!pmm_is_source(PMM_SOURCE_NONE) && !pmm_is_source(PMM_SOURCE_TRADERS + 1) && !pmm_is_source(0x0100));
    CHECK(!pmm_is_source(PMM_SOURCE_FEED | PMM_NUMBERS_MAX << PMM_NUMBER_SHIFT) && !pmm_is_source(0x10002));
    CHECK(!pmm_is_source(-1) && !pmm_is_source(INT64_MIN | PMM_SOURCE_FEED));
}

static void check_peers(void) {
    struct pmm_peers peers = {{0}};
    char lost[PMM_SOURCE_TRADERS + 1][PMM_NUMBERS_MAX] = {{0}};
    for (int step = 0; step < 2000; step++) {
        uint32_t role = (uint32_t)draw(PMM_SOURCE_TRADERS + 3), number = (uint32_t)draw(PMM_NUMBERS_MAX + 2);
        uint8_t kind = draw(2) ? PMM_KIND_PEER_LOST : PMM_KIND_PEER_BACK;
        struct pmm_event e = {.kind = kind, .aux = role | number << PMM_NUMBER_SHIFT};
        pmm_peers_note(&peers, &e);
        if (pmm_is_source(e.aux)) lost[role][number] = kind == PMM_KIND_PEER_LOST;
        for (uint32_t r = 1; r <= PMM_SOURCE_TRADERS; r++)
            for (uint32_t n = 0; n < PMM_NUMBERS_MAX; n++)
                CHECK(pmm_is_lost(&peers, (enum pmm_source)r, n) == lost[r][n]);
    }
    for (uint32_t r = PMM_SOURCE_TRADERS + 1; r < PMM_ROLES; r++)
        CHECK(peers.lost[r] == 0);
}

int main(void) {
    check_sets();
    check_sources();
    check_peers();
    return 0;
}
