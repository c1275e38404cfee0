/* The processor's CRC32C, inlined and called, the table and bits by hand give one value. Exit 0 if so. */
#include <stdio.h>

#include "base/crc32c_inline.h"

#define BYTES_MAX 300

/* As the polynomial is written: no table, no instruction. */
static uint32_t by_hand(uint32_t crc, const uint8_t *data, size_t bytes) {
    crc = ~crc;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

int main(void) {
    static uint8_t data[BYTES_MAX + 8];
#if !defined(CRC_U64)
    fprintf(stderr, "compiled without the processor's instruction\n");
    return 2;
#endif
    uint32_t state = 2463534242u;
    for (size_t i = 0; i < sizeof data; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        data[i] = (uint8_t)state;
    }
    for (size_t bytes = 0; bytes <= BYTES_MAX; bytes++) {
        for (size_t offset = 0; offset < 8; offset++) { /* not aligned, too */
            uint32_t start = offset & 1 ? state + (uint32_t)bytes : 0;
            uint32_t wanted = by_hand(start, data + offset, bytes);
            if (pmm_crc32c(start, data + offset, bytes) != wanted ||
                pmm_crc32c_table(start, data + offset, bytes) != wanted ||
                pmm_crc32c_inline(start, data + offset, bytes) != wanted) {
                fprintf(stderr, "%zu bytes at %zu differ\n", bytes, offset);
                return 1;
            }
        }
    }
    return pmm_crc32c(0, "123456789", 9) == 0xE3069283u ? 0 : 1;
}
