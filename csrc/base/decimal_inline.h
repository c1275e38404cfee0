/*
 * decimal_inline.h: how decimal.h's conversion is done, for scanners that do it at every level.
 *
 * A depth update holds dozens of decimals, so that the call itself would be a third of the cost:
 * the body stands here to be compiled into its callers; decimal.c gives it its public name.
 *
 * Internal: not bound to Python.
 */
#ifndef PMM_DECIMAL_INLINE_H
#define PMM_DECIMAL_INLINE_H

#include <string.h>

#include "base/decimal.h"
#include "base/error.h"

static const uint64_t POWER[PMM_DECIMAL_DECIMALS_MAX + 1] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
};

/* The largest value that can take one more digit and stay within 64 bits and near 63. */
#define ROOM (INT64_MAX / 10)

static inline int is_digit(char c) { return (unsigned char)(c - '0') <= 9; }

/* Appends digits to *value until `stop` or a byte that is none; NULL if they do not fit. */
static inline const char *digits(const char *p, const char *stop, uint64_t *value) {
    uint64_t v = *value;
    while (p < stop && is_digit(*p)) {
        if (v > ROOM) return NULL;
        v = v * 10 + (uint64_t)(*p++ - '0');
    }
    *value = v;
    return p;
}

/* The fraction: the first `decimals` digits count; others than zeros behind them are inexact. */
static inline int fraction(const char **at, const char *end, uint32_t decimals, uint64_t *value, int *exact) {
    const char *first = *at;
    size_t room = (size_t)(end - first);
    const char *stop = first + (room < decimals ? room : decimals);
    const char *p = digits(first, stop, value);
    if (!p) return PMM_ERR_RANGE;
    uint32_t missing = decimals - (uint32_t)(p - first);
    if (missing == 0) {
        for (; p < end && is_digit(*p); p++)
            *exact &= *p == '0';
    }
    if (p == first) return PMM_ERR_SYNTAX;
    *at = p;
    return missing && __builtin_mul_overflow(*value, POWER[missing], value) ? PMM_ERR_RANGE : 0;
}

/* Any shape: the bytes read, or a code; *value fits into 63 bits. */
static inline int64_t decimal_of_any(const char *text, const char *end, uint32_t decimals, uint64_t *value,
                                     int *exact) {
    uint64_t v = 0;
    const char *p = digits(text, end, &v);
    if (!p) return PMM_ERR_RANGE;
    if (p == text) return PMM_ERR_SYNTAX;
    if (p < end && *p == '.') {
        p++;
        int code = fraction(&p, end, decimals, &v, exact);
        if (code < 0) return code;
    } else if (__builtin_mul_overflow(v, POWER[decimals], &v)) {
        return PMM_ERR_RANGE;
    }
    *value = v;
    return v > INT64_MAX ? PMM_ERR_RANGE : p - text;
}

/* ceil(2^64 / 10^k): frac / 10^k for frac below 10^8 is the high half of the product. */
static const uint64_t RECIPROCAL[9] = {
    0,
    UINT64_C(1844674407370955162),
    UINT64_C(184467440737095517),
    UINT64_C(18446744073709552),
    UINT64_C(1844674407370956),
    UINT64_C(184467440737096),
    UINT64_C(18446744073710),
    UINT64_C(1844674407371),
    UINT64_C(184467440738),
};

#define ZEROS UINT64_C(0x3030303030303030)

static inline uint64_t load_eight(const char *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* For eight bytes less '0' each: the high bits of the first that is no digit, and maybe after. */
static inline uint64_t not_digits(uint64_t v) {
    return (v | (v + UINT64_C(0x0606060606060606))) & UINT64_C(0xF0F0F0F0F0F0F0F0);
}

/* Eight bytes that are digits less '0' each, the first the most significant. */
static inline uint32_t value_of_eight(uint64_t v) {
    v = v * 10 + (v >> 8);
    return (uint32_t)(((v & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064) +
                       ((v >> 16) & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001)) >>
                      32);
}

/*
 * The shape that venues write most: one to seven digits, a point, eight digits, something else.
 * Without a branch on how many digits there are. Returns the bytes read, or 0 to go the long way.
 */
static inline int64_t decimal_of_eight(const char *p, const char *end, uint32_t decimals, uint64_t *value, int *exact) {
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || end - p < 17 || decimals > 8) return 0;
    const uint64_t whole = load_eight(p) ^ ZEROS;
    const uint64_t stop = not_digits(whole);
    const int length = stop ? __builtin_ctzll(stop) >> 3 : 8;
    if (length == 0 || length == 8 || p[length] != '.' || is_digit(p[length + 9])) return 0;
    const uint64_t parts = load_eight(p + length + 1) ^ ZEROS;
    if (not_digits(parts)) return 0;
    const uint32_t fraction = value_of_eight(parts);
    const uint32_t surplus = 8 - decimals;
    uint64_t kept = fraction;
    if (surplus > 0) {
        kept = (uint64_t)(((unsigned __int128)fraction * RECIPROCAL[surplus]) >> 64);
        *exact &= kept * POWER[surplus] == fraction;
    }
    *value = value_of_eight(whole << (64 - 8 * length)) * POWER[decimals] + kept;
    return length + 9;
}

/*
 * As pmm_decimal_scan, but for a text between two units: *units is the one nearer to zero then,
 * and *exact, which is 1 otherwise, is 0.
 */
static inline int64_t decimal_scan_down(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals,
                                        int64_t *units, int *exact) {
    if (mantissa < 1 || decimals > PMM_DECIMAL_DECIMALS_MAX) return PMM_ERR_ARGUMENT;
    const char *end = text + bytes;
    const int negative = bytes > 0 && *text == '-';
    uint64_t value = 0;
    *exact = 1;
    int64_t used = decimal_of_eight(text + negative, end, decimals, &value, exact);
    if (used == 0) used = decimal_of_any(text + negative, end, decimals, &value, exact);
    if (used < 0) return used;
    if (mantissa != 1) {
        *exact &= value % (uint64_t)mantissa == 0;
        value /= (uint64_t)mantissa;
    }
    *units = negative ? -(int64_t)value : (int64_t)value;
    return used + negative;
}

/* pmm_decimal_scan, see decimal.h. */
static inline int64_t decimal_scan(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals,
                                   int64_t *units) {
    int exact;
    const int64_t used = decimal_scan_down(text, bytes, mantissa, decimals, units, &exact);
    return used >= 0 && !exact ? PMM_ERR_RANGE : used;
}

#endif
