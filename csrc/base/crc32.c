/* crc32.c: CRC32 by eight tables, which each take in one of eight bytes. */
#include "base/crc32.h"

#include <string.h>

#define POLYNOMIAL UINT32_C(0xEDB88320)

void pmm_crc32_init(struct pmm_crc32 *crc32) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++)
            value = (value >> 1) ^ (value & 1 ? POLYNOMIAL : 0);
        crc32->rows[0][byte] = value;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t byte = 0; byte < 256; byte++) {
            const uint32_t before = crc32->rows[k - 1][byte];
            crc32->rows[k][byte] = (before >> 8) ^ crc32->rows[0][before & 0xFF];
        }
}

uint32_t pmm_crc32(const struct pmm_crc32 *crc32, uint32_t crc, const void *data, size_t bytes) {
    const uint8_t *p = data;
    crc = ~crc;
    for (; bytes >= 8; bytes -= 8, p += 8) {
        uint8_t eight[8];
        uint32_t next = 0;
        memcpy(eight, p, sizeof eight);
        for (int k = 0; k < 4; k++)
            eight[k] ^= (uint8_t)(crc >> 8 * k);
        for (int k = 0; k < 8; k++)
            next ^= crc32->rows[7 - k][eight[k]];
        crc = next;
    }
    for (; bytes > 0; bytes--, p++)
        crc = (crc >> 8) ^ crc32->rows[0][(crc ^ *p) & 0xFF];
    return ~crc;
}
