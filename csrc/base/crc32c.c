/* crc32c.c: CRC32C by the processor where it can, by a table where it cannot. */
#include "base/crc32c.h"

#include "base/crc32c_inline.h"

/*
 * The table for one byte at a time. CRC is linear, so an entry is the exclusive-or of the
 * entries of its single bits; entry 128 is the polynomial 0x1EDC6F41 reflected, and each
 * lower bit's is the next one shifted through it. The compiler folds it all to constants.
 */
#define B7               0x82F63B78u
#define B6               0x417B1DBCu
#define B5               0x20BD8EDEu
#define B4               0x105EC76Fu
#define B3               0x8AD958CFu
#define B2               0xC79A971Fu
#define B1               0xE13B70F7u
#define B0               0xF26B8303u
#define BIT(i, n, value) ((i) & (1u << (n)) ? (value) : 0u)
#define ENTRY(i) \
    (BIT(i, 0, B0) ^ BIT(i, 1, B1) ^ BIT(i, 2, B2) ^ BIT(i, 3, B3) ^ BIT(i, 4, B4) ^ BIT(i, 5, B5) ^ BIT(i, 6, B6) ^ \
     BIT(i, 7, B7))
#define ENTRIES4(i)  ENTRY(i), ENTRY((i) + 1), ENTRY((i) + 2), ENTRY((i) + 3)
#define ENTRIES16(i) ENTRIES4(i), ENTRIES4((i) + 4), ENTRIES4((i) + 8), ENTRIES4((i) + 12)
#define ENTRIES64(i) ENTRIES16(i), ENTRIES16((i) + 16), ENTRIES16((i) + 32), ENTRIES16((i) + 48)

static const uint32_t TABLE[256] = {ENTRIES64(0u), ENTRIES64(64u), ENTRIES64(128u), ENTRIES64(192u)};

uint32_t pmm_crc32c_table(uint32_t crc, const void *data, size_t bytes) {
    const uint8_t *p = data;
    crc = ~crc;
    for (size_t i = 0; i < bytes; i++)
        crc = crc >> 8 ^ TABLE[(crc ^ p[i]) & 0xFF];
    return ~crc;
}

uint32_t pmm_crc32c(uint32_t crc, const void *data, size_t bytes) { return pmm_crc32c_inline(crc, data, bytes); }
