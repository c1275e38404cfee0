"""A market's book as it was at a moment, from the journal of the feed."""

from typing import Any

from pinnacle.core.book import Book
from pinnacle.core.errors import DataError, UsageError
from pinnacle.core.instruments import Instrument
from pinnacle.core.journal_reader import JournalReader, is_written
from pinnacle.core.schema import Reason, Side
from pinnacle.replay.readable import name_of
from pinnacle.replay.summary import Progress
from pinnacle.replay.times import format_time

# Far more than a live book keeps: of the past, every level counts and nothing is in a hurry.
FAR_CAPACITY = 1 << 18


def refuse_later(reader: JournalReader, at_ns: int) -> None:
    """DataError for a moment behind a cut, UsageError for one that is still to come."""
    found = reader.report
    if at_ns <= found.last_ns:
        return
    until = f"{reader.directory}: ends at {format_time(found.last_ns)}"
    if is_written(reader.directory):
        raise UsageError(f"{until} so far: nothing is known of later")
    if found.torn_bytes or found.missing_bytes:
        raise DataError(f"{until}, cut at record {found.records}: nothing is known of later")


def book_at(
    reader: JournalReader, instrument: Instrument, at_ns: int, depth: int, progress: Progress
) -> dict[str, Any]:
    """The book after the last record received at or before `at_ns`, as a dict for JSON.

    Prices and quantities are decimal text, the best level first. An invalid book has the reason
    why, and the levels that it has; `dropped` counts levels too far away to be kept.
    """
    book = Book(instrument.instrument_id, far_capacity=FAR_CAPACITY)
    stop = reader.find_time(at_ns + 1)
    for chunk in reader.chunks(0, stop):
        book.apply_array(chunk)
        progress(len(chunk))
    top = book.top()
    return {
        "symbol": instrument.label,
        "at": format_time(at_ns),
        "at_ns": at_ns,
        "records": stop,
        "changed": format_time(top.recv_ns) if top.recv_ns else None,
        "valid": bool(top.valid),
        "reason": None if top.valid else name_of(Reason, top.reason),
        "dropped": book.stats().dropped,
        "bids": _levels(book, Side.BID, instrument, depth),
        "asks": _levels(book, Side.ASK, instrument, depth),
    }


def _levels(book: Book, side: int, instrument: Instrument, depth: int) -> list[dict[str, str]]:
    return [
        {"price": instrument.price_text(price), "quantity": instrument.quantity_text(quantity)}
        for price, quantity in book.depth(side, depth).tolist()
    ]
