/*
 * The gateway's order table: whole lives of orders, beside as many that rest: sent, acknowledged, replaced, filled in
 * two parts. Beside it the same records through a ring, pushed and taken in one process: what any record costs at least
 * that gets here and leaves.
 */
#include "measure.h"

#include "shared/ring.h"
#include "trade/orders.h"

#define BATCH    8
#define RESTING  1024
#define CAPACITY 8192
#define STEPS    6
#define OUT_MAX  64

static struct pmm_event in[BATCH], out[OUT_MAX];
static uint64_t next_id = 1;
static int64_t execution = 1;

static struct pmm_event record(size_t step, uint64_t order_id) {
    static const uint8_t kinds[STEPS] = {PMM_KIND_NEW,      PMM_KIND_ACK,  PMM_KIND_REPLACE,
                                         PMM_KIND_REPLACED, PMM_KIND_FILL, PMM_KIND_FILL};
    struct pmm_event e = {.recv_ns = 1,
                          .price = 50000,
                          .quantity = kinds[step] == PMM_KIND_FILL ? 5 : 10,
                          .order_id = order_id,
                          .instrument_id = (uint32_t)order_id % 8,
                          .kind = kinds[step],
                          .side = order_id & 1 ? PMM_SIDE_BID : PMM_SIDE_ASK,
                          .flags = PMM_FLAG_LAST};
    if (e.kind == PMM_KIND_FILL) e.aux = execution++;
    return e;
}

static struct pmm_orders *make(void) {
    const struct pmm_orders_terms terms = {1000, 1000, 0, 1, CAPACITY, PMM_EXECUTIONS_RISING, 0};
    size_t bytes = pmm_orders_memsize(&terms);
    struct pmm_orders *orders = pages(bytes);
    need(pmm_orders_init(orders, bytes, &terms) == 0, "orders");
    for (int i = 0; i < RESTING; i++)
        for (size_t step = 0; step < 2; step++) {
            struct pmm_event e = record(step, next_id);
            need(pmm_orders_run(orders, &e, 1, out, OUT_MAX) == 1, "an order at rest");
            next_id += step;
        }
    return orders;
}

/* Ticks of so many batches' lives in the table (*decided), and of the same records in the ring (*passed). */
static void live(struct pmm_orders *orders, struct pmm_ring *writer, struct pmm_ring *reader, size_t batches,
                 uint64_t *decided, uint64_t *passed) {
    for (size_t b = 0; b < batches; b++, next_id += BATCH)
        for (size_t step = 0; step < STEPS; step++) {
            for (size_t i = 0; i < BATCH; i++)
                in[i] = record(step, next_id + i);
            uint64_t t0 = ticks();
            int64_t n = pmm_orders_run(orders, in, BATCH, out, OUT_MAX);
            uint64_t t1 = ticks();
            need(n == BATCH && out[0].kind == in[0].kind, "every record is passed on");
            uint64_t t2 = ticks();
            n = pmm_ring_push_bulk(writer, in, BATCH) == BATCH ? pmm_ring_take(reader, out, BATCH) : 0;
            pmm_ring_release(reader);
            *passed += ticks() - t2;
            *decided += t1 - t0;
            need(n == BATCH, "every record comes through the ring");
        }
    need(orders->count == RESTING && orders->duplicates == 0, "what lived is gone");
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    char path[512];
    snprintf(path, sizeof path, "%s/orders-ring", args.scratch);
    unlink(path);
    struct pmm_ring writer, reader;
    need(pmm_ring_create(path, 1024, "ring") == 0 && pmm_ring_open_writer(&writer, path) == 0, "ring's writer");
    need(pmm_ring_open_reader(&reader, path) == 0, "ring's reader");
    struct pmm_orders *orders = make();
    size_t batches = counting(&args) ? 100 : amount(&args, 20000);
    for (int round = 0; round < (counting(&args) ? 1 : args.rounds); round++) {
        uint64_t decided = 0, passed = 0;
        live(orders, &writer, &reader, batches / 10, &decided, &passed);
        decided = passed = 0;
        live(orders, &writer, &reader, batches, &decided, &passed);
        emit("table", ticks_to_ns(decided) / (double)(batches * STEPS * BATCH));
        emit("ring", ticks_to_ns(passed) / (double)(batches * STEPS * BATCH));
    }
    if (counting(&args)) emit("units.pmm_orders_run", (double)(2 * RESTING + (batches + batches / 10) * STEPS * BATCH));
    pmm_ring_close(&reader);
    pmm_ring_close(&writer);
    unlink(path);
    return 0;
}
