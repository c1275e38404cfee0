/*
 * portable_math.h: logarithm, exponential and power from operations that every processor rounds alike. Private:
 * cffi never reads it.
 *
 * Why. The C library chooses another log, exp or pow for another processor (with and without fused multiply-add),
 * and they differ in the last bit: a session replayed on another machine would make other quotes, and the simulated
 * market other trades. Sums, products, quotients and roots are defined to the last bit by IEEE 754; built with
 * -ffp-contract=off these functions give the same bits wherever doubles are doubles.
 *
 * How good. Within 3 units in the last place of the true value (log, log1p, exp); a power within 3 + 2 |y ln x| of
 * them. Methods: atanh's series after the exponent is taken out; Taylor's of exp on half of ln 2.
 *
 * Arguments. log: x > 0, finite and normal. log1p: x > -1. exp: any; below -708 it is 0, above 709 infinity.
 */
#ifndef PMM_PORTABLE_MATH_H
#define PMM_PORTABLE_MATH_H

#include <stdint.h>
#include <string.h>

/* ln 2 in two parts; the first ends in zeros, so that its product with an exponent is exact. */
#define PMM_LN2_HIGH 0x1.62e42feep-1
#define PMM_LN2_LOW  0x1.a39ef35793c76p-33

static inline double pmm_bits_double(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ln((1 + s) / (1 - s)) for |s| up to 0.172: what is left out of the series is below 2^-56 of it. */
static inline double pmm_log_ratio(double s) {
    double q = s * s, p = q * q;
    /* Two chains at once: a processor waits for neither. */
    double even = 1.0 / 3 + p * (1.0 / 7 + p * (1.0 / 11 + p * (1.0 / 15 + p * (1.0 / 19 + p * (1.0 / 23)))));
    double odd = 1.0 / 5 + p * (1.0 / 9 + p * (1.0 / 13 + p * (1.0 / 17 + p * (1.0 / 21))));
    return 2.0 * s + 2.0 * s * q * (even + q * odd);
}

static inline double pmm_log(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t exponent = (int64_t)(bits >> 52) - 1023;
    double m = pmm_bits_double((bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023) << 52);
    if (m > 0x1.6a09e667f3bcdp0) {
        m *= 0.5;
        exponent++;
    }
    double power = (double)exponent;
    return power * PMM_LN2_HIGH + (power * PMM_LN2_LOW + pmm_log_ratio((m - 1.0) / (m + 1.0)));
}

static inline double pmm_log1p(double x) {
    if (x > -0.29 && x < 0.41) return pmm_log_ratio(x / (2.0 + x));
    return pmm_log(1.0 + x);
}

static inline double pmm_exp(double x) {
    if (!(x >= -708.0)) return x != x ? x : 0.0;
    if (x > 709.0) return pmm_bits_double(UINT64_C(2047) << 52);
    double scaled = x * 0x1.71547652b82fep0;
    int64_t power = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    double high = x - (double)power * PMM_LN2_HIGH, low = (double)power * PMM_LN2_LOW;
    double r = high - low, q = r * r;
    /* Taylor's terms from r^2 / 2! on in two chains, and the rest of the reduction with the smaller part. */
    double even =
        1.0 / 2 + q * (1.0 / 24 + q * (1.0 / 720 + q * (1.0 / 40320 + q * (1.0 / 3628800 + q * (1.0 / 479001600)))));
    double odd =
        1.0 / 6 +
        q * (1.0 / 120 + q * (1.0 / 5040 + q * (1.0 / 362880 + q * (1.0 / 39916800 + q * (1.0 / 6227020800.0)))));
    double tail = q * (even + r * odd) + ((high - r) - low);
    double e = 1.0 + (r + tail);
    return e * pmm_bits_double((uint64_t)(power + 1023) << 52);
}

/* x to the y, x > 0. */
static inline double pmm_pow(double x, double y) { return pmm_exp(y * pmm_log(x)); }

#endif
