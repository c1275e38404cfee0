"""What a scan of a journal's files says, told once more in plain Python.

Slow and without a thought for a writer that is at work: only what csrc/journal/journal.h and
csrc/journal/journal_scan.h promise of files that stand still.
"""

from functools import lru_cache

from pinnacle.core._native import lib
from pinnacle.core.journal_reader import HEADER_BYTES as HEADER
from pinnacle.core.schema import EVENT

RECORD = EVENT.itemsize
#: Files that a crash can leave unfinished: an end scan reads these whole.
NEWEST = lib.PMM_JOURNAL_OPEN_FILES


def number(content, at, size=8):
    return int.from_bytes(content[at : at + size], "little")


def table():
    """CRC32C's, reflected: RFC 3720, appendix B.4."""
    rows = list(range(256))
    for _ in range(8):
        rows = [row >> 1 ^ (0x82F63B78 if row & 1 else 0) for row in rows]
    return rows


TABLE = table()


@lru_cache(1 << 16)
def commit(identity, index, record):
    """A record's last four bytes: the checksum of its place and of the rest; never 0."""
    crc = 0xFFFFFFFF
    for byte in identity.to_bytes(8, "little") + index.to_bytes(8, "little") + record[:60]:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return (crc ^ 0xFFFFFFFF) or 1


class File:
    """One file as its bytes say; `good` holds every header page that a journal wrote."""

    def __init__(self, content, good):
        self.size = len(content)
        self.whole_header = content[:HEADER] in good
        body = content[HEADER:]
        self.excess = 0
        if self.whole_header:
            self.index, self.first, self.capacity = (number(content, at) for at in (24, 32, 40))
            self.identity, self.source = number(content, 16), number(content, 56, 2)
            self.excess = max(len(body) - self.capacity * RECORD, 0)
            body = body[: self.capacity * RECORD]
        whole = len(body) // RECORD
        self.records = [body[i * RECORD : (i + 1) * RECORD] for i in range(whole)]
        self.rest = body[whole * RECORD :]


class Oracle:
    """`report` is what pmm_journal_scan says of the files, or pmm_journal_scan_end."""

    def __init__(self, contents, good, ends_only):
        self.files = {i: File(content, good) for i, content in contents.items()}
        self.count = max(self.files) + 1
        self.ends_only = ends_only
        self.identity = self.bad = None
        self.next_first = 0
        names = "records unread torn_bytes missing_bytes excess_bytes later_valid"
        names += " identity source first_ns last_ns"
        self.report = dict.fromkeys(names.split(), 0) | {"corrupt": False, "files": self.count}
        self.report["bytes"] = sum(file.size for file in self.files.values())
        for i in range(self.count):
            if i in self.files:
                self._take(i, self.files[i])
            else:
                self._corrupt(i, self.next_first, 0)
        self.report["corrupt"] |= self.report["later_valid"] > 0
        place = self.bad if self.report["corrupt"] else (0, 0, 0)
        names = ("bad_file", "bad_record", "bad_offset")
        self.report |= dict(zip(names, place, strict=True))

    def _corrupt(self, *place):
        self.report["corrupt"] = True
        self.bad = self.bad or place

    def _valid(self, record, index):
        known = self.identity is not None
        return known and number(record, 60, 4) == commit(self.identity, index, record)

    def _take(self, i, file):
        report, first = self.report, self.next_first
        if file.whole_header and self.identity is None:
            self.identity = report["identity"] = file.identity
            report["source"] = file.source
        ours = file.whole_header and file.identity == self.identity
        if not ours or file.index != i or file.first != first:
            self._corrupt(i, first, 0)
        if ours:
            first, self.next_first = file.first, file.first + file.capacity
            there = len(file.records) * RECORD + len(file.rest)
            report["missing_bytes"] += file.capacity * RECORD - there
        else:
            self.next_first = first + len(file.records)
        behind = 0 if self.bad else self._prefix(i, file, first)
        if file.excess:
            if not report["excess_bytes"]:
                self.bad = None
            report["excess_bytes"] += file.excess
            self._corrupt(i, self.next_first, file.size - file.excess)
        if self.bad:
            self._tail(file, first, behind)

    def _prefix(self, i, file, first):
        """Takes the good records; how many there are in the file."""
        report, n = self.report, 0
        full = len(file.records) == file.capacity
        finished = self.ends_only and i + NEWEST < self.count and full
        if finished and self._valid(file.records[-1], self.next_first - 1):
            n = file.capacity
            report["unread"] = self.next_first
        else:
            while n < len(file.records) and self._valid(file.records[n], first + n):
                n += 1
        if n:
            report["last_ns"] = number(file.records[n - 1], 0)
            if first == 0:
                report["first_ns"] = number(file.records[0], 0)
        report["records"] = first + n
        if n < file.capacity:
            self.bad = (i, first + n, HEADER + n * RECORD)
        return n

    def _tail(self, file, first, behind):
        for n, record in enumerate(file.records[behind:], behind):
            self.report["torn_bytes"] += RECORD - record.count(0)
            self.report["later_valid"] += self._valid(record, first + n)
        self.report["torn_bytes"] += len(file.rest) - file.rest.count(0)
