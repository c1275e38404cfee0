/*
 * wire_walk.h: a text walked by a venue of a test, in a heap block of exactly its size. Holds walk.c, so that what it
 * has of its own can be called.
 */
#ifndef TEST_WIRE_WALK_H
#define TEST_WIRE_WALK_H

#define _GNU_SOURCE /* stpcpy */
#include <string.h>

#include "base/error.h"
#include "check.h"
#include "wire/walk.c"

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
static struct pmm_wire_part parts[8];
static struct pmm_wire wire = {NULL, ROWS, 2, out, 8, parts, 8, -1, 0, 0, 0, 0, 0, 0};
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
    wire.venue = venue;
    wire.count = wire.part_count = 0;
    begin_scan(&s, &wire, block, bytes, 3);
    return walk_through(&s, json_space(block, block + bytes));
}

static inline char *repeated(char *to, const char *what, int times) {
    for (; times > 0; times--)
        to = stpcpy(to, what);
    return to;
}

#endif
