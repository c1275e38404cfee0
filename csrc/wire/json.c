/* json.c: as much of JSON as a scanner needs: strings, space, whatever is not wanted. */
#include "wire/json.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "wire/json_inline.h"

const char *pmm_json_fail(struct pmm_json_fault *fault, const char *at, int code) {
    fault->at = at;
    fault->code = code;
    return NULL;
}

const char *pmm_json_space(const char *p, const char *end) { return json_space(p, end); }

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

const char *pmm_json_string(const char *p, const char *end, struct pmm_json_fault *fault) {
    if (p >= end || *p != '"') return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
    p = json_plain(p + 1, end);
    while (p < end && *p != '"') {
        if ((unsigned char)*p < 0x20) return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
        if (*p == '\\') {
            p = escape(p, end, fault);
            if (!p) return NULL;
        } else {
            p++;
        }
    }
    return p < end ? p + 1 : pmm_json_fail(fault, end, PMM_ERR_SYNTAX);
}

static const char *digit_run(const char *p, const char *end, struct pmm_json_fault *fault) {
    const char *first = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p > first ? p : pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
}

static const char *number(const char *p, const char *end, struct pmm_json_fault *fault) {
    p += *p == '-';
    if (p < end && *p == '0')
        p++;
    else if (!(p = digit_run(p, end, fault)))
        return NULL;
    if (p < end && *p == '.' && !(p = digit_run(p + 1, end, fault))) return NULL;
    if (p < end && (*p | 32) == 'e') {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        p = digit_run(p, end, fault);
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
    p = json_space(p, end);
    if (p < end && *p == close) return p + 1;
    for (;;) {
        if (close == '}') {
            p = pmm_json_string(p, end, fault);
            if (!p) return NULL;
            p = json_space(p, end);
            if (p >= end || *p != ':') return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
            p = json_space(p + 1, end);
        }
        p = pmm_json_skip(p, end, depth + 1, fault);
        if (!p) return NULL;
        p = json_space(p, end);
        if (p < end && *p == close) return p + 1;
        if (p >= end || *p != ',') return pmm_json_fail(fault, p, PMM_ERR_SYNTAX);
        p = json_space(p + 1, end);
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
