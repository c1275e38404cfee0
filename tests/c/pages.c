/*
 * Pages that a signal keeps from being fetched: whoever fetches some asks again, and is not told of a failure. Linked
 * with --wrap=madvise, which fails as often as a case says. argv[1]: an empty directory.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/pages.h"
#include "check.h"
#include "journal/journal_file.h"
#include "shared/segment.h"

#define BYTES 16384

static int failing, failing_as, calls;

int __real_madvise(void *at, size_t bytes, int advice);
int __wrap_madvise(void *at, size_t bytes, int advice);
int __wrap_madvise(void *at, size_t bytes, int advice) {
    calls++;
    if (failing == 0) return __real_madvise(at, bytes, advice);
    failing--;
    errno = failing_as;
    return -1;
}

static void fail(int times, int as) {
    failing = times;
    failing_as = as;
    calls = 0;
}

static void a_fetch_says_which_way_it_ended(uint8_t *memory) {
    const int signals[] = {EINTR, EAGAIN}, others[] = {ENOMEM, EFAULT};
    for (int i = 0; i < 2; i++) {
        fail(1, signals[i]);
        CHECK(pmm_pages_fetch(memory, BYTES, 1) == PMM_ERR_AGAIN);
        fail(1, others[i]);
        CHECK(pmm_pages_fetch(memory, BYTES, 1) == PMM_ERR_SYSTEM && errno == others[i]);
    }
    fail(1, EINVAL); /* a kernel without that advice: each is touched */
    CHECK(pmm_pages_fetch(memory, BYTES, 1) == PMM_OK && pmm_pages_fetch(memory, BYTES, 0) == PMM_OK);
}

static void a_journal_goes_on_where_a_signal_came(uint8_t *memory, int as) {
    struct pmm_journal_file file = {.mapping = memory, .bytes = BYTES};
    fail(1, as);
    CHECK(pmm_journal_prefault(&file, BYTES / 2) == PMM_OK && file.prefaulted == 0);
    CHECK(pmm_journal_prefault(&file, BYTES / 2) == PMM_OK && file.prefaulted == BYTES / 2);
    fail(1, ENOMEM);
    CHECK(pmm_journal_prefault(&file, BYTES / 2) == PMM_ERR_SYSTEM && errno == ENOMEM);
}

static void a_segment_is_fetched_in_spite_of_signals(const char *path, int as, int tries) {
    struct pmm_segment segment;
    fail(2, as);
    CHECK(pmm_segment_open(&segment, path, PMM_SEGMENT_RING, 7, PMM_OPEN_READ) == PMM_OK);
    CHECK(calls == tries);
    pmm_segment_close(&segment);
}

int main(int count, char **arguments) {
    char path[512];
    CHECK(count == 2);
    snprintf(path, sizeof path, "%s/segment", arguments[1]);
    uint8_t *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED && pmm_segment_create(path, PMM_SEGMENT_RING, 7, BYTES, "pages") == PMM_OK);
    a_segment_is_fetched_in_spite_of_signals(path, EINTR, 3);
    a_segment_is_fetched_in_spite_of_signals(path, EAGAIN, 3);
    a_segment_is_fetched_in_spite_of_signals(path, ENOMEM, 1);
    a_journal_goes_on_where_a_signal_came(memory, EINTR);
    a_journal_goes_on_where_a_signal_came(memory, EAGAIN);
    a_fetch_says_which_way_it_ended(memory);
    munmap(memory, BYTES);
    return 0;
}
