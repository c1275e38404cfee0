"""What a process tells people is in memory: bounded, whole, and there after its death."""

import signal
import subprocess
import sys
import threading

import pytest

from pinnacle.core._native import lib
from pinnacle.core.errors import OwnedError
from pinnacle.core.notices import Level, Notices, NoticesReader, create_notices


@pytest.fixture
def path(tmp_path):
    create_notices(tmp_path / "risk.notices", "risk")
    return tmp_path / "risk.notices"


def said(path, since=0):
    with NoticesReader(path) as reader:
        return [(n.number, n.level, n.text) for n in reader.since(since)]


def test_what_one_process_says_another_reads(path):
    with Notices(path) as notices, NoticesReader(path) as reader:
        assert (reader.count, reader.since(0)) == (0, [])
        notices.put(Level.WARNING, "peer lost: peer strategy")
        notices.put(Level.ERROR, "ended: 币安人生 is not to be had")
        first, second = reader.since(0)
        assert (first.process, first.number, first.level, first.times) == ("risk", 1, "warning", 1)
        assert (second.number, second.level) == (2, "error")
        assert second.text == "ended: 币安人生 is not to be had"
        assert second.at_ns >= first.at_ns > 0
        assert [n.number for n in reader.since(1)] == [2]


def test_a_notice_tells_the_time_by_the_clock_that_it_was_given(path):
    with Notices(path, iter([7, 5]).__next__) as notices, NoticesReader(path) as reader:
        notices.put(Level.WARNING, "one")
        notices.put(Level.WARNING, "two")
        assert [n.at_ns for n in reader.since(0)] == [7, 5]


def test_the_latest_stay_and_all_are_counted(path):
    with Notices(path) as notices, NoticesReader(path) as reader:
        for i in range(200):
            notices.put(Level.WARNING, f"number {i + 1}")
        found = reader.since(0)
        assert reader.count == 200
        assert [n.number for n in found] == list(range(200 - lib.PMM_NOTICES + 1, 201))
        assert all(n.text == f"number {n.number}" for n in found)


def test_what_is_said_again_and_again_is_one_notice_with_a_count(path):
    with Notices(path) as notices, NoticesReader(path) as reader:
        for _ in range(500):
            notices.put(Level.WARNING, "connection refused")
        notices.put(Level.ERROR, "connection refused")
        assert [(n.level, n.times) for n in reader.since(0)] == [("warning", 500), ("error", 1)]


def test_a_long_text_is_cut_between_characters(path):
    with Notices(path) as notices:
        notices.put(Level.WARNING, "x" + "安" * 400)
    ((_, _, text),) = said(path)
    assert text == "x" + "安" * ((lib.PMM_NOTICE_TEXT_BYTES - 1) // 3)


def test_text_that_is_no_unicode_is_told_all_the_same(path):
    with Notices(path) as notices:
        notices.put(Level.WARNING, "file \udcff")
        notices.put(Level.WARNING, "")
    assert said(path) == [(1, "warning", "file ?"), (2, "warning", "")]


def test_the_last_words_of_a_killed_process_are_read_after_its_death(path):
    program = (
        "import os, signal, sys; from pinnacle.core.notices import *\n"
        "Notices(sys.argv[1]).put(Level.ERROR, 'the last word')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)])
    assert done.returncode == -signal.SIGKILL
    assert said(path) == [(1, "error", "the last word")]
    with Notices(path) as notices:
        notices.put(Level.WARNING, "its successor")
    assert said(path, 1) == [(2, "warning", "its successor")]


def test_one_process_at_a_time_is_the_teller(path):
    with Notices(path), pytest.raises(OwnedError):
        Notices(path)


def test_threads_do_not_mix_their_words(path):
    texts = [letter * 300 for letter in "abcd"]
    with Notices(path) as notices, NoticesReader(path) as reader:
        threads = [
            threading.Thread(
                target=lambda text=text: [notices.put(Level.WARNING, text) for _ in range(500)]
            )
            for text in texts
        ]
        for thread in threads:
            thread.start()
        seen = set()
        while any(thread.is_alive() for thread in threads):
            seen |= {n.text for n in reader.since(0)}
        seen |= {n.text for n in reader.since(0)}
        assert seen <= set(texts) and seen


def test_a_damaged_length_stays_inside_its_entry(path):
    with Notices(path) as notices:
        notices.put(Level.WARNING, "words")
    with path.open("r+b") as file:
        file.seek(lib.PMM_SEGMENT_HEADER_BYTES + 128 + 24)
        file.write(b"\xff\xff\xff\xff")
    ((_, _, text),) = said(path)
    assert len(text) == lib.PMM_NOTICE_TEXT_BYTES and text.startswith("words\0")
    assert path.stat().st_size == lib.PMM_SEGMENT_HEADER_BYTES + 128 + 64 * 512
