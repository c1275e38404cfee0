/*
 * Runs the scanner over damaged frames. Each text stands in a heap block of exactly its size and
 * the records in one of exactly their count, so that a byte read or written outside is found by
 * the address sanitizer. argv[1]: a file of frames, one a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/binance.h"
#include "chance.h"
#include "base/error.h"

#define ROOM 4096

static uint64_t outcomes[32];

static const struct pmm_instrument INSTRUMENTS[2] = {
    {.symbol = "BTCUSDT", .tick_mantissa = 1, .lot_mantissa = 1, .tick_decimals = 2, .lot_decimals = 6},
    {.symbol = "ETHUSDT", .tick_mantissa = 1, .lot_mantissa = 1, .tick_decimals = 2, .lot_decimals = 5},
};

static void scan(const char *text, size_t bytes, size_t room) {
    char *exact = malloc(bytes ? bytes : 1);
    struct pmm_event *out = malloc(room ? room * sizeof *out : 1);
    struct pmm_wire wire = {INSTRUMENTS, 2, out, room, (int64_t)(bytes % 3) - 1, {0}};
    memcpy(exact, text, bytes);
    int64_t code = pmm_binance_scan(&wire, exact, bytes, 1);
    if (code > (int64_t)room || wire.message.offset > bytes || code < PMM_ERR_INVALID) abort();
    outcomes[code < 0 ? -code : 0]++;
    free(out);
    free(exact);
}

static void damage(const char *text, size_t bytes, int rounds) {
    char *copy = malloc(bytes + 1);
    for (int round = 0; round < rounds; round++) {
        memcpy(copy, text, bytes);
        for (uint64_t flips = 1 + draw(4); flips > 0; flips--) {
            static const char TELLING[] = "\"{}[],:.\\-0e9u";
            char byte = draw(2) ? (char)chance() : TELLING[draw(sizeof TELLING - 1)];
            copy[draw(bytes)] = byte;
        }
        scan(copy, draw(8) ? bytes : 1 + draw(bytes), ROOM);
        /* A piece cut out and the ends joined: fields vanish or meet their neighbours. */
        size_t from = draw(bytes), to = from + draw(bytes - from);
        memmove(copy + from, copy + to, bytes - to);
        scan(copy, bytes - (to - from), ROOM);
    }
    free(copy);
}

int main(int argc, char **argv) {
    FILE *corpus = argc > 1 ? fopen(argv[1], "r") : NULL;
    char *line = NULL;
    size_t capacity = 0, frames = 0;
    ssize_t length;
    if (corpus == NULL) return 2;
    while ((length = getline(&line, &capacity, corpus)) > 1) {
        size_t bytes = (size_t)length - 1;
        const size_t step = bytes < 2000 ? 1 : 97;
        for (size_t cut = 0; cut <= bytes; cut += step)
            scan(line, cut, ROOM);
        for (size_t room = 0; room < 8; room++)
            scan(line, bytes, room);
        damage(line, bytes, bytes < 2000 ? 200 : 20);
        frames++;
    }
    free(line);
    fclose(corpus);
    printf("%zu frames; ok %llu, syntax %llu, range %llu, not found %llu, full %llu\n", frames,
           (unsigned long long)outcomes[0], (unsigned long long)outcomes[-PMM_ERR_SYNTAX],
           (unsigned long long)outcomes[-PMM_ERR_RANGE], (unsigned long long)outcomes[-PMM_ERR_NOT_FOUND],
           (unsigned long long)outcomes[-PMM_ERR_FULL]);
    return frames && outcomes[0] && outcomes[-PMM_ERR_SYNTAX] && outcomes[-PMM_ERR_RANGE] ? 0 : 1;
}
