#include "decimal.h"

#include <string.h>

#include "error.h"

static const uint64_t POWER[PMM_DECIMAL_DECIMALS_MAX + 1] = {
    1ull,
    10ull,
    100ull,
    1000ull,
    10000ull,
    100000ull,
    1000000ull,
    10000000ull,
    100000000ull,
    1000000000ull,
    10000000000ull,
    100000000000ull,
    1000000000000ull,
    10000000000000ull,
    100000000000000ull,
    1000000000000000ull,
    10000000000000000ull,
    100000000000000000ull,
    1000000000000000000ull,
};

/* The largest value that can take one more digit and stay within 64 bits and near 63. */
#define ROOM (INT64_MAX / 10)

static int is_digit(char c) {
    return (unsigned char)(c - '0') <= 9;
}

/* Appends digits to *value until `stop` or a byte that is none; NULL if they do not fit. */
static const char *digits(const char *p, const char *stop, uint64_t *value) {
    uint64_t v = *value;
    /* Nine digits more cannot pass the bound that needs a check at each digit. */
    const char *safe = v <= UINT32_MAX && stop - p > 9 ? p + 9 : p;
    while (p < safe && is_digit(*p))
        v = v * 10 + (uint64_t)(*p++ - '0');
    while (p < stop && is_digit(*p)) {
        if (v > ROOM)
            return NULL;
        v = v * 10 + (uint64_t)(*p++ - '0');
    }
    *value = v;
    return p;
}

/* Eight digits at once: their value, or -1 if one of the bytes is none (little-endian only). */
static int64_t eight_digits(const char *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    const uint64_t zeros = v ^ 0x3030303030303030ull;
    if ((zeros | (zeros + 0x0606060606060606ull)) & 0xF0F0F0F0F0F0F0F0ull)
        return -1;
    v = zeros * 10 + (zeros >> 8);
    v = ((v & 0x000000FF000000FFull) * 0x000F424000000064ull +
         ((v >> 16) & 0x000000FF000000FFull) * 0x0000271000000001ull) >>
        32;
    return (int64_t)v;
}

/*
 * The fraction that venues write most: eight digits and then something else. Returns 1 if it was
 * one and is done, 0 to go the long way, or RANGE.
 */
static int fraction_of_eight(const char **at, const char *end, uint32_t decimals,
                             uint64_t *value) {
    const char *p = *at;
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || end - p < 9 || is_digit(p[8]) ||
        decimals > 8 || *value > UINT32_MAX)
        return 0;
    const int64_t digits_value = eight_digits(p);
    if (digits_value < 0)
        return 0;
    const uint32_t surplus = (uint32_t)POWER[8 - decimals];
    if ((uint32_t)digits_value % surplus != 0)
        return PMM_ERR_RANGE;
    *value = *value * POWER[decimals] + (uint32_t)digits_value / surplus;
    *at = p + 8;
    return 1;
}

/* The fraction: the first `decimals` digits count, what follows may only be zeros. */
static int fraction(const char **at, const char *end, uint32_t decimals, uint64_t *value) {
    const char *first = *at;
    size_t room = (size_t)(end - first);
    const char *stop = first + (room < decimals ? room : decimals);
    const char *p = digits(first, stop, value);
    if (p == NULL)
        return PMM_ERR_RANGE;
    uint32_t missing = decimals - (uint32_t)(p - first);
    if (missing == 0) {
        while (p < end && *p == '0')
            p++;
        if (p < end && is_digit(*p))
            return PMM_ERR_RANGE;
    }
    if (p == first)
        return PMM_ERR_SYNTAX;
    *at = p;
    return missing && __builtin_mul_overflow(*value, POWER[missing], value) ? PMM_ERR_RANGE : 0;
}

int64_t pmm_decimal_scan(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals,
                         int64_t *units) {
    if (mantissa < 1 || decimals > PMM_DECIMAL_DECIMALS_MAX)
        return PMM_ERR_ARGUMENT;
    const char *end = text + bytes;
    const int negative = bytes > 0 && *text == '-';
    const char *first = text + negative;
    uint64_t value = 0;
    const char *p = digits(first, end, &value);
    if (p == NULL)
        return PMM_ERR_RANGE;
    if (p == first)
        return PMM_ERR_SYNTAX;
    if (p < end && *p == '.') {
        p++;
        int code = fraction_of_eight(&p, end, decimals, &value);
        if (code == 0)
            code = fraction(&p, end, decimals, &value);
        if (code < 0)
            return code;
    } else if (__builtin_mul_overflow(value, POWER[decimals], &value)) {
        return PMM_ERR_RANGE;
    }
    if (value > INT64_MAX)
        return PMM_ERR_RANGE;
    if (mantissa != 1) {
        if (value % (uint64_t)mantissa != 0)
            return PMM_ERR_RANGE;
        value /= (uint64_t)mantissa;
    }
    *units = negative ? -(int64_t)value : (int64_t)value;
    return p - text;
}

int pmm_decimal_parse(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals,
                      int64_t *units) {
    int64_t used = pmm_decimal_scan(text, bytes, mantissa, decimals, units);
    if (used < 0)
        return (int)used;
    return (size_t)used == bytes ? PMM_OK : PMM_ERR_SYNTAX;
}

int64_t pmm_decimal_format(int64_t units, int64_t mantissa, uint32_t decimals, char *out,
                           size_t bytes) {
    if (mantissa < 1 || decimals > PMM_DECIMAL_DECIMALS_MAX)
        return PMM_ERR_ARGUMENT;
    __int128 scaled = (__int128)units * mantissa;
    unsigned __int128 left = (unsigned __int128)(scaled < 0 ? -scaled : scaled);
    char text[PMM_DECIMAL_TEXT_BYTES];
    size_t at = sizeof text;
    text[--at] = '\0';
    for (uint32_t count = 0; count <= decimals || left > 0; count++) {
        if (count == decimals && decimals > 0)
            text[--at] = '.';
        text[--at] = (char)('0' + (int)(left % 10));
        left /= 10;
    }
    if (scaled < 0)
        text[--at] = '-';
    size_t length = sizeof text - 1 - at;
    if (length + 1 > bytes)
        return PMM_ERR_FULL;
    __builtin_memcpy(out, text + at, length + 1);
    return (int64_t)length;
}
