/*
 * crc32c.h: CRC32C (Castagnoli), in hardware where the processor has it, by table where
 * it has not; both give the same value. crc is the value so far: 0 to start. Standard
 * parameters (reflected, initial and final inversion), so crc32c("123456789") = 0xE3069283.
 */
#ifndef PMM_CRC32C_H
#define PMM_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t pmm_crc32c(uint32_t crc, const void *data, size_t bytes);

/* The table path alone, for the test that both agree. */
uint32_t pmm_crc32c_table(uint32_t crc, const void *data, size_t bytes);

#endif
