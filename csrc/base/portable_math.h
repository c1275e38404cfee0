/*
 * portable_math.h: logarithm, exponential and power from operations that every processor rounds alike. Private:
 * cffi never reads it.
 *
 * Why. The C library chooses another log, exp or pow for another processor (with and without fused multiply-add),
 * and they differ in the last bit: a session replayed on another machine would make other quotes, and the simulated
 * market other trades. Sums, products, quotients and roots are defined to the last bit by IEEE 754; built with
 * -ffp-contract=off these functions give the same bits wherever doubles are doubles.
 *
 * How good. Within 3 units in the last place of the true value (log, log1p, exp); a power within 3 + 7 |y ln x| of
 * them: the logarithm's 3 and the product's half are so much of the exponent, and a unit of the result may be half as
 * large as one of theirs. Methods: near 1 the series of atanh, elsewhere the logarithm of a near number out of a table
 * and a short series for the rest; exp from 2^(i / 64) and a short series.
 *
 * Arguments. log: x > 0, finite and normal. log1p: x > -1. exp: any; below -708 it is 0, above 709 infinity.
 */
#ifndef PMM_PORTABLE_MATH_H
#define PMM_PORTABLE_MATH_H

double pmm_log(double x);
double pmm_log1p(double x);
double pmm_exp(double x);

/* x to the y, x > 0. */
static inline double pmm_pow(double x, double y) { return pmm_exp(y * pmm_log(x)); }

#endif
