/*
 * wire_walk.h: a text walked by a venue of a test, in a heap block of exactly its size.
 */
#ifndef TEST_WIRE_WALK_H
#define TEST_WIRE_WALK_H

#define _GNU_SOURCE /* stpcpy */
#include <string.h>

#include "base/error.h"
#include "check.h"
#include "wire/fields.h"

static const struct pmm_instrument ROWS[2] = {
    {.symbol = "A/B", .tick_mantissa = 5, .lot_mantissa = 1, .tick_decimals = 1, .lot_decimals = 3, .instrument_id = 7},
    {.symbol = "A/BC",
     .tick_mantissa = 1,
     .lot_mantissa = 1,
     .tick_decimals = 4,
     .lot_decimals = 8,
     .instrument_id = 9},
};
static struct pmm_event out[8];
static struct pmm_wire wire = {ROWS, 2, out, 8, -1, {0}};
static struct pmm_scan s;
static char *block;
static int taken_early;

/* Begins and walks; what the walk returns. The text stays until the next. */
static inline int walk(const struct pmm_wire_venue *venue, const char *text) {
    const size_t bytes = strlen(text);
    free(block);
    block = malloc(bytes ? bytes : 1);
    memcpy(block, text, bytes);
    memset(&s, 0xAA, sizeof s);
    taken_early = 0;
    CHECK(pmm_wire_begin(&s, venue, &wire, block, bytes, 3) == PMM_OK);
    return pmm_wire_walk(&s, block);
}

static inline char *repeated(char *to, const char *what, int times) {
    for (; times > 0; times--)
        to = stpcpy(to, what);
    return to;
}

#endif
