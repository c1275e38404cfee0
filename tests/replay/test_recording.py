"""What a session's folder is taken to hold."""

from pathlib import Path

import pytest

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.errors import CorruptError, ShortageError
from pinnacle.core.instruments import from_config, write_list
from pinnacle.core.schema import Source, Venue
from pinnacle.replay.recording import Recording
from tests.replay.few_files import files_left
from tests.replay.recorded import START_NS, feed_records, flip_bit, write_journal


def test_journals_of_no_process_stand_behind_those_that_are_in_the_order_of_the_flow(session):
    write_journal(session / "a-copy", Source.FEED, feed_records())
    assert list(Recording.open(session).journals) == ["feed", "strategy", "a-copy"]


def test_a_venues_feeds_stand_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 9, 1):
        write_journal(tmp_path / f"feed.kraken.{number}", Source.FEED, feed_records())
    names = list(Recording.open(tmp_path).journals)
    assert names == ["feed.kraken.1", "feed.kraken.9", "feed.kraken.10"]


def test_the_market_of_an_instrument_is_looked_for_where_its_own_feed_wrote_it(tmp_path):
    steps = {"tick_size": "0.01", "lot_size": "1"}
    rows = [("a", "X"), ("a", "Y"), ("b", "X"), ("b", "Y"), ("b", "Z"), ("b", "W")]
    configs = [InstrumentConfig(symbol=s, venue=v, **steps) for v, s in rows]
    found = from_config(configs, {"a": Venue.KRAKEN, "b": Venue.GEMINI}, {"b": 3})
    write_list(tmp_path / "instruments.json", found)
    for name in ("feed.a", "feed.b.1", "feed.b.2", "feed.b.3"):
        write_journal(tmp_path / name, Source.FEED, feed_records()[:0])
    recording = Recording.open(tmp_path)
    feeds = [recording.feed_of(i) for i in found]
    assert feeds == ["feed.a", "feed.a", "feed.b.1", "feed.b.2", "feed.b.3", "feed.b.1"]


def test_files_that_only_look_like_a_journals_make_no_journal(session):
    (session / "notes").mkdir()
    (session / "notes" / "monday.pmj").touch()
    assert list(Recording.open(session).journals) == ["feed", "strategy"]


def test_a_folder_that_nobody_may_look_into_is_not_passed_over(session, monkeypatch):
    (session / "locked").mkdir()
    entries = Path.iterdir

    def look(path):
        if path.name == "locked":
            raise PermissionError
        return entries(path)

    monkeypatch.setattr(Path, "iterdir", look)
    assert list(Recording.open(session).journals) == ["feed", "strategy", "locked"]


def test_a_damaged_journal_that_was_read_once_is_refused_to_who_needs_it_whole(session):
    flip_bit(session / "feed" / "000000.pmj", 4096 + 64 * 4 + 20)
    recording = Recording.open(session)
    assert len(recording.reader("feed", damaged_ok=True)) == 4
    with pytest.raises(CorruptError, match="record 4"):
        recording.reader("feed")


def test_a_journal_without_a_record_has_no_say_in_when_a_session_began(session):
    write_journal(session / "risk", Source.RISK, feed_records()[:0])
    assert Recording.open(session).start_ns == START_NS


def test_what_the_machine_is_out_of_is_not_passed_over(session):
    """The list can still be opened, and of a journal no more than its folder."""
    recording = Recording.open(session)
    with files_left(1), pytest.raises(ShortageError, match="Too many open files"):
        _ = recording.instruments
    assert recording.instruments
