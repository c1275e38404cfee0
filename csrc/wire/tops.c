/* tops.c: what waits is sorted, and nearly always comes so: the newest at the end, the next one due at the front. */
#include "wire/tops.h"

#include <string.h>

void pmm_tops_wait(struct pmm_tops *tops, const struct pmm_shown *shown) {
    if (tops->count == PMM_TOPS_MAX) tops->count = 0;
    if (tops->first + tops->count >= PMM_TOPS_MAX || tops->count == 0) {
        memmove(tops->waiting, tops->waiting + tops->first, tops->count * sizeof *tops->waiting);
        tops->first = 0;
    }
    struct pmm_shown *begin = tops->waiting + tops->first, *end = begin + tops->count, *at = end;
    while (at > begin && at[-1].id > shown->id)
        at--;
    if (at > begin && at[-1].id == shown->id) {
        at[-1] = *shown;
        return;
    }
    memmove(at + 1, at, (size_t)(end - at) * sizeof *at);
    *at = *shown;
    tops->count++;
}

const struct pmm_shown *pmm_tops_at(const struct pmm_tops *tops, uint64_t id) {
    const struct pmm_shown *at = tops->waiting + tops->first, *end = at + tops->count;
    while (at < end && at->id < id)
        at++;
    return at < end && at->id == id ? at : NULL;
}

void pmm_tops_advance(struct pmm_tops *tops, uint64_t id) {
    tops->last_id = id;
    while (tops->count > 0 && tops->waiting[tops->first].id <= id) {
        tops->first++;
        tops->count--;
    }
}
