/* portable_math.c: the three functions; the tables are made from decimals by tools/portable_tables.py. */
#include "base/portable_math.h"

#include <stdint.h>
#include <string.h>

#include "base/portable_tables.h"

/* ln 2 in two parts; the first ends in zeros, so that its product with an exponent is exact. */
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW  0x1.a39ef35793c76p-33
/* The same of ln 2 / 64. */
#define STEP_HIGH    (LN2_HIGH / 64)
#define STEP_LOW     (LN2_LOW / 64)
#define STEPS_A_UNIT 0x1.71547652b82fep6
#define FIRST        UINT64_C(0x3FE6000000000000)
#define INFINITY_    (UINT64_C(2047) << 52)

static double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* ln((1 + s) / (1 - s)) for |s| up to 0.172: what is left out of the series is below 2^-56 of it. */
static double log_ratio(double s) {
    double q = s * s, p = q * q;
    /* Two chains at once: a processor waits for neither. */
    double even = 1.0 / 3 + p * (1.0 / 7 + p * (1.0 / 11 + p * (1.0 / 15 + p * (1.0 / 19 + p * (1.0 / 23)))));
    double odd = 1.0 / 5 + p * (1.0 / 9 + p * (1.0 / 13 + p * (1.0 / 17 + p * (1.0 / 21))));
    return 2.0 * s + 2.0 * s * q * (even + q * odd);
}

double pmm_log(double x) {
    if (x > 0.9375 && x < 1.0625) return log_ratio((x - 1.0) / (x + 1.0));
    const uint64_t bits = bits_of(x), from_first = bits - FIRST;
    const int64_t exponent = (int64_t)from_first >> 52;
    const uint64_t significand = bits - ((uint64_t)exponent << 52);
    const double *row = pmm_log_table[from_first >> 45 & 127];
    /* The middle of its part has few bits, so that the difference is exact. */
    const double middle = of_bits((significand & ~((UINT64_C(1) << 45) - 1)) + (UINT64_C(1) << 44));
    const double r = (of_bits(significand) - middle) * row[0], q = r * r, power = (double)exponent;
    const double even = -1.0 / 2 + q * (-1.0 / 4 + q * (-1.0 / 6)), odd = 1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7));
    return power * LN2_HIGH + row[1] + (power * LN2_LOW + (r + q * (even + r * odd)));
}

double pmm_log1p(double x) {
    if (x > -0.29 && x < 0.41) return log_ratio(x / (2.0 + x));
    return pmm_log(1.0 + x);
}

double pmm_exp(double x) {
    if (!(x >= -708.0)) return x != x ? x : 0.0;
    if (x > 709.0) return of_bits(INFINITY_);
    const double scaled = x * STEPS_A_UNIT;
    const int64_t steps = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    const double r = (x - (double)steps * STEP_HIGH) - (double)steps * STEP_LOW, q = r * r;
    const double tail = r + q * ((1.0 / 2 + q * (1.0 / 24)) + r * (1.0 / 6 + q * (1.0 / 120)));
    const double part = pmm_exp_table[steps & 63];
    return (part + part * tail) * of_bits((uint64_t)((steps >> 6) + 1023) << 52);
}
