/*
 * Text from a venue: a Binance message, a JSON value, a decimal. Nothing outside the text is read, what comes
 * out keeps the headers' promises, and a decimal comes back as it went. Input: which, then the text.
 */
#include "wire/binance.h"
#include "base/decimal.h"
#include "base/error.h"
#include "fuzz.h"
#include "wire/json.h"

#define ROOM 64

static const struct pmm_instrument INSTRUMENTS[2] = {
    {.symbol = "BTCUSDT", .tick_mantissa = 1, .lot_mantissa = 1, .tick_decimals = 2, .lot_decimals = 5},
    {.symbol = "ETHUSDT", .tick_mantissa = 25, .lot_mantissa = 10, .tick_decimals = 4, .lot_decimals = 18},
};

static void scan_message(const char *text, size_t bytes, int64_t snapshot_row) {
    struct pmm_event out[ROOM];
    struct pmm_wire wire = {INSTRUMENTS, 2, out, ROOM, snapshot_row, {0}};
    const struct pmm_wire_message *message = &wire.message;
    int64_t n = pmm_binance_scan(&wire, text, bytes, 1);
    HOLD(n <= ROOM);
    HOLD(n >= 0 || n == PMM_ERR_NOT_FOUND || n == PMM_ERR_SYNTAX || n == PMM_ERR_RANGE || n == PMM_ERR_FULL);
    HOLD(n >= 0 || n == PMM_ERR_NOT_FOUND || message->offset <= bytes);
    HOLD(n < 0 || message->row < 2);
    for (int64_t i = 0; i < n; i++) {
        HOLD(out[i].source == PMM_SOURCE_FEED && out[i].venue_id == PMM_VENUE_BINANCE && out[i].recv_ns == 1);
        HOLD(out[i].price >= 0 && out[i].quantity >= 0);
        HOLD(out[i].kind == PMM_KIND_TOP || out[i].kind == PMM_KIND_BOOK_BEGIN || out[i].kind == PMM_KIND_BOOK_END ||
             out[i].price > 0);
    }
    if (n > 0) HOLD(out[n - 1].flags & PMM_FLAG_LAST);
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
    case 0: scan_message((const char *)input.data, input.left, -1); break;
    case 1: scan_message((const char *)input.data, input.left, which / 4 % 2); break;
    case 2: skip_value((const char *)input.data, input.left); break;
    default: {
        int64_t mantissa = (int64_t)take(&input, 1 + which / 4 % 8);
        uint32_t decimals = (uint32_t)take(&input, 1);
        there_and_back((const char *)input.data, input.left, mantissa, decimals);
    }
    }
    return 0;
}
