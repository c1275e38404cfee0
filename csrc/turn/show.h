/*
 * show.h: what a process shows of each instrument for whoever looks, all of it in one call (rows.h).
 *
 * Who owns. The rows' one writer calls, in the thread that runs what it shows.
 */
#ifndef PMM_SHOW_H
#define PMM_SHOW_H

#include "risk/risk.h"
#include "shared/rows.h"
#include "trade/desk.h"

/*
 * Shows every instrument's position and refusals. ARGUMENT, or in how many there is something that people must hear of:
 * a report that was refused, an amount that is not exact.
 */
int pmm_positions_publish(struct pmm_rows *positions, const struct pmm_risk *risk);

/* Shows what the desk wants of each of its instruments. 0 or ARGUMENT. */
int pmm_quotes_publish(struct pmm_rows *quotes, const struct pmm_desk *desk);

#endif
