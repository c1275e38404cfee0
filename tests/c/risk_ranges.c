/*
 * Risk's limits at the ends of their ranges and one beyond, under the sanitizers: what is out of range is refused, and
 * what is taken neither overflows nor lets the token bucket run dry or over, however far the clock jumps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/error.h"
#include "risk/risk.h"

#define ORDERS 64
#define OPEN   48 /* that so large a table takes */

static struct pmm_risk *made(struct pmm_risk_limits limits, struct pmm_risk_session session) {
    struct pmm_instrument terms;
    memset(&terms, 0, sizeof terms);
    terms.quantity_min = 1;
    size_t size = pmm_risk_memsize(ORDERS, 1);
    struct pmm_risk *risk = malloc(size);
    if (pmm_risk_init(risk, size, ORDERS, &terms, &limits, 1, &session) == 0) return risk;
    free(risk);
    return NULL;
}

static const struct pmm_risk_limits LEAST = {1, 1, 1, 1, 0};
static const struct pmm_risk_limits MOST = {PMM_RISK_LOTS_MAX, PMM_RISK_LOTS_MAX, 10000, PMM_RISK_ORDERS_MAX, 0};
static const struct pmm_risk_session SLOWEST = {1, 1, 1};
static const struct pmm_risk_session FASTEST = {INT64_MAX / 4, 1000000000, 1000000000};

#define REFUSE_LIMIT(from, field, value) \
    do { \
        struct pmm_risk_limits limits = from; \
        limits.field = (value); \
        CHECK(!made(limits, SLOWEST)); \
    } while (0)

#define REFUSE_SESSION(from, field, value) \
    do { \
        struct pmm_risk_session session = from; \
        session.field = (value); \
        CHECK(!made(MOST, session)); \
    } while (0)

static void what_is_out_of_range_is_refused(void) {
    REFUSE_LIMIT(LEAST, order_quantity_max, 0);
    REFUSE_LIMIT(LEAST, position_max, -1);
    REFUSE_LIMIT(LEAST, collar_e4, 0);
    REFUSE_LIMIT(LEAST, collar_e4, -100);
    REFUSE_LIMIT(LEAST, open_orders_max, 0);
    REFUSE_LIMIT(MOST, order_quantity_max, PMM_RISK_LOTS_MAX + 1);
    REFUSE_LIMIT(MOST, position_max, INT64_MAX);
    REFUSE_LIMIT(MOST, collar_e4, 10001);
    REFUSE_LIMIT(MOST, open_orders_max, PMM_RISK_ORDERS_MAX + 1);
    REFUSE_SESSION(SLOWEST, intent_age_max_ns, 0);
    REFUSE_SESSION(SLOWEST, messages_per_s, 0);
    REFUSE_SESSION(SLOWEST, messages_burst, -1);
    REFUSE_SESSION(FASTEST, intent_age_max_ns, INT64_MAX);
    REFUSE_SESSION(FASTEST, messages_per_s, 1000000001);
    REFUSE_SESSION(FASTEST, messages_burst, 10000000000); /* its bucket would begin below zero */
}

static uint16_t decided_at(struct pmm_risk *risk, uint64_t order_id, int64_t now_ns, int64_t decided_ns) {
    struct pmm_event events[2], out[2 * 2 + ORDERS];
    memset(events, 0, sizeof events);
    events[0].kind = PMM_KIND_TOP;
    events[0].recv_ns = now_ns;
    events[0].price = 100;
    events[0].order_id = 102;
    events[0].quantity = events[0].aux = 1;
    events[1].kind = PMM_KIND_NEW;
    events[1].recv_ns = decided_ns;
    events[1].price = 101;
    events[1].quantity = 1;
    events[1].order_id = order_id;
    events[1].side = PMM_SIDE_BID;
    CHECK(pmm_risk_run(risk, events, 2, out, sizeof out / sizeof *out) == 1);
    return out[0].kind == PMM_KIND_NEW ? 0 : out[0].reason;
}

static uint16_t asked(struct pmm_risk *risk, uint64_t order_id, int64_t now_ns) {
    return decided_at(risk, order_id, now_ns, now_ns);
}

static void what_was_decided_long_ago_is_too_old(struct pmm_risk_session session) {
    const int64_t now_ns = INT64_MAX / 2, age_ns = session.intent_age_max_ns;
    const int64_t stamps[] = {now_ns - age_ns - 1, -1, INT64_MIN + now_ns, INT64_MIN + 1, INT64_MIN};
    struct pmm_risk *risk = made(MOST, session);
    CHECK(risk && decided_at(risk, 1, now_ns, now_ns - age_ns) == 0);
    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++)
        CHECK(decided_at(risk, 2 + i, now_ns, stamps[i]) == PMM_REASON_TOO_OLD);
    free(risk);
}

static void the_bucket_keeps_its_size(struct pmm_risk_session session, int expected) {
    const int64_t later[] = {0, 1, 1000000000, INT64_MAX / 2};
    struct pmm_risk *risk = made(MOST, session);
    CHECK(risk);
    int passed = 0;
    for (uint64_t i = 0; i < 4; i++)
        passed += asked(risk, i + 1, later[i]) == 0;
    CHECK(passed == expected);
    free(risk);
}

/* As many open orders as the table takes; then two records that may cancel each of them, in room of so many. */
static int64_t swept(uint8_t first, uint8_t second, size_t room) {
    struct pmm_risk *risk = made(MOST, FASTEST);
    CHECK(risk);
    for (uint64_t id = 1; id <= OPEN; id++)
        CHECK(asked(risk, id, 5) == 0);
    struct pmm_event events[2], *out = malloc(room * sizeof *out);
    memset(events, 0, sizeof events);
    events[0].kind = first;
    events[1].kind = second;
    int64_t count = pmm_risk_run(risk, events, 2, out, room);
    for (int64_t i = 0; i < count; i++)
        CHECK(out[i].kind == PMM_KIND_CANCEL);
    free(out);
    free(risk);
    return count;
}

static void a_start_that_cancels_all_again_has_the_room_or_is_refused(void) {
    const uint8_t sweeps[] = {PMM_KIND_HALT, PMM_KIND_STOP, PMM_KIND_START};
    const size_t once = 2 * 2 + ORDERS;
    for (size_t i = 0; i < 3; i++) {
        CHECK(swept(sweeps[i], PMM_KIND_HALT, once) == OPEN);
        CHECK(swept(sweeps[i], PMM_KIND_START, once) == PMM_ERR_ARGUMENT);
        CHECK(swept(sweeps[i], PMM_KIND_START, once + ORDERS) == 2 * OPEN);
    }
}

int main(void) {
    a_start_that_cancels_all_again_has_the_room_or_is_refused();
    what_is_out_of_range_is_refused();
    the_bucket_keeps_its_size(FASTEST, 4);
    the_bucket_keeps_its_size(SLOWEST, 3); /* nothing comes back within a nanosecond */
    what_was_decided_long_ago_is_too_old(SLOWEST);
    what_was_decided_long_ago_is_too_old(FASTEST);
    struct pmm_risk *tight = made(LEAST, FASTEST);
    CHECK(tight);
    CHECK(asked(tight, 1, 5) == 0 && asked(tight, 2, 5) == PMM_REASON_POSITION_LIMIT);
    free(tight);
    return 0;
}
