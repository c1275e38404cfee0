/*
 * json.h: stepping over JSON text without building anything, for schema-directed scanners.
 *
 * What it is. A scanner that knows its message reads the fields that it wants itself and steps
 * over all others with these. Each function takes where to begin and the end of the text, and
 * returns where to go on, or NULL with the fault noted. Nothing is read at or past `end`.
 *
 * How strict. Everything that RFC 8259 forbids is a fault, but for two things that no scanner
 * here depends on: the bytes of a string are not checked to be UTF-8, and an object's keys may
 * repeat. Nesting deeper than PMM_JSON_DEPTH_MAX is refused (RANGE), so recursion is bounded.
 *
 * Internal: included by scanners in this directory, not bound to Python.
 */
#ifndef PMM_JSON_H
#define PMM_JSON_H

#define PMM_JSON_DEPTH_MAX 32

struct pmm_json_fault {
    const char *at; /* the first byte that is wrong, or the end of a text that stops too early */
    int code;       /* SYNTAX or RANGE */
};

/* Past white space; never fails, may return end. */
const char *pmm_json_space(const char *p, const char *end);
/* p at the opening quote; returns past the closing one. */
const char *pmm_json_string(const char *p, const char *end, struct pmm_json_fault *fault);
/* p at a value's first byte; depth: how many containers are open around it. */
const char *pmm_json_skip(const char *p, const char *end, int depth, struct pmm_json_fault *fault);
/* Notes a fault and returns NULL, for `return pmm_json_fail(...)`. */
const char *pmm_json_fail(struct pmm_json_fault *fault, const char *at, int code);

#endif
