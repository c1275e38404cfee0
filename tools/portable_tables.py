"""Writes csrc/base/portable_tables.h: what portable_math.c looks up, to the last bit.

python tools/portable_tables.py [--check]     --check: exit 1 unless the file is current
"""

import struct
import sys
from decimal import Decimal, getcontext
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "csrc/base/portable_tables.h"
#: Where the logarithm's significands begin: 0.6875, so that 1 lies well inside.
FIRST = 0x3FE6000000000000
LOGARITHMS, POWERS = 128, 64

getcontext().prec = 60

HEAD = """/*
 * portable_tables.h: made by tools/portable_tables.py, for portable_math.c alone.
 *
 *   pmm_log_table   1 / c and ln c of the middles c of 128 parts of [0.6875, 1.375)
 *   pmm_exp_table   2^(i / 64)
 */
#ifndef PMM_PORTABLE_TABLES_H
#define PMM_PORTABLE_TABLES_H

/* clang-format off */
"""


def middle(part: int) -> float:
    """The middle of a part: of 2^45 significands that share their first bits."""
    bits = FIRST + (part << 45)
    # Above 1 the exponent is another one: the index's bits carry into it by themselves.
    return float(struct.unpack("<d", struct.pack("<Q", bits + (1 << 44)))[0])


def written() -> str:
    lines = [HEAD + f"static const double pmm_log_table[{LOGARITHMS}][2] = {{"]
    for part in range(LOGARITHMS):
        c = Decimal(middle(part))
        lines.append(f"    {{{float(1 / c).hex()}, {float(c.ln()).hex()}}},")
    lines += ["};", "", f"static const double pmm_exp_table[{POWERS}] = {{"]
    for i in range(POWERS):
        lines.append(f"    {float(Decimal(2) ** (Decimal(i) / POWERS)).hex()},")
    lines += ["};", "/* clang-format on */", "", "#endif", ""]
    return "\n".join(lines)


def main() -> int:
    if "--check" in sys.argv[1:]:
        return int(TARGET.read_text(encoding="utf-8") != written())
    TARGET.write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
