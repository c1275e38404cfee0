"""What venues say of their instruments, kept in the instrument table (csrc/shared/listing.h)."""

from pathlib import Path
from typing import Any, NamedTuple

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import Listed as Listed
from pinnacle.core.instruments import open_table
from pinnacle.core.segment import Closing, Mode


class Listing(NamedTuple):
    """What the venue says of an instrument; the currencies are empty where nothing is known."""

    listed: Listed
    base: str = ""
    quote: str = ""


class ListingTable(Closing):
    """The mapped file of the instruments; needs Mode.SHARED to write."""

    def __init__(self, path: Path, mode: int = Mode.READ):
        self._segment = open_table(path, mode)
        self._rows = ffi.cast("struct pmm_instrument *", self._segment.pointer.payload)

    def close(self) -> None:
        self._segment.close()

    def read(self, instrument_id: int) -> Listing:
        row = self._rows[instrument_id]
        listed = lib.pmm_instrument_listed(ffi.addressof(row))
        if listed == Listed.UNKNOWN:
            return Listing(Listed.UNKNOWN)
        return Listing(Listed(listed), _text(row.base), _text(row.quote))

    def write(self, instrument_id: int, listing: Listing) -> None:
        """For the feed that has the instrument."""
        row = ffi.addressof(self._rows[instrument_id])
        texts = listing.base.encode(), listing.quote.encode()
        lib.pmm_instrument_list(row, *texts, listing.listed)


def _text(field: Any) -> str:
    return ffi.string(field, lib.PMM_CURRENCY_BYTES).decode(errors="replace")
