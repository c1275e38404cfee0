/* json.c: as much of JSON as a scanner needs: strings, space, whatever is not wanted. */
#include "wire/json.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

const char *pmm_json_fail(struct pmm_json_fault *fault, const char *at, int code) {
    fault->at = at;
    fault->code = code;
    return NULL;
}

const char *pmm_json_space(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static int is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

/* p at the backslash. */
static const char *escape(const char *p, const char *end, struct pmm_json_fault *fault) {
    const char *letter = p + 1;
    if (letter >= end) return pmm_json_fail(fault, end, PMM_ERR_SYNTAX);
    if (*letter != 'u') return memchr("\"\\/bfnrt", *letter, 8) ? p + 2 : pmm_json_fail(fault, letter, PMM_ERR_SYNTAX);
    for (int i = 1; i <= 4; i++)
        if (letter + i >= end || !is_hex(letter[i]))
            return pmm_json_fail(fault, letter + i < end ? letter + i : end, PMM_ERR_SYNTAX);
    return p + 6;
}

/*
 * Past bytes that are plain inside a string, eight at a time. Each test sets the high bit of a
 * byte that is the quote, the backslash, or below 0x20 (and perhaps of bytes after it), or that
 * is not ASCII, which the caller's loop then takes one by one.
 */
static const char *plain(const char *p, const char *end) {
    const uint64_t ones = 0x0101010101010101ull, high = 0x8080808080808080ull;
    for (; end - p >= 8; p += 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        const uint64_t quote = (v ^ ones * '"') - ones, slash = (v ^ ones * '\\') - ones;
        const uint64_t stop = (quote | slash | (v - ones * 0x20) | v) & high;
        if (stop != 0) return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? p + (__builtin_ctzll(stop) >> 3) : p;
    }
    return p;
}

const char *pmm_json_string(const char *p, const char *end, struct pmm_json_fault *fault) {
    if (p >= end || *p != '"') return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
    p = plain(p + 1, end);
    while (p < end && *p != '"') {
        if ((unsigned char)*p < 0x20) return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
        if (*p == '\\') {
            p = escape(p, end, fault);
            if (p == NULL) return NULL;
        } else {
            p++;
        }
    }
    return p < end ? p + 1 : pmm_json_fail(fault, end, PMM_ERR_SYNTAX);
}

static const char *digits(const char *p, const char *end, struct pmm_json_fault *fault) {
    const char *first = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p > first ? p : pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
}

static const char *number(const char *p, const char *end, struct pmm_json_fault *fault) {
    p += *p == '-';
    if (p < end && *p == '0')
        p++;
    else if ((p = digits(p, end, fault)) == NULL)
        return NULL;
    if (p < end && *p == '.' && (p = digits(p + 1, end, fault)) == NULL) return NULL;
    if (p < end && (*p | 32) == 'e') {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        p = digits(p, end, fault);
    }
    return p;
}

static const char *literal(const char *p, const char *end, const char *word, struct pmm_json_fault *fault) {
    for (; *word != '\0'; word++, p++)
        if (p >= end || *p != *word) return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
    return p;
}

/* The inside of an array or object, p past its opening bracket. */
static const char *container(const char *p, const char *end, char close, int depth, struct pmm_json_fault *fault) {
    p = pmm_json_space(p, end);
    if (p < end && *p == close) return p + 1;
    for (;;) {
        if (close == '}') {
            p = pmm_json_string(p, end, fault);
            if (p == NULL) return NULL;
            p = pmm_json_space(p, end);
            if (p >= end || *p != ':') return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
            p = pmm_json_space(p + 1, end);
        }
        p = pmm_json_skip(p, end, depth + 1, fault);
        if (p == NULL) return NULL;
        p = pmm_json_space(p, end);
        if (p < end && *p == close) return p + 1;
        if (p >= end || *p != ',') return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
        p = pmm_json_space(p + 1, end);
    }
}

const char *pmm_json_skip(const char *p, const char *end, int depth, struct pmm_json_fault *fault) {
    if (p >= end) return pmm_json_fail(fault, end, PMM_ERR_SYNTAX);
    if (depth >= PMM_JSON_DEPTH_MAX && (*p == '{' || *p == '[')) return pmm_json_fail(fault, p, PMM_ERR_RANGE);
    switch (*p) {
    case '"': return pmm_json_string(p, end, fault);
    case '{': return container(p + 1, end, '}', depth, fault);
    case '[': return container(p + 1, end, ']', depth, fault);
    case 't': return literal(p, end, "true", fault);
    case 'f': return literal(p, end, "false", fault);
    case 'n': return literal(p, end, "null", fault);
    default: return number(p, end, fault);
    }
}
