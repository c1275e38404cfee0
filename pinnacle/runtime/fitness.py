"""Whether a session is fit to trade, and if not, why, in words."""

from typing import Any

from pinnacle.core.schema import Reason, in_words
from pinnacle.runtime.observer import Observer, ProcessView


def book_words(book: dict[str, Any]) -> str:
    """What is wrong with an Observer's book; empty if it can be traded on."""
    if not book["valid"]:
        return str(book["reason"]).replace("_", " ") or "invalid"
    sides = (("no bids", book["bids"]), ("no asks", book["asks"]))
    return " and ".join(words for words, levels in sides if not len(levels))


def unfit(observer: Observer, processes: list[ProcessView]) -> dict[str, str]:
    """What keeps the session from trading; empty if nothing does.

    By name for a process that is not ready or hung, by `market <instrument>` for a book that cannot
    be used, and `trading` while the kill switch is set.
    """
    why = {p.name: _process_words(p) for p in processes if p.state != "ready"}
    for instrument in observer.instruments:
        trouble = book_words(observer.book(instrument, 1))
        if trouble:
            why[f"market {instrument.label}"] = trouble
    killed = observer.killed()
    if killed != Reason.NONE:
        why["trading"] = f"halted: {in_words(killed)}"
    return why


def _process_words(process: ProcessView) -> str:
    if process.state == "hung":
        return f"hung: silent for {process.heartbeat_age_ms / 1000:.0f} s"
    return process.state
