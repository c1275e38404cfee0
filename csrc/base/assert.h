/*
 * assert.h: what must hold whatever a file, a record or a user says. Private: cffi never reads it.
 *
 * What it is. An invariant of the program itself: where it is broken the program is wrong and must not go on, so it
 * says where and aborts. Its peers take it for killed, as by any signal, and what it left is taken up. What a file or a
 * caller may get wrong is no invariant: that is a code of error.h.
 *
 *   PMM_ASSERT      in every build, off the hot path: set-up, recovery, attaching, the step to the next file
 *   PMM_ASSERT_HOT  for what happens per record: under a sanitizer or with -DPMM_ASSERT_EVERYWHERE, else nothing
 *
 * Conditions change nothing: what is checked in one build only must not be what does the work.
 */
#ifndef PMM_ASSERT_H
#define PMM_ASSERT_H

#include <stdio.h>
#include <stdlib.h>

#define PMM_ASSERT(condition) ((condition) ? (void)0 : pmm_assert_broken(__FILE__, __LINE__, #condition))

#ifdef __has_feature
#define PMM_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PMM_SANITIZED 1
#else
#define PMM_SANITIZED 0
#endif

#if PMM_SANITIZED || defined(PMM_ASSERT_EVERYWHERE)
#define PMM_ASSERT_HOT(condition) PMM_ASSERT(condition)
#else
#define PMM_ASSERT_HOT(condition) ((void)sizeof((condition) ? 1 : 0))
#endif

static __attribute__((noreturn, cold, unused)) void pmm_assert_broken(const char *file, int line,
                                                                      const char *condition) {
    (void)fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, condition);
    abort();
}

#endif
