"""What the machine is out of is nobody's damage: no journal is blamed for it."""

import contextlib
import os
import resource

import pytest

from pinnacle.core.errors import ShortageError
from pinnacle.replay.evidence import open_evidence
from pinnacle.replay.health import check_journal, damage_of
from pinnacle.replay.summary import summarise


@contextlib.contextmanager
def no_more_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.open("/", os.O_RDONLY)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    "look",
    [
        open_evidence,
        lambda session: check_journal("feed", session / "feed"),
        lambda session: damage_of("feed", session / "feed"),
        lambda session: summarise("feed", session / "feed", 1, lambda n: None),
    ],
    ids=["evidence", "health", "bytes", "summary"],
)
def test_a_journal_is_not_unreadable_because_no_more_files_can_be_opened(session, look):
    with no_more_files(), pytest.raises((OSError, ShortageError), match="Too many open files"):
        look(session)
    look(session)
