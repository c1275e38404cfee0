/* listing.c: what a venue says of an instrument: text first, then the word that publishes it. */
#include "shared/listing.h"

#include <string.h>

#include "base/atomics.h"
#include "base/layout.h"

static void put(char *field, const char *text) {
    char padded[PMM_CURRENCY_BYTES] = {0};
    memcpy(padded, text, strnlen(text, PMM_CURRENCY_BYTES - 1));
    memcpy(field, padded, sizeof padded);
}

void pmm_instrument_list(struct pmm_instrument *row, const char *base, const char *quote, uint32_t listed) {
    put(row->base, base);
    put(row->quote, quote);
    pmm_store_release_u32(&row->listed, listed);
}

uint32_t pmm_instrument_listed(const struct pmm_instrument *row) { return pmm_load_acquire_u32(&row->listed); }
