"""Lines that are taken together are judged as if each came alone."""

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pinnacle.capture import reading
from pinnacle.capture.check import check_capture
from pinnacle.core.errors import DataError
from pinnacle.venues.market.following import Following
from tests.capture.recordings import SYMBOLS, recording

#: What becomes of a line, by where it stands.
DAMAGE = st.tuples(
    st.sampled_from(["drop", "twice", "later", "digit", "cut", "note"]), st.integers(0, 30)
)


def damaged(lines, damages):
    for what, at in damages:
        at %= len(lines)
        line = lines[at]
        if what == "drop" and len(lines) > 1:
            del lines[at]
        elif what == "twice":
            lines.insert(at, line)
        elif what == "later":
            lines.insert((at + 3) % len(lines), lines.pop(at))
        elif what == "digit":
            head, digit, rest = line.rpartition(b"2")
            lines[at] = head + digit.replace(b"2", b"7") + rest
        elif what == "cut":
            lines[at] = line[: len(line) * 3 // 4] + b"\n"
        elif what == "note":
            lines.insert(at, b'{"event":"heartbeat"}\n')
    return lines


def judged(path):
    """All that a check says of a recording."""
    try:
        check = check_capture(path)
    except DataError as error:
        return str(error)
    reports = [msgspec.to_builtins(report) | {"seconds": 0} for report in check.reports]
    books = [book.snapshot(0).tobytes() for book in check.books]
    return (
        reports,
        list(check.words),
        books,
        str((check.stream.tallies, check.stream.own)),
        check.stream.frames,
    )


@pytest.mark.parametrize("venue", sorted(SYMBOLS))
def test_a_damaged_recording_is_judged_as_line_by_line_and_part_by_part(venue, tmp_path_factory):
    path = tmp_path_factory.mktemp("capture") / "capture.txt"

    @settings(max_examples=60)
    @example([("cut", 1), ("note", 0), ("cut", 0)])
    @given(st.lists(DAMAGE, max_size=5))
    def same(damages):
        path.write_bytes(b"".join(damaged(recording(venue), damages)))
        together = judged(path)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "FRAMES_MAX", 1)
            alone = judged(path)
            patch.setattr(Following, "go", lambda *_: 0)
            assert (together, alone) == (alone, judged(path))

    same()
