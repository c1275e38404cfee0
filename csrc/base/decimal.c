/* decimal.c: decimal text to units and back, for callers that are not compiled with it. */
#include "base/decimal_inline.h"

int64_t pmm_decimal_scan(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals, int64_t *units) {
    return decimal_scan(text, bytes, mantissa, decimals, units);
}

int pmm_decimal_parse(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals, int64_t *units) {
    int64_t used = pmm_decimal_scan(text, bytes, mantissa, decimals, units);
    if (used < 0) return (int)used;
    return (size_t)used == bytes ? PMM_OK : PMM_ERR_SYNTAX;
}

int64_t pmm_decimal_format(int64_t units, int64_t mantissa, uint32_t decimals, char *out, size_t bytes) {
    if (mantissa < 1 || decimals > PMM_DECIMAL_DECIMALS_MAX) return PMM_ERR_ARGUMENT;
    __int128 scaled = (__int128)units * mantissa;
    unsigned __int128 left = (unsigned __int128)(scaled < 0 ? -scaled : scaled);
    char text[PMM_DECIMAL_TEXT_BYTES];
    size_t at = sizeof text;
    text[--at] = '\0';
    for (uint32_t count = 0; count <= decimals || left > 0; count++) {
        if (count == decimals && decimals > 0) text[--at] = '.';
        text[--at] = (char)('0' + (int)(left % 10));
        left /= 10;
    }
    if (scaled < 0) text[--at] = '-';
    size_t length = sizeof text - 1 - at;
    if (length + 1 > bytes) return PMM_ERR_FULL;
    __builtin_memcpy(out, text + at, length + 1);
    return (int64_t)length;
}
