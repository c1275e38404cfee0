/*
 * dust.h: fees in an instrument's own currencies, to the last digit. Private: cffi never reads it.
 *
 * What it is. A position is whole lots and cash is whole ticks x lots, and a venue takes its fee finer than that. What
 * a fee leaves below one unit is kept beside them and counts with the next fee, so that the two together are what the
 * venue has: at least nothing, less than one unit.
 *
 * Who owns. A part of whoever takes fees into account, made with pmm_dust_init.
 */
#ifndef PMM_DUST_H
#define PMM_DUST_H

#include "base/money.h"
#include "base/position.h"

static inline pmm_wide pmm_dust_read(const uint64_t words[2]) { return ((pmm_wide)words[0] << 64) + words[1]; }

static inline void pmm_dust_write(uint64_t words[2], pmm_wide value) {
    words[0] = (uint64_t)(value >> 64);
    words[1] = (uint64_t)value;
}

static inline pmm_wide pmm_power_of_ten(int exponent) {
    pmm_wide power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/*
 * Of units of mantissa x 10^-decimals. decimals: at most 36, which are those of a tick and a lot. Where 128 bits hold
 * no such unit, or it is none, no fee can be paid.
 */
static inline void pmm_dust_init(struct pmm_dust *dust, pmm_wide mantissa, int decimals) {
    const int can_be = mantissa > 0 && decimals >= 0 && decimals <= 2 * PMM_FEE_DECIMALS_MAX;
    pmm_wide unit = 0;
    dust->decimals = can_be && decimals > PMM_FEE_DECIMALS_MAX ? decimals : PMM_FEE_DECIMALS_MAX;
    if (can_be && __builtin_mul_overflow(mantissa, pmm_power_of_ten(dust->decimals - decimals), &unit)) unit = 0;
    pmm_dust_write(dust->unit, unit);
    pmm_dust_write(dust->left, 0);
}

/*
 * How many whole units the fee (whose decimals must be ones that can be) takes away, negative: adds; the rest stays in
 * the dust. 0, *beyond and nothing paid if 128 bits do not hold it.
 */
static inline pmm_wide pmm_dust_pay(struct pmm_dust *dust, const struct pmm_event *fee, int *beyond) {
    const pmm_wide unit = pmm_dust_read(dust->unit), scale = pmm_power_of_ten(dust->decimals - (int)fee->price);
    pmm_wide amount;
    if (unit == 0 || __builtin_mul_overflow((pmm_wide)fee->quantity, scale, &amount) ||
        __builtin_sub_overflow(pmm_dust_read(dust->left), amount, &amount)) {
        *beyond = 1;
        return 0;
    }
    pmm_wide units = amount / unit, left = amount % unit;
    if (left < 0) {
        left += unit;
        units--;
    }
    pmm_dust_write(dust->left, left);
    return -units;
}

#endif
