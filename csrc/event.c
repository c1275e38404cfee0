#include "event.h"
#include "layout.h"

int64_t pmm_fee(int64_t price, int64_t quantity, int64_t fee_e8) {
    /* 128 bits: ticks x lots x 1e8 passes 63 bits at a few bitcoin. */
    __int128 scaled = (__int128)price * quantity * fee_e8;
    const __int128 unit = 100000000;
    __int128 fee = scaled / unit;
    return (int64_t)(fee + (scaled > fee * unit));
}
