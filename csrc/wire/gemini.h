/*
 * gemini.h: the hot messages of Gemini's two WebSockets.
 *
 * What it is. PMM_WIRE_GEMINI_V2 is api.gemini.com/v2/marketdata: l2_updates, trade. PMM_WIRE_GEMINI is
 * ws.gemini.com, which speaks as Binance does (binance.h) with times in nanoseconds and symbols in letters of
 * either size. Rows are found by symbol ("BTCUSD").
 *
 * What comes out of v2, as message.h says:
 *   l2_updates  with `trades`, as the first of a symbol has it: a snapshot; else DEPTH records. No time, no number:
 *               venue_ns, aux and ids are 0. The trades are of before
 *   trade       TRADE; order_id, aux and final_id = tid; side = side, which is the aggressor's; venue_ns = timestamp
 */
#ifndef PMM_GEMINI_H
#define PMM_GEMINI_H

#include "wire/message.h"

extern const struct pmm_wire_venue *const PMM_WIRE_GEMINI;
extern const struct pmm_wire_venue *const PMM_WIRE_GEMINI_V2;

#endif
