"""What venues say of instruments stands in the instrument table, for everybody."""

import pytest

from pinnacle.core.errors import LayoutError
from pinnacle.core.instruments import read_table, write_table
from pinnacle.core.listings import Listed, Listing, ListingTable
from pinnacle.core.segment import Mode, SegmentKind, create_segment
from tests.records import instruments


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "instruments"
    write_table(path, instruments("A-USD", "B-USD"))
    return path


def test_nothing_is_known_until_it_is_said(path):
    with ListingTable(path) as table:
        assert table.read(0) == table.read(1) == Listing(Listed.UNKNOWN)


def test_what_is_written_is_read_by_everybody_and_of_its_own_instrument(path):
    with ListingTable(path, Mode.SHARED) as table, ListingTable(path) as reader:
        table.write(1, Listing(Listed.HALTED, "BTC", "USDT"))
        assert reader.read(1) == Listing(Listed.HALTED, "BTC", "USDT")
        assert reader.read(0) == Listing(Listed.UNKNOWN)
        table.write(1, Listing(Listed.TRADING, "B", "U"))
        assert reader.read(1) == Listing(Listed.TRADING, "B", "U")
    assert [i.symbol for i in read_table(path)] == ["A-USD", "B-USD"]


def test_a_currency_of_a_long_name_is_cut_and_its_neighbour_whole(path):
    with ListingTable(path, Mode.SHARED) as table:
        table.write(0, Listing(Listed.TRADING, "1000000000MOG", "ABCDEFGHIJKLMNOP"))
        assert table.read(0) == Listing(Listed.TRADING, "1000000000M", "ABCDEFGHIJK")
        assert read_table(path)[1].symbol == "B-USD"
        table.write(0, Listing(Listed.TRADING, "äöüäöü", "x"))  # cut within a letter
        assert table.read(0).base.startswith("äöüäö")


def test_another_segment_is_refused(tmp_path):
    create_segment(tmp_path / "other", SegmentKind.RING, 1, 4096, "other")
    with pytest.raises(LayoutError):
        ListingTable(tmp_path / "other")
