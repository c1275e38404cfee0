/*
 * decimal.h: decimal text to a whole number of ticks or lots, and back, exactly.
 *
 * What it is. Venues write prices and quantities as decimal text ("61737.63000000"); a record
 * holds them as int64 counts of a unit, unit = mantissa x 10^-decimals (struct pmm_instrument's
 * tick and lot). The conversion is integer arithmetic only: a text that is not a whole number of
 * units is refused, never rounded.
 *
 * Grammar. [-] digits [. digits], at least one digit on each side of a point that is there.
 * Leading and trailing zeros are fine; a plus sign, an exponent and white space are not.
 *
 * Caveats. value x 10^decimals has to fit into 63 bits even where a mantissa above 1 would make
 * the count smaller; INT64_MIN is out of range. decimals is at most 18, mantissa at least 1:
 * ARGUMENT otherwise. Pure functions: no state, any thread, text need not end in NUL.
 */
#ifndef PMM_DECIMAL_H
#define PMM_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define PMM_DECIMAL_DECIMALS_MAX 18
#define PMM_DECIMAL_TEXT_BYTES   48

/*
 * Reads the decimal that text begins with; stops at the first byte that cannot belong to it.
 * Returns the number of bytes read (> 0) and sets *units.
 *   ARGUMENT  mantissa or decimals out of bounds
 *   SYNTAX    no decimal there, or a point without digits after it
 *   RANGE     does not fit, or is not a whole number of units
 */
int64_t pmm_decimal_scan(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals, int64_t *units);

/* The same, for a text that must be nothing else: 0, or a code as above. */
int pmm_decimal_parse(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals, int64_t *units);

/*
 * Writes units as decimal text with exactly `decimals` digits after the point (none: no point).
 * Returns the length, without the NUL that it also writes. FULL if it does not fit into bytes;
 * PMM_DECIMAL_TEXT_BYTES is always enough. ARGUMENT as above.
 */
int64_t pmm_decimal_format(int64_t units, int64_t mantissa, uint32_t decimals, char *out, size_t bytes);

#endif
