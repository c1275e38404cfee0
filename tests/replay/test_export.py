"""`pinnacle-replay export`: other tools get the very same records."""

import csv
import importlib.util
import os

import numpy as np

from pinnacle.core.schema import EVENT, Kind, Source
from tests.replay.recorded import event, feed_records, flip_bit, write_journal

CLOCKS = ("monotonic_ns", "wall_ns")


def test_npy_holds_every_field_as_it_is_in_the_journal(session, replay, tmp_path):
    out = tmp_path / "feed.npy"
    result = replay("export", session, "--journal", "feed", "--format", "npy", "--out", out)
    assert result.returncode == 0, result.stderr
    loaded = np.load(out, mmap_mode="r")
    assert loaded.dtype == EVENT
    expected = feed_records()
    for name in EVENT.names:
        assert name == "commit" or np.array_equal(loaded[name], expected[name])
    assert not list(tmp_path.glob("*.part"))


def test_csv_has_a_line_a_record_with_names_and_decimals(session, replay, tmp_path):
    out = tmp_path / "feed.csv"
    result = replay("export", session, "--journal", "feed", "--format", "csv", "--out", out)
    assert result.returncode == 0, result.stderr
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 13
    assert [rows[6][key] for key in ("index", "kind", "symbol", "side", "price", "quantity")] == [
        "6", "depth", "BTC-USD", "bid", "100.5", "0.250",
    ]  # fmt: skip
    assert rows[5]["flags"] == "last|snapshot"


def test_csv_has_a_number_in_every_cell_of_a_column_of_numbers(session, replay, tmp_path):
    """A reader that guesses types takes a column with a gap for floats: 2^53 and no further."""
    every_kind = [event(kind, at, order_id=5, aux=7) for at, kind in enumerate(Kind)]
    write_journal(session / "risk", Source.RISK, np.concatenate(every_kind))
    for journal in ("feed", "strategy", "risk"):
        out = tmp_path / f"{journal}.csv"
        result = replay("export", session, "--journal", journal, "--format", "csv", "--out", out)
        assert result.returncode == 0, result.stderr
        with out.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for column in ("index", "recv_ns", "venue_ns", "order_id", "aux", *CLOCKS):
                    assert row[column].isdigit(), (column, row)
                for column in ("price", "quantity"):
                    float(row[column])


def test_parquet_is_written_or_the_missing_extra_is_named(session, replay, tmp_path):
    out = tmp_path / "feed.parquet"
    result = replay("export", session, "--journal", "feed", "--format", "parquet", "--out", out)
    if importlib.util.find_spec("pyarrow") is None:
        assert result.returncode == 2
        assert "pip install 'pinnacle-mm[export]'" in result.stderr
        assert list(tmp_path.glob("feed.*")) == []
        return
    from pyarrow import parquet

    table = parquet.read_table(out)
    assert table["price"].to_pylist() == feed_records()["price"].tolist()
    assert table["kind"].to_pylist()[1] == "book_begin"
    assert b"BTC-USD" in table.schema.metadata[b"instruments"]


def test_a_session_of_several_journals_needs_the_name_of_one(session, replay, tmp_path):
    result = replay("export", session, "--format", "npy", "--out", tmp_path / "x.npy")
    assert result.returncode == 2
    assert "--journal is needed, one of: feed, strategy" in result.stderr


def test_a_damaged_journal_is_not_exported(session, replay, tmp_path):
    flip_bit(session / "feed" / "000000.pmj", 4096 + 20)
    out = tmp_path / "feed.npy"
    result = replay("export", session, "--journal", "feed", "--format", "npy", "--out", out)
    assert result.returncode == 1
    assert "record 0, byte 4096" in result.stderr
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_named(session, replay, tmp_path):
    out = tmp_path / "nowhere" / "feed.npy"
    result = replay("export", session, "--journal", "feed", "--format", "npy", "--out", out)
    assert result.returncode == 2
    assert f"{out}: no such folder" in result.stderr


def test_standard_output_a_link_and_a_fifo_are_written_and_stay(session, replay, tmp_path):
    words = ["export", session, "--journal", "feed", "--format", "csv", "--out"]
    result = replay(*words, tmp_path / "feed.csv")
    expected = (tmp_path / "feed.csv").read_text(encoding="utf-8")
    for name in ("-", "/dev/stdout"):
        result = replay(*words, name)
        assert (result.returncode, result.stdout) == (0, expected)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    assert replay(*words, link).returncode == 0
    assert link.is_symlink() and (tmp_path / "target").read_text(encoding="utf-8") == expected


def test_a_place_that_cannot_be_written_is_said_before_anything_is_read(replay, tmp_path):
    result = replay("export", tmp_path / "no-session", "--format", "npy", "--out", tmp_path)
    assert result.returncode == 2 and "is a folder" in result.stderr


def test_a_torn_journal_is_written_up_to_there_and_the_exit_says_so(session, replay, tmp_path):
    path = session / "feed" / "000000.pmj"
    os.truncate(path, 4096 + 64 * 7 + 30)
    out = tmp_path / "feed.npy"
    result = replay("export", session, "--journal", "feed", "--format", "npy", "--out", out)
    assert result.returncode == 1
    assert "error: feed: torn at feed/000000.pmj, record 7" in result.stderr
    assert len(np.load(out)) == 7
