/*
 * money.h: amounts in ticks x lots, wide enough that none wraps. Private: cffi never reads it.
 *
 * A tick and a lot are small by design: one coin of a currency with many zeros passes 63 bits. So amounts are 128
 * bits wherever they are summed, and 64 where they are shown: narrowed to the nearest that can be, and known to be so.
 * Whoever sums them bounds the sum (risk_ledger.c: by the turnover, which none of the others passes).
 */
#ifndef PMM_MONEY_H
#define PMM_MONEY_H

#include "base/event.h"

__extension__ typedef __int128 pmm_wide;
/* As it stands in a structure: memory from Python is aligned to 8 bytes and no more. */
typedef pmm_wide pmm_money __attribute__((aligned(8)));

static inline pmm_wide pmm_notional(int64_t price, int64_t quantity) { return (pmm_wide)price * quantity; }

/* The nearest amount that 64 bits hold; *beyond becomes 1 if that is another one, and is left alone if not. */
static inline int64_t pmm_money_narrow(pmm_wide amount, int *beyond) {
    if (amount >= -INT64_MAX && amount <= INT64_MAX) return (int64_t)amount;
    *beyond = 1;
    return amount < 0 ? -INT64_MAX : INT64_MAX;
}

/* Lots: the same with one width less. A sum that does not fit has the sign of either part. */
static inline int64_t pmm_lots_add(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return a < 0 ? -INT64_MAX : INT64_MAX;
    return sum == INT64_MIN ? -INT64_MAX : sum;
}

/*
 * What a fill costs, rounded up: see pmm_fee. fee_e8 at most 1e8, the whole notional, either way. In two parts, as
 * notional x fee may pass 128 bits; and in 64 where the notional fits, which is nearly always and far quicker.
 */
static inline pmm_wide pmm_money_fee(pmm_wide notional, int64_t fee_e8) {
    const int64_t unit = PMM_FEE_WHOLE_E8, narrow = (int64_t)notional;
    const pmm_wide whole = narrow == notional ? narrow / unit : notional / unit;
    const int64_t rest = (int64_t)(narrow == notional ? narrow % unit : notional % unit) * fee_e8, up = rest / unit;
    return whole * fee_e8 + up + (rest > up * unit);
}

#endif
