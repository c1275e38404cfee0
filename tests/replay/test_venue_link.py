"""What a feed published is held against the market that its venue makes again."""

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Reason, Side, Source, Venue
from pinnacle.replay.evidence import Evidence
from pinnacle.replay.venue_link import VenueLink
from pinnacle.runtime.topology import Process
from tests.replay.recorded import BTC, ETH, event, market, write_journal

CHANGES = 40
START = event(Kind.START, 0, source=Source.FEED, order_id=1)


def change(number, instrument):
    """Each is a better bid than the one before it."""
    own = {"instrument_id": instrument, "price": 100 + number, "quantity": 5}
    return market(Kind.DEPTH, number, number, Side.BID, flags=Flag.LAST, **own)


def snapshot(number, instrument, *prices):
    def piece(kind, flags=0, **fields):
        common = {"instrument_id": instrument, "flags": Flag.SNAPSHOT | flags}
        return market(kind, number, number, **common | fields)

    levels = [piece(Kind.DEPTH, side=Side.BID, price=price, quantity=5) for price in prices]
    return [piece(Kind.BOOK_BEGIN), *levels, piece(Kind.BOOK_END, Flag.LAST)]


def invalid(**fields):
    return market(Kind.BOOK_INVALID, 3, 0, **{"reason": Reason.RESYNC} | fields)


MADE = [change(number, i) for number in range(1, CHANGES + 1) for i in (0, 1)]
BEGUN = [START, *snapshot(1, 0, 101), *snapshot(1, 1, 101)]
#: All that the venue made behind the snapshots.
WHOLE = [*BEGUN, *MADE[2:]]


def altered(row, **fields):
    row = row.copy()
    for field, value in fields.items():
        row[field] = value
    return row


def compared(folder, rows, made=MADE):
    """(record, what is wrong with it) of the feed; None if nothing is."""
    write_journal(folder / "feed", Source.FEED, np.concatenate(rows))
    feed = Evidence(Process("feed"), folder / "feed")
    assert feed.look() == []
    found = VenueLink(feed, [BTC, ETH], iter(made)).compare()
    return (found[0]["record"], found[0]["detail"]) if found else None


@pytest.mark.parametrize(
    "more",
    [[], [invalid()], [invalid(), *snapshot(40, 0, *range(140, 100, -1))]],
    ids=["all", "a book that is lost", "a book that is known again"],
)
def test_what_the_venue_made_is_published_as_it_was_made(tmp_path, more):
    assert compared(tmp_path, [*WHOLE, *more]) is None


SWAPPED = [*WHOLE[:63], WHOLE[64], WHOLE[63], *WHOLE[65:]]
NOW = [103, 102, 101]
WRONG = {
    "order, where a file ends": (SWAPPED, 64, "not in the venue's order"),
    "a change more than it made": ([*WHOLE, change(CHANGES + 1, 0)], 85, "did not make it"),
    "another venue's word": ([START, invalid(venue_id=Venue.BINANCE)], 1, "no feed says this"),
    "a change of a lost book": ([*WHOLE[:9], invalid(), WHOLE[9]], 10, "book that is not known"),
    "a level of a lost book": ([*BEGUN[:2], invalid(), BEGUN[2]], 3, "part of no snapshot"),
    "a snapshot's end twice": ([*BEGUN[:4], BEGUN[3]], 3, "the venue never had"),
    "a snapshot from before": ([*WHOLE[:11], *snapshot(1, 0, *NOW)], 11, "the venue never had"),
    "a snapshot for a reason": ([START, altered(BEGUN[1], reason=1)], 1, "the venue never had"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_the_venue_did_not_make_is_found_where_it_is(tmp_path, what):
    rows, record, text = WRONG[what]
    found = compared(tmp_path, rows)
    assert found is not None and found[0] == record and text in found[1], found
