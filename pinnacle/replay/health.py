"""Whether a session's journals are what was written: every byte, in order, without a gap."""

from pathlib import Path
from typing import Any

import numpy as np

from pinnacle.core.errors import LayoutError, NativeError, is_shortage
from pinnacle.core.journal_reader import HEADER_BYTES, JournalReader, JournalReport, file_name, scan
from pinnacle.core.paths import role_of
from pinnacle.core.schema import EVENT, Kind, Source
from pinnacle.replay.recording import Recording

Damage = dict[str, Any]

_SCANS_MAX = 10


def check_journals(session: str | Path) -> list[Damage]:
    """Check every journal of a session; an empty list means that nothing is wrong.

    A finding has the keys journal, file (path from the session's folder), record (index in the
    journal), offset (byte in the file), problem (one word) and detail. Of each journal only the
    first damage of its bytes is told; problems:

        unreadable   not a journal, of another version, or the system refuses
        damaged      a record or header does not match its CRC, and valid data follows
        torn         bytes behind the last valid record that are no record
        short        a file is shorter than its header says
        foreign      the journal is another process's than its directory says
        order        a START record tells of another number of records before it
    """
    recording = Recording.open(session)
    findings: list[Damage] = []
    for name, directory in recording.journals.items():
        findings += check_journal(name, directory)
    return findings


def check_journal(name: str, directory: Path) -> list[Damage]:
    """The findings of one journal; `name` is what the session calls it."""
    try:
        report = _settled(directory)
    except (LayoutError, NativeError) as error:
        if is_shortage(error):
            raise
        return [_finding(name, 0, 0, 0, "unreadable", str(error))]
    findings = check_bytes(name, directory, report)
    if report.records:
        findings += _check_starts(name, JournalReader(directory, damaged_ok=True))
    return findings


def damage_of(name: str, directory: Path) -> list[Damage]:
    """What is wrong with a journal's bytes alone."""
    try:
        return check_bytes(name, directory, _settled(directory))
    except (LayoutError, NativeError) as error:
        if is_shortage(error):
            raise
        return [_finding(name, 0, 0, 0, "unreadable", str(error))]


def check_among(journals: dict[str, int]) -> list[Damage]:
    """Journals without a record beside others that have some; by name, their counts."""
    if not any(journals.values()):
        return []
    detail = "no record, and its neighbours have some"
    return [_finding(name, 0, 0, 0, "empty", detail) for name, n in journals.items() if not n]


def _settled(directory: Path) -> JournalReport:
    """A scan; again while it sees a record half written by a writer who then went on."""
    report = scan(directory)
    for _ in range(_SCANS_MAX):
        before = report
        if not before.torn_bytes:
            break
        report = scan(directory)
        if report.records == before.records:
            break
    return report


def _finding(
    name: str, file_index: int, record: int, offset: int, problem: str, detail: str
) -> Damage:
    return {
        "journal": name,
        "file": f"{name}/{file_name(file_index)}",
        "record": record,
        "offset": offset,
        "problem": problem,
        "detail": detail,
    }


def check_bytes(name: str, directory: Path, report: JournalReport) -> list[Damage]:
    """What a scan's report says of the bytes, and of whose they are."""
    return _check_marks(name, directory, report) + _check_source(name, report)


def _check_marks(name: str, directory: Path, report: JournalReport) -> list[Damage]:
    if report.corrupt:
        place = (report.bad_file, report.bad_record, report.bad_offset)
        if report.excess_bytes:
            detail = f"{report.excess_bytes} bytes more than a file of it can have"
        else:
            what = "record" if report.bad_offset else "header"
            detail = f"the {what} does not match; {report.later_valid} valid records follow"
        return [_finding(name, *place, "damaged", detail)]
    if not report.torn_bytes and not report.missing_bytes:
        return []
    place = _end_of(directory, report)
    if report.torn_bytes:
        detail = f"{report.torn_bytes} bytes behind the last valid record"
        return [_finding(name, *place, "torn", detail)]
    detail = f"{report.missing_bytes} bytes fewer than the header says"
    return [_finding(name, *place, "short", detail)]


def _end_of(directory: Path, report: JournalReport) -> tuple[int, int, int]:
    """File, index and byte offset of the first slot that holds no valid record."""
    file_index, at = JournalReader(directory).locate(report.records)
    return file_index, report.records, HEADER_BYTES + at * EVENT.itemsize


def _check_source(name: str, report: JournalReport) -> list[Damage]:
    expected = Source.__members__.get(role_of(name).upper())
    if expected is None or report.corrupt or (report.source & 0xFF) == expected:
        return []
    detail = f"its header says source {report.source}"
    return [_finding(name, 0, 0, 0, "foreign", detail)]


def _check_starts(name: str, reader: JournalReader) -> list[Damage]:
    """A run's START tells how many records it found: more than lay behind the START before."""
    findings = []
    before = -1
    index = 0
    for chunk in reader.chunks():
        for at in np.flatnonzero(chunk["kind"] == Kind.START):
            here, told = index + int(at), int(chunk["aux"][at])
            if not before < told <= here:
                file_index, slot = reader.locate(here)
                place = (file_index, here, HEADER_BYTES + slot * EVENT.itemsize)
                detail = f"START at index {here} says {told}, the one before was at {before}"
                findings.append(_finding(name, *place, "order", detail))
            before = here
        index += len(chunk)
    return findings
