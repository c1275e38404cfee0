/*
 * clock.h: the two clocks. Wall time stamps records; monotonic time measures ages and
 * timeouts, so that a step of the wall clock never makes a peer look dead or fresh.
 */
#ifndef PMM_CLOCK_H
#define PMM_CLOCK_H

#include <stdint.h>

int64_t pmm_clock_wall_ns(void);      /* UTC, nanoseconds since 1970 */
int64_t pmm_clock_monotonic_ns(void); /* CLOCK_MONOTONIC: the same origin in every process of a host */

#endif
