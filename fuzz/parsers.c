/*
 * Text from a venue: its messages, a JSON value, a decimal. Nothing outside the text is read, what comes
 * out keeps the headers' promises, and a decimal comes back as it went. Input: which, then the text.
 */
#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "fuzz.h"
#include "wire/binance.h"
#include "wire/bitstamp.h"
#include "wire/coinbase.h"
#include "wire/coinbase_exchange.h"
#include "wire/gemini.h"
#include "wire/json.h"
#include "wire/kraken.h"

#define ROOM  64
#define PARTS 8

/* Of each venue: how it writes two instruments, one with odd steps. */
static const struct {
    const struct pmm_wire_venue *const *venue;
    const char *symbols[2];
} VENUES[] = {
    {&PMM_WIRE_BINANCE, {"BTCUSDT", "ETHUSDT"}},  {&PMM_WIRE_BITSTAMP, {"btcusd", "ethusd"}},
    {&PMM_WIRE_COINBASE, {"BTC-USD", "ETH-USD"}}, {&PMM_WIRE_COINBASE_EXCHANGE, {"BTC-USD", "ETH-USD"}},
    {&PMM_WIRE_GEMINI, {"BTCUSD", "ETHUSD"}},     {&PMM_WIRE_GEMINI_V2, {"BTCUSD", "ETHUSD"}},
    {&PMM_WIRE_KRAKEN, {"BTC/USD", "ETH/USD"}},
};
#define VENUE_COUNT (sizeof VENUES / sizeof *VENUES)

static void hold_part(const struct pmm_wire *wire, const struct pmm_wire_part *part, size_t bytes) {
    HOLD(part->row < 2 || part->row == PMM_WIRE_NO_ROW);
    HOLD(part->row != PMM_WIRE_NO_ROW || part->count == 0);
    HOLD(part->first + (size_t)part->count <= wire->count);
    HOLD(part->code == 0 || part->code == PMM_ERR_RANGE || part->code == PMM_ERR_SYNTAX);
    HOLD(part->code == 0 || (part->count == 0 && part->offset <= bytes));
    const struct pmm_event *out = wire->out + part->first;
    for (uint32_t i = 0; i < part->count; i++) {
        HOLD(out[i].source == PMM_SOURCE_FEED && out[i].recv_ns == 1);
        HOLD(out[i].price >= 0 && out[i].quantity >= 0);
        HOLD(out[i].kind == PMM_KIND_TOP || out[i].kind == PMM_KIND_BOOK_BEGIN || out[i].kind == PMM_KIND_BOOK_END ||
             out[i].kind == PMM_KIND_ORDER_REMOVE || out[i].price > 0);
        HOLD(!(out[i].flags & PMM_FLAG_LAST) == (i + 1 < part->count));
    }
}

static void scan_message(unsigned which, const char *text, size_t bytes, int64_t snapshot_row) {
    struct pmm_instrument rows[2] = {
        {.tick_mantissa = 1, .lot_mantissa = 1, .tick_decimals = 2, .lot_decimals = 5},
        {.tick_mantissa = 25, .lot_mantissa = 10, .tick_decimals = 4, .lot_decimals = 18},
    };
    struct pmm_event out[ROOM];
    struct pmm_wire_part parts[PARTS];
    struct pmm_wire wire = {.venue = *VENUES[which % VENUE_COUNT].venue,
                            .instruments = rows,
                            .instrument_count = 2,
                            .out = out,
                            .max = ROOM,
                            .parts = parts,
                            .part_max = PARTS,
                            .snapshot_row = snapshot_row};
    for (int row = 0; row < 2; row++)
        strncpy(rows[row].symbol, VENUES[which % VENUE_COUNT].symbols[row], sizeof rows[row].symbol - 1);
    const uint64_t length = bytes;
    int64_t taken = pmm_wire_scan(&wire, text, &length, 1, 1);
    HOLD(taken == 0 || taken == 1);
    HOLD(taken == 1 || wire.code == PMM_ERR_NOT_FOUND || wire.code == PMM_ERR_SYNTAX || wire.code == PMM_ERR_RANGE ||
         wire.code == PMM_ERR_FULL);
    HOLD(taken == 1 || (wire.part_count == 0 && wire.count == 0 && wire.offset <= bytes));
    HOLD(taken == 0 || wire.part_count > 0);
    for (size_t i = 0; i < wire.part_count; i++)
        hold_part(&wire, &parts[i], bytes);
}

static void skip_value(const char *text, size_t bytes) {
    struct pmm_json_fault fault = {0};
    const char *end = text + bytes, *p = pmm_json_space(text, end);
    HOLD(p >= text && p <= end);
    if (p == end) return;
    const char *next = pmm_json_skip(p, end, 0, &fault);
    if (next)
        HOLD(next > p && next <= end);
    else
        HOLD(fault.at >= text && fault.at <= end && (fault.code == PMM_ERR_SYNTAX || fault.code == PMM_ERR_RANGE));
}

static void there_and_back(const char *text, size_t bytes, int64_t mantissa, uint32_t decimals) {
    char out[PMM_DECIMAL_TEXT_BYTES];
    int64_t units, again;
    int64_t read = pmm_decimal_scan(text, bytes, mantissa, decimals, &units);
    if (mantissa < 1 || decimals > PMM_DECIMAL_DECIMALS_MAX) HOLD(read == PMM_ERR_ARGUMENT);
    if (read < 0) return;
    HOLD(read > 0 && (size_t)read <= bytes && units != INT64_MIN);
    int64_t length = pmm_decimal_format(units, mantissa, decimals, out, sizeof out);
    HOLD(length > 0 && out[length] == 0);
    HOLD(pmm_decimal_parse(out, (size_t)length, mantissa, decimals, &again) == PMM_OK && again == units);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    unsigned which = (unsigned)take(&input, 1);
    switch (which % 4) {
    case 0: scan_message(which / 4, (const char *)input.data, input.left, -1); break;
    case 1: scan_message(which / 8, (const char *)input.data, input.left, which / 4 % 2); break;
    case 2: skip_value((const char *)input.data, input.left); break;
    default: {
        int64_t mantissa = (int64_t)take(&input, 1 + which / 4 % 8);
        uint32_t decimals = (uint32_t)take(&input, 1);
        there_and_back((const char *)input.data, input.left, mantissa, decimals);
    }
    }
    return 0;
}
