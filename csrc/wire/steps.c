/* steps.c: greatest common divisors, record by record. */
#include "wire/steps.h"

#include "base/kinds.h"

static int64_t divisor(int64_t step, int64_t value) {
    if (step == 0 || value == 0) return step ? step : value;
    for (int64_t rest; (rest = value % step) != 0; step = rest)
        value = step;
    return step;
}

void pmm_steps_take(struct pmm_steps *steps, size_t count, const struct pmm_event *events, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *event = &events[i];
        if (event->instrument_id >= count || pmm_is_book_state(event->kind)) continue;
        struct pmm_steps *row = &steps[event->instrument_id];
        row->price = divisor(row->price, event->price);
        row->quantity = divisor(row->quantity, event->quantity);
        if (event->kind != PMM_KIND_TOP) continue;
        row->price = divisor(row->price, (int64_t)event->order_id);
        row->quantity = divisor(row->quantity, event->aux);
    }
}
