/*
 * chance.h: what the C programs among the tests draw from: xorshift64, the same numbers each time.
 */
#ifndef CHANCE_H
#define CHANCE_H

#include <stdint.h>

static uint64_t chance_state = 88172645463325252u;

static inline uint64_t chance(void) {
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return chance_state;
}

/* 0 to below - 1. */
static inline uint64_t draw(uint64_t below) { return chance() % below; }

/* low to high, both of them too. */
static inline int64_t between(int64_t low, int64_t high) { return low + (int64_t)draw((uint64_t)(high - low + 1)); }

#endif
