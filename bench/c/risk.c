/*
 * The pre-trade gate: batches of NEW orders that pass every check, and for each refusal orders that run into it.
 * What puts the state back (cancellations of what was approved) happens outside the clock.
 */
#include "measure.h"

#include "risk/risk.h"

#define BATCH   64
#define POOL    1024
#define OUT_MAX 4096

static struct pmm_event in[BATCH], out[OUT_MAX];
static const struct pmm_risk_limits LIMITS = {
    .order_quantity_max = 1000, .position_max = 1000000, .collar_e4 = 100, .open_orders_max = 1000};
static const struct pmm_risk_session SESSION = {
    .intent_age_max_ns = 1000000000, .messages_per_s = 1000000000, .messages_burst = 1000000000};
static uint64_t next_id = 1;

static struct pmm_risk *make(const struct pmm_risk_limits *limits, const struct pmm_risk_session *session) {
    struct pmm_instrument instrument = {.symbol = "X", .tick_mantissa = 1, .lot_mantissa = 1, .quantity_min = 1};
    size_t bytes = pmm_risk_memsize(POOL, 1);
    struct pmm_risk *risk = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    memset(risk, 0, bytes);
    need(pmm_risk_init(risk, bytes, POOL, &instrument, limits, 1, session) == 0, "risk");
    return risk;
}

static struct pmm_event order(int64_t now) {
    return (struct pmm_event){.recv_ns = now,
                              .venue_ns = now,
                              .price = 50000,
                              .quantity = 10,
                              .order_id = next_id++,
                              .kind = PMM_KIND_NEW,
                              .side = next_id & 1 ? PMM_SIDE_BID : PMM_SIDE_ASK,
                              .source = PMM_SOURCE_STRATEGY};
}

static void one(struct pmm_risk *risk, struct pmm_event e) { pmm_risk_run(risk, &e, 1, out, OUT_MAX); }

static void start(struct pmm_risk *risk, int reference) {
    one(risk, (struct pmm_event){.recv_ns = 1, .kind = PMM_KIND_RESUME, .instrument_id = PMM_INSTRUMENT_ALL});
    if (reference)
        one(risk, (struct pmm_event){.recv_ns = 1,
                                     .kind = PMM_KIND_TOP,
                                     .price = 49999,
                                     .quantity = 5,
                                     .order_id = 50001,
                                     .aux = 5,
                                     .source = PMM_SOURCE_RISK});
}

/* The orders are gone again: what the venue would say. */
static void forget(struct pmm_risk *risk, int64_t now) {
    struct pmm_event gone[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        gone[i] = (struct pmm_event){.recv_ns = now,
                                     .quantity = in[i].quantity,
                                     .order_id = in[i].order_id,
                                     .kind = PMM_KIND_CANCELLED,
                                     .side = in[i].side,
                                     .reason = PMM_REASON_REQUESTED,
                                     .source = PMM_SOURCE_GATEWAY};
    pmm_risk_run(risk, gone, BATCH, out, OUT_MAX);
}

static void expect(const char *name, int64_t n, uint16_t reason) {
    if (n == BATCH && (reason ? out[0].reason == reason : out[0].kind == PMM_KIND_NEW)) return;
    fprintf(stderr, "%s: %ld decisions, the first of kind %d, reason %d\n", name, (long)n, out[0].kind, out[0].reason);
    exit(1);
}

static void measure(const char *name, struct pmm_risk *risk, size_t batches, uint16_t reason,
                    void (*spoil)(struct pmm_event *)) {
    uint64_t taken = 0;
    for (size_t b = 0; b < batches + batches / 10; b++) {
        for (size_t i = 0; i < BATCH; i++) {
            in[i] = order((int64_t)(2 + b));
            if (spoil) spoil(&in[i]);
        }
        uint64_t t0 = ticks();
        int64_t n = pmm_risk_run(risk, in, BATCH, out, OUT_MAX);
        uint64_t t = ticks() - t0;
        if (b >= batches / 10) taken += t;
        expect(name, n, reason);
        if (!reason) forget(risk, (int64_t)(2 + b));
    }
    emit(name, ticks_to_ns(taken) / (double)(batches * BATCH));
}

static void too_big(struct pmm_event *e) { e->quantity = 100000; }
static void too_far(struct pmm_event *e) { e->price = 60000; }
static void no_price(struct pmm_event *e) { e->price = 0; }
static void no_quantity(struct pmm_event *e) { e->quantity = 0; }
static void elsewhere(struct pmm_event *e) { e->instrument_id = 9; }
static void sideless(struct pmm_event *e) { e->side = 0; }
static void again(struct pmm_event *e) { e->order_id = 1; }

static void measure_state(const char *name, size_t batches, uint16_t reason) {
    struct pmm_risk_limits limits = LIMITS;
    struct pmm_risk_session session = SESSION;
    if (reason == PMM_REASON_POSITION_LIMIT) limits.position_max = 5;
    if (reason == PMM_REASON_OPEN_ORDERS) limits.open_orders_max = 1;
    if (reason == PMM_REASON_MESSAGE_RATE) {
        session.messages_per_s = 1;
        session.messages_burst = 1;
    }
    struct pmm_risk *risk = make(&limits, &session);
    start(risk, reason != PMM_REASON_NO_REFERENCE);
    struct pmm_event first = order(2);
    if (reason == PMM_REASON_OPEN_ORDERS || reason == PMM_REASON_MESSAGE_RATE) one(risk, first);
    if (reason == PMM_REASON_KILL_SWITCH)
        one(risk, (struct pmm_event){.recv_ns = 2,
                                     .kind = PMM_KIND_HALT,
                                     .instrument_id = PMM_INSTRUMENT_ALL,
                                     .reason = PMM_REASON_OPERATOR});
    if (reason == PMM_REASON_TOO_OLD) one(risk, (struct pmm_event){.recv_ns = 5000000000, .kind = PMM_KIND_TIMER});
    measure(name, risk, batches, reason, NULL);
    free(risk);
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    struct pmm_risk *risk = make(&LIMITS, &SESSION);
    size_t batches = counting(&args) ? 100 : amount(&args, 20000);
    start(risk, 1);
    one(risk, order(1)); /* id 1 stays open: the duplicate */
    if (counting(&args)) {
        measure("approved", risk, batches, 0, NULL);
        emit("units.pmm_risk_run", 2.0 * 110 * BATCH);
        return 0;
    }
    for (int round = 0; round < args.rounds; round++) {
        emit_yardstick();
        measure("approved", risk, batches, 0, NULL);
        measure("order_size", risk, batches, PMM_REASON_ORDER_SIZE, too_big);
        measure("price_collar", risk, batches, PMM_REASON_PRICE_COLLAR, too_far);
        measure("bad_price", risk, batches, PMM_REASON_BAD_PRICE, no_price);
        measure("bad_quantity", risk, batches, PMM_REASON_BAD_QUANTITY, no_quantity);
        measure("bad_instrument", risk, batches, PMM_REASON_BAD_INSTRUMENT, elsewhere);
        measure("bad_order", risk, batches, PMM_REASON_BAD_ORDER, sideless);
        measure("duplicate_order", risk, batches, PMM_REASON_DUPLICATE_ORDER, again);
        measure_state("position_limit", batches, PMM_REASON_POSITION_LIMIT);
        measure_state("open_orders", batches, PMM_REASON_OPEN_ORDERS);
        measure_state("message_rate", batches, PMM_REASON_MESSAGE_RATE);
        measure_state("no_reference", batches, PMM_REASON_NO_REFERENCE);
        measure_state("too_old", batches, PMM_REASON_TOO_OLD);
        measure_state("kill_switch", batches, PMM_REASON_KILL_SWITCH);
    }
    return 0;
}
