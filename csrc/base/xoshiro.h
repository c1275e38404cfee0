/*
 * xoshiro.h: xoshiro256** 1.0 and what is drawn from it. Private: cffi never reads it.
 *
 * Blackman and Vigna's generator, its state filled by splitmix64 as they advise. The state is plain memory
 * of its owner. Logarithms and powers are portable_math.h's: the same seed draws the same on every processor.
 */
#ifndef PMM_XOSHIRO_H
#define PMM_XOSHIRO_H

#include <math.h>
#include <stdint.h>

#include "base/portable_math.h"

struct pmm_xoshiro {
    uint64_t s[4];
};

static inline uint64_t pmm_splitmix64(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Different (seed, stream) give unrelated states. */
static inline void pmm_xoshiro_seed(struct pmm_xoshiro *rng, uint64_t seed, uint64_t stream) {
    uint64_t state = seed;
    state = pmm_splitmix64(&state) ^ (stream * UINT64_C(0xD1342543DE82EF95));
    for (int i = 0; i < 4; i++)
        rng->s[i] = pmm_splitmix64(&state);
}

static inline uint64_t pmm_rotl64(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static inline uint64_t pmm_xoshiro_next(struct pmm_xoshiro *rng) {
    uint64_t *s = rng->s;
    uint64_t result = pmm_rotl64(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = pmm_rotl64(s[3], 45);
    return result;
}

/* Uniform in (0, 1): never 0, so that its logarithm is finite. */
static inline double pmm_uniform(struct pmm_xoshiro *rng) {
    return ((double)(pmm_xoshiro_next(rng) >> 11) + 0.5) * 0x1p-53;
}

/* Uniform in [0, n): the high half of a 64 x 32 product; the bias of 2^-32 is beneath notice here. */
static inline uint32_t pmm_uniform_below(struct pmm_xoshiro *rng, uint32_t n) {
    return (uint32_t)(((pmm_xoshiro_next(rng) >> 32) * (uint64_t)n) >> 32);
}

static inline double pmm_exponential(struct pmm_xoshiro *rng) { return -pmm_log(pmm_uniform(rng)); }

/* Marsaglia's polar method; its second value is let go, so that the state is the whole state. */
static inline double pmm_normal(struct pmm_xoshiro *rng) {
    double u, v, square;
    do {
        u = 2 * pmm_uniform(rng) - 1;
        v = 2 * pmm_uniform(rng) - 1;
        square = u * u + v * v;
    } while (square >= 1 || square == 0);
    return u * sqrt(-2 * pmm_log(square) / square);
}

/* Knuth's product of uniforms; for the small means of one grid step. */
static inline uint32_t pmm_poisson(struct pmm_xoshiro *rng, double mean) {
    double limit = pmm_exp(-mean), product = pmm_uniform(rng);
    uint32_t count = 0;
    while (product > limit && count < 1000) {
        product *= pmm_uniform(rng);
        count++;
    }
    return count;
}

#endif
