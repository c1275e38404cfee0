/*
 * The walk that venues share, with venues of its own: bare numbers, levels before what they depend on, keys
 * of every length, objects in arrays, times, numbers as they were sent. Each text stands in a heap block of
 * exactly its size.
 */
#include "wire_walk.h"

enum {
    F_SYMBOL,
    F_SEQUENCE,
    F_BIDS,
    F_ASKS,
    F_PRICE,
    F_QUANTITY,
    F_KIND,
    F_NONE
};

static const struct pmm_wire_key KEYS[] = {
    {"s", F_SYMBOL, 0},
    {"sequence", F_SEQUENCE, 0},
    {"bids", F_BIDS, PMM_WIRE_EARLY},
    {"asks", F_ASKS, PMM_WIRE_EARLY},
    {"price_of_trades_", F_PRICE, 0},
    {"quantity", F_QUANTITY, 0},
    {"kind", F_KIND, PMM_WIRE_OUTER},
    {"data", F_NONE, PMM_WIRE_OUTER | PMM_WIRE_INSIDE},
};
#define BIT PMM_WIRE_BIT

static const char *levels(struct pmm_scan *scan, uint32_t field) {
    scan->stamp.instrument_id = scan->instrument->instrument_id;
    scan->done |= BIT(field);
    return pmm_wire_levels(scan, scan->field[field], field == F_BIDS ? PMM_SIDE_BID : PMM_SIDE_ASK);
}

static const char *early(struct pmm_scan *scan, uint32_t field) {
    if (!pmm_wire_has(scan, BIT(F_SYMBOL))) return NULL;
    pmm_wire_find(scan, F_SYMBOL, 0, 0, 0);
    if (!scan->instrument) return NULL;
    taken_early++;
    return levels(scan, field);
}

static const struct pmm_wire_venue BARE = {PMM_WIRE_KEYS(KEYS), early, NULL, NULL, 5, 1, 0, 1, NULL};
static const struct pmm_wire_venue QUOTED = {PMM_WIRE_KEYS(KEYS), early, NULL, NULL, 5, 0, 0, 1, NULL};

static int token_is(uint32_t field, const char *text) {
    const struct pmm_wire_token token = pmm_wire_token(&s, field);
    return token.bytes == strlen(text) && memcmp(token.text, text, token.bytes) == 0;
}

static void check_levels(void) {
    CHECK(out[0].kind == PMM_KIND_DEPTH && out[0].side == PMM_SIDE_BID && out[1].side == PMM_SIDE_ASK);
    CHECK(out[0].price == 21 && out[0].quantity == 1250 && out[1].price == 22 && out[1].quantity == 0);
    CHECK(out[0].recv_ns == 3 && out[0].venue_id == 5 && out[0].source == PMM_SOURCE_FEED);
    CHECK(out[0].instrument_id == 7 && out[1].instrument_id == 7);
}

static void levels_are_the_same_at_first_sight_and_later(void) {
    CHECK(walk(&BARE, "{\"s\":\"A/B\",\"bids\":[[10.5,1.250]],\"asks\":[[11.0,0.000,7]]}") == PMM_OK);
    CHECK(taken_early == 2 && wire.count == 2);
    check_levels();
    CHECK(walk(&BARE, "{\"bids\": [ [10.5, 1.25] ], \"data\": {\"asks\":[[11,0]], \"s\":\"A/B\"}}") == PMM_OK);
    CHECK(taken_early == 0 && wire.count == 0 && s.done == 0);
    pmm_wire_find(&s, F_SYMBOL, 0, 0, 0);
    CHECK(levels(&s, F_BIDS) && levels(&s, F_ASKS));
    check_levels();
    CHECK(walk(&QUOTED, "{\"s\":\"A/B\",\"bids\":[[\"10.5\",\"1.250\"]],\"asks\":[ [\"11.0\",\"0.0\",7]]}") == PMM_OK);
    check_levels();
}

static int price(const struct pmm_wire_venue *venue, const char *text, int64_t *ticks) {
    char whole[128];
    snprintf(whole, sizeof whole, "{\"s\":\"A/B\",\"price_of_trades_\":%s}", text);
    CHECK(walk(venue, whole) == PMM_OK);
    pmm_wire_find(&s, F_SYMBOL, 0, 0, 0);
    return pmm_wire_ticks(&s, s.field[F_PRICE], ticks) ? PMM_OK : s.fault.code;
}

static void bare_numbers_are_exact_or_refused(void) {
    int64_t ticks = 0, lots = 0;
    CHECK(price(&BARE, "10.500000000000", &ticks) == PMM_OK && ticks == 21);
    CHECK(price(&BARE, "0", &ticks) == PMM_OK && ticks == 0);
    CHECK(price(&BARE, "10.6", &ticks) == PMM_ERR_RANGE && s.fault.at == s.field[F_PRICE]);
    CHECK(price(&BARE, "-10.5", &ticks) == PMM_ERR_RANGE);
    CHECK(price(&BARE, "1e3", &ticks) == PMM_OK && ticks == 2000);
    CHECK(price(&BARE, "105E-1", &ticks) == PMM_OK && ticks == 21);
    CHECK(price(&BARE, "0.00000000105e+10", &ticks) == PMM_OK && ticks == 21);
    CHECK(price(&BARE, "10.5e0", &ticks) == PMM_OK && ticks == 21);
    CHECK(price(&BARE, "1.06e1", &ticks) == PMM_ERR_RANGE && s.fault.at == s.field[F_PRICE]);
    CHECK(price(&BARE, "1e99", &ticks) == PMM_ERR_RANGE && price(&BARE, "1e-99", &ticks) == PMM_ERR_RANGE);
    CHECK(price(&BARE, "-1e1", &ticks) == PMM_ERR_RANGE && price(&BARE, "1e33", &ticks) == PMM_ERR_RANGE);
    CHECK(price(&BARE, "\"10.5\"", &ticks) == PMM_ERR_SYNTAX && price(&QUOTED, "10.5", &ticks) == PMM_ERR_SYNTAX);
    CHECK(price(&QUOTED, "\"10.6\"", &ticks) == PMM_ERR_RANGE && s.fault.at == s.field[F_PRICE] + 1);
    CHECK(walk(&BARE, "{\"quantity\":1e-31}") == PMM_OK);
    s.instrument = ROWS;
    CHECK(pmm_wire_lots(&s, s.field[F_QUANTITY], &lots) && lots == 0 && s.rounded == 1);
    CHECK(walk(&BARE, "{\"quantity\":12345678901234567890123456789012e-31}") == PMM_OK);
    s.instrument = ROWS;
    CHECK(pmm_wire_lots(&s, s.field[F_QUANTITY], &lots) && lots == 1234 && s.rounded == 1);
    CHECK(walk(&BARE, "{\"quantity\":1e-33}") == PMM_OK);
    s.instrument = ROWS;
    CHECK(pmm_wire_lots(&s, s.field[F_QUANTITY], &lots) && lots == 0);
    CHECK(walk(&BARE, "{\"quantity\":1e-34}") == PMM_OK);
    s.instrument = ROWS;
    CHECK(!pmm_wire_lots(&s, s.field[F_QUANTITY], &lots) && s.fault.code == PMM_ERR_RANGE);
    CHECK(walk(&BARE, "{\"s\":\"A/B\",\"bids\":[[1d3,1]]}") == PMM_ERR_SYNTAX);
    CHECK(walk(&BARE, "{\"price_of_trades_\":9999999999999999999999999") == PMM_ERR_SYNTAX);
    s.instrument = ROWS;
    CHECK(!pmm_wire_ticks(&s, s.field[F_PRICE], &ticks) && s.fault.code == PMM_ERR_RANGE);
    CHECK(walk(&BARE, "{\"quantity\":1.0019}") == PMM_OK);
    s.instrument = ROWS;
    CHECK(pmm_wire_lots(&s, s.field[F_QUANTITY], &lots) && lots == 1001 && s.rounded == 1);
}

static void a_number_is_there_as_it_was_sent(void) {
    CHECK(walk(&BARE, "{\"quantity\":0.00000000, \"sequence\":-1.50e+08,\"s\":\"A/B\",\"kind\":true}") == PMM_OK);
    CHECK(token_is(F_QUANTITY, "0.00000000") && token_is(F_SEQUENCE, "-1.50e+08"));
    CHECK(token_is(F_SYMBOL, "A/B") && token_is(F_KIND, ""));
    CHECK(walk(&BARE, "{\"quantity\":12") == PMM_ERR_SYNTAX && token_is(F_QUANTITY, ""));
    CHECK(walk(&BARE, "{\"s\":\"A/BC_and_more") == PMM_ERR_SYNTAX && token_is(F_SYMBOL, ""));
}

static void keys_are_known_whole_and_where_they_belong(void) {
    CHECK(
        walk(&BARE, "{\"price_of_trades\":1,\"price_of_trades_\":2,\"price_of_trades__and_more\":3,\"\":4,\"b\":5}") ==
        PMM_OK);
    CHECK(s.seen == BIT(F_PRICE) && token_is(F_PRICE, "2"));
    CHECK(walk(&BARE, "{\"sequence\" : 5 , \"data\":{\"kind\":1,\"data\":{\"quantity\":1}}}") == PMM_OK);
    CHECK(s.seen == BIT(F_SEQUENCE));
    CHECK(walk(&BARE, "{\"data\":[{\"quantity\":1}],\"kind\":\"x\"}") == PMM_OK && s.seen == BIT(F_KIND));
    CHECK(PMM_WIRE_IS(&s, F_KIND, "\"x\"") && !PMM_WIRE_IS(&s, F_KIND, "\"xyzzy\"") && !PMM_WIRE_IS(&s, F_PRICE, "1"));
    CHECK(walk(&BARE, "{\"quantity\":1,\"data\":{\"quantity\":1}}") == PMM_ERR_SYNTAX);
    CHECK(walk(&BARE, "{\"a\\\"s\":1,\"quantity\":2}") == PMM_OK && s.seen == BIT(F_QUANTITY));
    CHECK(walk(&BARE, "{\"a\ts\":1,\"quantity\":2}") == PMM_ERR_SYNTAX);
}

static void an_instrument_is_found_by_its_whole_symbol(void) {
    CHECK(walk(&BARE, "{\"s\":\"A/BC\"}") == PMM_OK);
    pmm_wire_find(&s, F_SYMBOL, 0, 0, 0);
    CHECK(s.instrument == &ROWS[1]);
    CHECK(walk(&BARE, "{\"s\":\"a/b@depth\"}") == PMM_OK);
    pmm_wire_find(&s, F_SYMBOL, 0, '@', 1);
    CHECK(s.instrument == &ROWS[0]);
    CHECK(walk(&BARE, "{\"s\":\"a/b\"}") == PMM_OK);
    pmm_wire_find(&s, F_SYMBOL, 0, 0, 0);
    CHECK(s.instrument == NULL);
    CHECK(walk(&BARE, "{\"s\":\"A/BCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\"}") == PMM_OK);
    pmm_wire_find(&s, F_SYMBOL, 0, 0, 0);
    CHECK(s.instrument == NULL);
    CHECK(walk(&BARE, "{\"s\":\"depth_A/B@x\"}") == PMM_OK);
    pmm_wire_find(&s, F_SYMBOL, 6, '@', 0);
    CHECK(s.instrument == &ROWS[0]);
    CHECK(walk(&BARE, "{\"s\":\"depth_\"}") == PMM_OK);
    pmm_wire_find(&s, F_SYMBOL, 6, 0, 0);
    CHECK(s.instrument == NULL);
    wire.snapshot_row = 1;
    CHECK(walk(&BARE, "{}") == PMM_OK && s.instrument == &ROWS[1]);
    wire.snapshot_row = 2;
    CHECK(pmm_wire_scan(&wire, block, (const uint64_t[]){1}, 1, 0) == PMM_ERR_ARGUMENT);
    wire.snapshot_row = -1;
}

static void whole_numbers_are_exact_up_to_63_bits(void) {
    static const struct {
        const char *text;
        int code;
        uint64_t value;
    } CASES[] = {
        {"{\"sequence\":0}", PMM_OK, 0},
        {"{\"sequence\":12345678}", PMM_OK, 12345678},
        {"{\"sequence\":123456789012345678}", PMM_OK, UINT64_C(123456789012345678)},
        {"{\"sequence\":9223372036854775807}", PMM_OK, INT64_MAX},
        {"{\"sequence\":9223372036854775808}", PMM_ERR_RANGE, 0},
        {"{\"sequence\":92233720368547758070}", PMM_ERR_RANGE, 0},
        {"{\"sequence\":-1}", PMM_ERR_RANGE, 0},
        {"{\"sequence\":1.0}", PMM_ERR_RANGE, 0},
        {"{\"sequence\":12345678e1}", PMM_ERR_RANGE, 0},
        {"{\"sequence\":\"1\"}", PMM_ERR_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        uint64_t value = 0;
        CHECK(walk(&BARE, CASES[i].text) == PMM_OK);
        CHECK(pmm_wire_whole(&s, F_SEQUENCE, &value) == CASES[i].code && value == CASES[i].value);
    }
}

/* A venue with books in an array, whose levels are objects: three tables, and names that stand in all of them. */
enum {
    N_DATA,
    N_TYPE,
    N_SYMBOL,
    N_BIDS,
    N_ASKS,
    N_TIME,
    N_PRICE,
    N_QUANTITY
};
static const struct pmm_wire_key OUTER[] = {{"data", N_DATA, PMM_WIRE_EARLY}, {"type", N_TYPE, 0}};
static const struct pmm_wire_key BOOK[] = {
    {"symbol", N_SYMBOL, 0},
    {"type", N_TIME, 0},
    {"bids", N_BIDS, PMM_WIRE_EARLY},
    {"asks", N_ASKS, PMM_WIRE_EARLY},
};
static const struct pmm_wire_key LEVEL[] = {{"price", N_PRICE, 0}, {"qty", N_QUANTITY, 0}};
static const struct pmm_wire_keys BOOKS = PMM_WIRE_KEYS(BOOK), LEVELS = PMM_WIRE_KEYS(LEVEL);
static uint8_t side;

static int take_level(struct pmm_scan *scan) {
    if (!pmm_wire_has(scan, BIT(N_PRICE) | BIT(N_QUANTITY))) return pmm_wire_fail(scan, scan->end, PMM_ERR_SYNTAX);
    struct pmm_event *event = pmm_wire_append(scan, scan->field[N_PRICE], PMM_KIND_DEPTH);
    if (!event || !pmm_wire_ticks(scan, scan->field[N_PRICE], &event->price) ||
        !pmm_wire_lots(scan, scan->field[N_QUANTITY], &event->quantity))
        return scan->fault.code;
    event->side = side;
    event->instrument_id = scan->instrument->instrument_id;
    return PMM_OK;
}

static int take_book(struct pmm_scan *scan) {
    const uint32_t all = BIT(N_SYMBOL) | BIT(N_BIDS) | BIT(N_ASKS);
    if (!pmm_wire_has(scan, all)) return pmm_wire_fail(scan, scan->end, PMM_ERR_SYNTAX);
    return scan->wire->count ? PMM_OK : pmm_wire_fail(scan, scan->end, PMM_ERR_NOT_FOUND);
}

static const char *early_of_nested(struct pmm_scan *scan, uint32_t field) {
    if (field == N_DATA) return pmm_wire_each(scan, scan->field[field], &BOOKS, take_book);
    if (!pmm_wire_has(scan, BIT(N_SYMBOL))) return NULL;
    pmm_wire_find(scan, N_SYMBOL, 0, 0, 0);
    if (!scan->instrument) return NULL;
    side = field == N_BIDS ? PMM_SIDE_BID : PMM_SIDE_ASK;
    return pmm_wire_each(scan, scan->field[field], &LEVELS, take_level);
}

static const struct pmm_wire_venue NESTED = {PMM_WIRE_KEYS(OUTER), early_of_nested, NULL, NULL, 5, 1, 0, 1, NULL};

static void objects_in_arrays_are_walked_one_by_one(void) {
    CHECK(walk(&NESTED,
               "{\"type\":\"update\",\"data\":[{\"symbol\":\"A/B\",\"type\":1,\"bids\":[{\"price\":10.5,\"qty\":1.25},"
               "{\"qty\":0.5,\"x\":[{}],\"price\":11}],\"asks\":[]} , {\"symbol\":\"A/BC\",\"asks\":[ "
               "{\"price\":1,\"qty\":2} ],"
               "\"bids\":[]}]}") == PMM_OK);
    CHECK(wire.count == 3 && s.depth == 0 && token_is(N_TYPE, "update"));
    CHECK(out[0].price == 21 && out[1].price == 22 && out[1].quantity == 500 && out[1].instrument_id == 7);
    CHECK(out[2].price == 10000 && out[2].instrument_id == 9 && out[2].side == PMM_SIDE_ASK);
    CHECK(walk(&NESTED, "{\"data\":[]}") == PMM_OK && wire.count == 0);
}

static void what_is_wrong_in_an_array_is_found(void) {
    static const struct {
        const char *text;
        int code;
    } CASES[] = {
        {"{\"data\":[{\"symbol\":\"A/B\",\"bids\":[],\"asks\":[]}]}", PMM_ERR_NOT_FOUND},
        {"{\"data\":[{\"symbol\":\"A/B\",\"bids\":[{\"price\":10.5}],\"asks\":[]}]}", PMM_ERR_SYNTAX},
        {"{\"data\":[{\"symbol\":\"A/B\",\"bids\":[{\"price\":10.6,\"qty\":1}],\"asks\":[]}]}", PMM_ERR_RANGE},
        {"{\"data\":[{\"symbol\":\"A/B\",\"symbol\":\"A/B\"}]}", PMM_ERR_SYNTAX},
        {"{\"data\":[1]}", PMM_ERR_SYNTAX},
        {"{\"data\":[{}}", PMM_ERR_SYNTAX},
        {"{\"data\":{}}", PMM_ERR_SYNTAX},
        {"{\"data\":[{\"symbol\":\"A/B\"} {\"symbol\":\"A/B\"}]}", PMM_ERR_SYNTAX},
        {"{\"data\":[{\"symbol\":\"A/B\"},]}", PMM_ERR_SYNTAX},
        {"{\"data\":[", PMM_ERR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        CHECK(walk(&NESTED, CASES[i].text) == CASES[i].code);
}

/* What else stands in a level may be as deep where levels are records at first sight as where they are stepped over. */
static void further_elements_of_a_level_are_as_deep_as_json_may_be(void) {
    static const char *const HEADS[] = {"{", "{\"data\":{"}, *const TAILS[] = {"}", "}}"};
    static char text[400];
    for (int inside = 0; inside < 2; inside++)
        for (int deep = 0; deep < 40; deep++)
            for (int late = 0; late < 2; late++) {
                char *at = stpcpy(stpcpy(text, HEADS[inside]), late ? "" : "\"s\":\"A/B\",");
                const long first = (at = stpcpy(at, "\"bids\":[[10.5,1,")) - text;
                at = stpcpy(repeated(repeated(at, "[", deep), "]", deep), deep ? "]]" : "0]]");
                stpcpy(stpcpy(at, late ? ",\"s\":\"A/B\"" : ""), TAILS[inside]);
                const int most = PMM_JSON_DEPTH_MAX - 3 - inside;
                CHECK(walk(&BARE, text) == (deep > most ? PMM_ERR_RANGE : PMM_OK));
                CHECK(deep <= most || s.fault.at == block + first + most);
                CHECK(taken_early == !late);
            }
}

static int time_of(const char *text, int64_t *ns) {
    char whole[128];
    snprintf(whole, sizeof whole, "{\"sequence\":\"%s\"}", text);
    CHECK(walk(&BARE, whole) == PMM_OK);
    return pmm_wire_time(&s, F_SEQUENCE, ns);
}

static void a_time_is_exact_on_every_day(void) {
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    char text[64];
    int64_t ns = 0, day = 0;
    for (int year = 1970; year <= 2261; year++)
        for (int month = 1; month <= 12; month++) {
            const int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            const int last = DAYS[month - 1] + (month == 2 && leap);
            for (int d = 1; d <= last; d++, day++) {
                snprintf(text, sizeof text, "%04d-%02d-%02dT23:59:59.999999999Z", year, month, d);
                CHECK(time_of(text, &ns) == PMM_OK && ns == (day + 1) * INT64_C(86400000000000) - 1);
            }
            snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, last + 1);
            CHECK(time_of(text, &ns) == PMM_ERR_SYNTAX);
        }
    CHECK(time_of("2026-08-09T21:05:48.505350477Z", &ns) == PMM_OK && ns == INT64_C(1786309548505350477));
    CHECK(time_of("2026-08-09T21:05:48.5Z", &ns) == PMM_OK && ns == INT64_C(1786309548500000000));
    CHECK(time_of("2026-08-09T21:05:48Z", &ns) == PMM_OK && ns == INT64_C(1786309548000000000));
}

static void what_is_no_time_is_refused(void) {
    static const char *const WRONG[] = {
        "",
        "2026-08-09T21:05:48",
        "2026-08-09T21:05:48+00:00",
        "2026-08-09 21:05:48Z",
        "2026-08-09T21:05:48.Z",
        "2026-08-09T21:05:48.1234567890Z",
        "2026-08-09T21:05:48.12a4Z",
        "2026-08-09T21:05:48,5Z",
        "2026-08-09T24:00:00Z",
        "2026-08-09T21:60:48Z",
        "2026-08-09T21:05:60Z",
        "2026-00-09T21:05:48Z",
        "2026-13-09T21:05:48Z",
        "2026-08-00T21:05:48Z",
        "1969-12-31T23:59:59Z",
        "2262-01-01T00:00:00Z",
        "2026-08-09T2a:05:48Z",
        "-026-08-09T21:05:48Z",
    };
    int64_t ns = 7;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        CHECK(time_of(WRONG[i], &ns) == PMM_ERR_SYNTAX && ns == 7);
}

static void a_whole_number_may_be_text(void) {
    uint64_t value = 0;
    CHECK(walk(&BARE, "{\"sequence\":\"1641343691244908\",\"price_of_trades_\":5,\"quantity\":\"5x\"}") == PMM_OK);
    CHECK(pmm_wire_quoted_whole(&s, F_SEQUENCE, &value) == PMM_OK && value == UINT64_C(1641343691244908));
    CHECK(pmm_wire_quoted_whole(&s, F_PRICE, &value) == PMM_ERR_SYNTAX);
    CHECK(pmm_wire_quoted_whole(&s, F_QUANTITY, &value) == PMM_ERR_SYNTAX);
    CHECK(walk(&BARE, "{\"sequence\":\"\",\"quantity\":\"1.0\"}") == PMM_OK);
    CHECK(pmm_wire_quoted_whole(&s, F_SEQUENCE, &value) == PMM_ERR_SYNTAX);
    CHECK(pmm_wire_quoted_whole(&s, F_QUANTITY, &value) == PMM_ERR_RANGE);
}

int main(void) {
    objects_in_arrays_are_walked_one_by_one();
    what_is_wrong_in_an_array_is_found();
    further_elements_of_a_level_are_as_deep_as_json_may_be();
    a_time_is_exact_on_every_day();
    what_is_no_time_is_refused();
    a_whole_number_may_be_text();
    levels_are_the_same_at_first_sight_and_later();
    bare_numbers_are_exact_or_refused();
    a_number_is_there_as_it_was_sent();
    keys_are_known_whole_and_where_they_belong();
    an_instrument_is_found_by_its_whole_symbol();
    whole_numbers_are_exact_up_to_63_bits();
    free(block);
    return 0;
}
