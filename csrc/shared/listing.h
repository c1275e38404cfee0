/*
 * listing.h: what a venue says of an instrument, kept in the instrument table.
 *
 * Who owns. The feed that has the instrument writes; anybody reads. Currencies do not change: who sees that a row is
 * listed sees them whole.
 */
#ifndef PMM_LISTING_H
#define PMM_LISTING_H

#include "base/event.h"

/* Currencies as far as there is room for them, then `listed`: enum pmm_listed. */
void pmm_instrument_list(struct pmm_instrument *row, const char *base, const char *quote, uint32_t listed);

/* enum pmm_listed; a value that is none of these was written by a later version. */
uint32_t pmm_instrument_listed(const struct pmm_instrument *row);

#endif
