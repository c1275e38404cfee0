/* How deep arrays of objects may stand in one another where a venue walks them: as deep as JSON may be. */
#include "wire_walk.h"

enum {
    D_INSIDE,
    D_ITEMS
};
static const struct pmm_wire_key DEEP_KEYS[] = {
    {"in", D_INSIDE, PMM_WIRE_OUTER | PMM_WIRE_INSIDE},
    {"a", D_ITEMS, PMM_WIRE_EARLY},
};
static const struct pmm_wire_keys ITEMS = PMM_WIRE_KEYS(DEEP_KEYS);

static int take_item(struct pmm_scan *scan) {
    (void)scan;
    return PMM_OK;
}

static const char *early_of_deep(struct pmm_scan *scan, uint32_t field) {
    return pmm_wire_each(scan, scan->field[field], &ITEMS, take_item);
}

static const struct pmm_wire_venue DEEP = {PMM_WIRE_KEYS(DEEP_KEYS), early_of_deep, NULL, NULL, 5, 1, 0, 1, NULL};

/* What the walk says of a text, where too, is what stepping over it says. */
static int as_deep_as_json(const char *text) {
    const int code = walk(&DEEP, text);
    struct pmm_json_fault fault = {block, PMM_OK};
    const char *end = pmm_json_skip(block, block + strlen(text), 0, &fault);
    CHECK(code == fault.code && (end != NULL) == (code == PMM_OK));
    CHECK(code == PMM_OK || s.fault.at == fault.at);
    return code;
}

static void arrays_of_objects_are_walked_as_deep_as_json_may_be(void) {
    static const char *const HEADS[] = {"{", "{\"in\":{"}, *const TAILS[] = {"}", "}}"};
    static char text[8000];
    int refused = 0;
    for (int head = 0; head < 2; head++)
        for (int empty = 0; empty < 2; empty++)
            for (int deep = 0; deep < 400; deep++) {
                char *at = repeated(stpcpy(text, HEADS[head]), "\"a\":[{", deep);
                at = repeated(stpcpy(at, empty ? "\"a\":[]" : ""), "}]", deep);
                stpcpy(at, TAILS[head]);
                refused += as_deep_as_json(text) == PMM_ERR_RANGE;
            }
    CHECK(refused == 4 * 400 - (16 + 16 + 16 + 15));
}

int main(void) {
    arrays_of_objects_are_walked_as_deep_as_json_may_be();
    free(block);
    return 0;
}
