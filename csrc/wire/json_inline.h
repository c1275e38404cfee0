/*
 * json_inline.h: json.h's smallest steps, for scanners that take one at every byte that is no number.
 *
 * The calls themselves would be a third of the cost of a short message. json.c gives the same bodies
 * their public names.
 *
 * Internal: not bound to Python.
 */
#ifndef PMM_JSON_INLINE_H
#define PMM_JSON_INLINE_H

#include <stdint.h>

#include "base/decimal_inline.h"
#include "base/error.h"
#include "wire/json.h"

static inline const char *json_space(const char *p, const char *end) {
    while (p < end && (unsigned char)*p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* Past white space, the byte c and white space again. */
static inline const char *json_expect(const char *p, const char *end, char c, struct pmm_json_fault *fault) {
    p = json_space(p, end);
    return p < end && *p == c ? json_space(p + 1, end) : pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
}

/*
 * Of eight bytes: the high bit of each that is the quote, the backslash, below 0x20 or not ASCII, and
 * perhaps of bytes after the first such.
 */
static inline uint64_t json_stops(uint64_t v) {
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    const uint64_t quote = (v ^ ones * '"') - ones, slash = (v ^ ones * '\\') - ones;
    return (quote | slash | (v - ones * 0x20) | v) & high;
}

/* Past bytes that are plain inside a string, eight at a time; the caller's loop takes the others one by one. */
static inline const char *json_plain(const char *p, const char *end) {
    for (; end - p >= 8; p += 8) {
        const uint64_t stops = json_stops(load_eight(p));
        if (stops) return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? p + (__builtin_ctzll(stops) >> 3) : p;
    }
    return p;
}

/* As pmm_json_string: what is all plain here, the rest there. */
static inline const char *json_string(const char *p, const char *end, struct pmm_json_fault *fault) {
    if (p >= end || *p != '"') return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
    const char *stop = json_plain(p + 1, end);
    return stop < end && *stop == '"' ? stop + 1 : pmm_json_string(p, end, fault);
}

/* As pmm_json_skip: strings and whole numbers here, the rest there. */
static inline const char *json_skip(const char *p, const char *end, int depth, struct pmm_json_fault *fault) {
    if (p < end && *p == '"') return json_string(p, end, fault);
    if (p < end && *p >= '1' && *p <= '9') {
        const char *q = p;
        if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            for (; end - q >= 8; q += 8) {
                const uint64_t stop = not_digits(load_eight(q) ^ ZEROS);
                if (!stop) continue;
                q += __builtin_ctzll(stop) >> 3;
                if (*q == ',' || *q == '}') return q;
                break;
            }
    }
    return pmm_json_skip(p, end, depth, fault);
}

#endif
