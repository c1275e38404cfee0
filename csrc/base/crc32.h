/*
 * crc32.h: CRC32 as zlib has it (reflected, polynomial 0x04C11DB7), eight bytes a step. crc is the value so far: 0 to
 * start; crc32("123456789") = 0xCBF43926. The caller owns the tables and fills them once; then any thread may read.
 */
#ifndef PMM_CRC32_H
#define PMM_CRC32_H

#include <stddef.h>
#include <stdint.h>

struct pmm_crc32 {
    uint32_t rows[8][256]; /* [k][byte]: what a byte is worth with k bytes behind it */
};

void pmm_crc32_init(struct pmm_crc32 *crc32);
uint32_t pmm_crc32(const struct pmm_crc32 *crc32, uint32_t crc, const void *data, size_t bytes);

#endif
