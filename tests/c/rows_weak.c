/* Rows, their own code, on the weakest memory: a reader never mixes two of a row's values. */
#include "base/error.h"
#include "shared/rows.h"
#include "weak_memory.h"

#define WRITES 8
#define ROUNDS 2000
#define WORDS  (sizeof(struct pmm_quote_shown) / sizeof(int64_t))

static struct pmm_rows rows_at(char *copy, int mode) {
    return (struct pmm_rows){.segment = {.mode = mode},
                             .first = (struct pmm_row *)copy,
                             .count = 1,
                             .value_bytes = sizeof(struct pmm_quote_shown)};
}

/* Each write gives every word a value of its own. */
static void write_row(struct pmm_rows *rows, int64_t x) {
    int64_t values[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        values[i] = 16 * x + (int64_t)i;
    if (pmm_rows_put(rows, 0, values, sizeof values) != PMM_OK) exit(2);
}

/* Which write it was, 0 if none was to be had; what the row holds apart from that is whole and not older. */
static int64_t read_row(const struct pmm_rows *rows, int64_t last, int round) {
    int64_t values[WORDS];
    if (pmm_rows_read(rows, 0, values, sizeof values) != PMM_OK) return 0;
    for (size_t i = 0; i < WORDS; i++)
        check(values[i] == values[0] + (int64_t)i, "the row is of two writes", round);
    check(values[0] / 16 >= last, "the row went back", round);
    return values[0] / 16;
}

int main(void) {
    int read = 0, moved = 0;
    const size_t bytes = sizeof(struct pmm_row) + 2 * sizeof(struct pmm_quote_shown);
    weak_make(bytes);
    struct pmm_rows writer = rows_at(writers, PMM_OPEN_OWN), reader = rows_at(readers, PMM_OPEN_READ);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t last = 1;
        queued = oldest = epoch = 0;
        memset(writers, 0, bytes);
        write_row(&writer, 1);
        weak_settle();
        for (int64_t x = 2; x < 2 + WRITES; x++)
            write_row(&writer, x);
        for (int i = 0; i < 6; i++) {
            size_t before = oldest;
            int64_t seen = read_row(&reader, last, round);
            if (seen) last = seen;
            read += seen != 0;
            moved += oldest != before;
        }
    }
    fprintf(stderr, "%d reads, %d beside stores that arrived\n", read, moved);
    weak_free();
    return read > ROUNDS && moved > ROUNDS ? 0 : 1;
}
