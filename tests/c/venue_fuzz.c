/*
 * Runs a venue's scanner over damaged frames. Each text stands in a heap block of exactly its size and
 * records and parts in blocks of exactly their count, so that a byte read or written outside is found by
 * the address sanitizer. argv: the venue, a file of frames, one a line, and the symbols of its rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "chance.h"
#include "wire/binance.h"
#include "wire/bitstamp.h"
#include "wire/coinbase.h"
#include "wire/coinbase_exchange.h"
#include "wire/gemini.h"
#include "wire/kraken.h"

#define ROOM  4096
#define PARTS 64

static uint64_t outcomes[32];

static const struct pmm_wire_venue *venue;
static struct pmm_instrument rows[16];
static size_t row_count;

/* Whatever a call says, it says of its own buffers. */
static void check(const struct pmm_wire *wire, const struct pmm_wire_part *parts, size_t bytes) {
    if (wire->count > wire->max || wire->part_count > wire->part_max || wire->offset > bytes) abort();
    for (size_t i = 0; i < wire->part_count; i++) {
        const struct pmm_wire_part *part = &parts[i];
        if (part->first + (size_t)part->count > wire->count || part->offset > bytes) abort();
        if (part->row != PMM_WIRE_NO_ROW && part->row >= row_count) abort();
        if (part->code != 0 && (part->count != 0 || part->code < PMM_ERR_INVALID)) abort();
        outcomes[part->code < 0 ? -part->code : 0]++;
    }
}

static void scan(const char *text, size_t bytes, size_t room, size_t part_room) {
    char *exact = malloc(bytes ? bytes : 1);
    struct pmm_event *out = malloc(room ? room * sizeof *out : 1);
    struct pmm_wire_part *parts = malloc(part_room ? part_room * sizeof *parts : 1);
    struct pmm_wire wire = {.venue = venue, .instruments = rows, .instrument_count = row_count};
    const uint64_t lengths[2] = {bytes / 2, bytes - bytes / 2};
    wire.out = out;
    wire.max = room;
    wire.parts = parts;
    wire.part_max = part_room;
    wire.snapshot_row = (int64_t)(bytes % (row_count + 1)) - 1;
    memcpy(exact, text, bytes);
    int64_t taken = pmm_wire_scan_one(&wire, exact, bytes, 1);
    if (taken < 0 || taken > 1 || (taken == 1) != (wire.code == 0) || wire.code < PMM_ERR_INVALID) abort();
    if (taken == 0 && (wire.count != 0 || wire.part_count != 0)) abort();
    if (wire.code < 0) outcomes[-wire.code]++;
    check(&wire, parts, bytes);
    pmm_wire_scan(&wire, exact, lengths, 2, 1);
    check(&wire, parts, bytes);
    free(parts);
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
        scan(copy, draw(8) ? bytes : 1 + draw(bytes), ROOM, PARTS);
        /* A piece cut out and the ends joined: fields vanish or meet their neighbours. */
        size_t from = draw(bytes), to = from + draw(bytes - from);
        memmove(copy + from, copy + to, bytes - to);
        scan(copy, bytes - (to - from), ROOM, PARTS);
    }
    free(copy);
}

static const struct pmm_wire_venue *venue_of(const char *name) {
    const struct {
        const char *name;
        const struct pmm_wire_venue *venue;
    } VENUES[] = {
        {"BINANCE", PMM_WIRE_BINANCE},   {"BITSTAMP", PMM_WIRE_BITSTAMP},
        {"COINBASE", PMM_WIRE_COINBASE}, {"COINBASE_EXCHANGE", PMM_WIRE_COINBASE_EXCHANGE},
        {"GEMINI", PMM_WIRE_GEMINI},     {"GEMINI_V2", PMM_WIRE_GEMINI_V2},
        {"KRAKEN", PMM_WIRE_KRAKEN},
    };
    for (size_t i = 0; i < sizeof VENUES / sizeof *VENUES; i++)
        if (strcmp(name, VENUES[i].name) == 0) return VENUES[i].venue;
    exit(3);
}

int main(int argc, char **argv) {
    if (argc < 4 || argc > 3 + 16) return 2;
    venue = venue_of(argv[1]);
    for (; row_count < (size_t)argc - 3; row_count++) {
        struct pmm_instrument *row = &rows[row_count];
        strncpy(row->symbol, argv[3 + row_count], sizeof row->symbol - 1);
        row->tick_mantissa = row->lot_mantissa = 1;
        row->tick_decimals = 9;
        row->lot_decimals = 8;
    }
    FILE *corpus = fopen(argv[2], "r");
    char *line = NULL;
    size_t capacity = 0, frames = 0;
    ssize_t length;
    if (corpus == NULL) return 2;
    while ((length = getline(&line, &capacity, corpus)) > 1) {
        size_t bytes = (size_t)length - 1;
        const size_t step = bytes < 2000 ? 1 : 97;
        for (size_t cut = 0; cut <= bytes; cut += step)
            scan(line, cut, ROOM, PARTS);
        for (size_t room = 0; room < 8; room++)
            scan(line, bytes, room, room);
        damage(line, bytes, bytes < 2000 ? 200 : 20);
        frames++;
    }
    free(line);
    fclose(corpus);
    printf("%zu frames; ok %llu, syntax %llu, range %llu, not found %llu, full %llu\n", frames,
           (unsigned long long)outcomes[0], (unsigned long long)outcomes[-PMM_ERR_SYNTAX],
           (unsigned long long)outcomes[-PMM_ERR_RANGE], (unsigned long long)outcomes[-PMM_ERR_NOT_FOUND],
           (unsigned long long)outcomes[-PMM_ERR_FULL]);
    return frames && outcomes[0] && outcomes[-PMM_ERR_SYNTAX] && outcomes[-PMM_ERR_FULL] ? 0 : 1;
}
