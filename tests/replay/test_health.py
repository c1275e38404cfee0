"""The check of a session's journals names the first damage of each by file, record and byte."""

import numpy as np
import pytest

from pinnacle.core.errors import DataError, UsageError
from pinnacle.core.schema import Kind, Source
from pinnacle.replay.health import check_journals
from tests.replay.recorded import event, feed_records, flip_bit, write_journal


def test_a_whole_session_has_no_findings(session):
    assert check_journals(session) == []


@pytest.mark.parametrize("record", range(12))
@pytest.mark.parametrize("byte", [0, 31, 63])
def test_a_flipped_bit_is_found_where_it_is(session, record, byte):
    offset = 4096 + record * 64
    flip_bit(session / "feed" / "000000.pmj", offset + byte)
    (finding,) = check_journals(session)
    assert finding["journal"] == "feed"
    assert finding["file"] == "feed/000000.pmj"
    assert (finding["record"], finding["offset"]) == (record, offset)
    assert finding["problem"] == "damaged"
    assert f"{12 - record} valid records follow" in finding["detail"]


def test_a_flip_in_the_last_record_or_behind_it_is_found_too(session):
    path = session / "feed" / "000000.pmj"
    whole = path.read_bytes()
    for offset, record in ((4096 + 12 * 64 + 5, 12), (4096 + 40 * 64 + 5, 13)):
        path.write_bytes(whole)
        flip_bit(path, offset)
        (finding,) = check_journals(session)
        assert (finding["problem"], finding["record"]) == ("torn", record)
        assert finding["offset"] == 4096 + record * 64


def test_a_flip_in_a_header_is_found(session):
    path = session / "strategy" / "000000.pmj"
    whole = path.read_bytes()
    for offset, problem in (
        (3, "unreadable"),
        (9, "unreadable"),
        (50, "damaged"),
        (900, "damaged"),
    ):
        path.write_bytes(whole)
        flip_bit(path, offset)
        (finding,) = check_journals(session)
        assert (finding["journal"], finding["problem"]) == ("strategy", problem)
        assert (finding["record"], finding["offset"]) == (0, 0)


def test_damage_in_a_later_file_is_named_with_that_file(tmp_path):
    records = np.concatenate([feed_records()] * 20)
    records["aux"][records["kind"] == Kind.START] = np.arange(0, 260, 13)
    write_journal(tmp_path / "feed", Source.FEED, records)
    assert check_journals(tmp_path) == []
    flip_bit(tmp_path / "feed" / "000002.pmj", 4096 + 64 * 3 + 2)
    (finding,) = check_journals(tmp_path)
    assert finding["file"] == "feed/000002.pmj"
    assert (finding["record"], finding["offset"]) == (131, 4096 + 64 * 3)


def test_a_file_that_was_cut_is_short(session):
    path = session / "feed" / "000000.pmj"
    path.write_bytes(path.read_bytes()[: 4096 + 13 * 64])
    (finding,) = check_journals(session)
    assert (finding["problem"], finding["record"]) == ("short", 13)
    assert "3264 bytes fewer" in finding["detail"]


def test_a_journal_in_another_process_folder_is_foreign(session):
    (session / "feed").rename(session / "gateway")
    (finding,) = check_journals(session)
    assert (finding["journal"], finding["problem"]) == ("gateway", "foreign")


def test_a_start_that_counts_other_records_is_out_of_order(tmp_path):
    starts = [event(Kind.START, i, aux=aux) for i, aux in enumerate((0, 1, 9))]
    write_journal(tmp_path / "risk", Source.RISK, np.concatenate(starts))
    (finding,) = check_journals(tmp_path)
    assert (finding["problem"], finding["record"], finding["offset"]) == ("order", 2, 4224)


def test_what_is_no_session_is_refused(tmp_path):
    with pytest.raises(DataError, match="neither a session's folder nor a journal"):
        check_journals(tmp_path)
    with pytest.raises(UsageError, match="no such directory"):
        check_journals(tmp_path / "nowhere")
