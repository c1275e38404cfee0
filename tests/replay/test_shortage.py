"""What the machine is out of is nobody's damage: no journal is blamed for it."""

import contextlib
from pathlib import Path

import pytest

from pinnacle.capture.reading import read_capture
from pinnacle.core.errors import PinnacleError, StrategyError, is_shortage
from pinnacle.core.instruments import read_list
from pinnacle.core.journal_reader import is_written
from pinnacle.core.paths import SessionPaths
from pinnacle.core.toml import read_toml
from pinnacle.replay.evidence import open_evidence
from pinnacle.replay.health import check_journal, damage_of
from pinnacle.replay.recording import Recording
from pinnacle.replay.summary import summarise
from pinnacle.replay.verify import verify_session
from pinnacle.session.ending import read_ending
from pinnacle.strategy.market_maker import MarketMaker
from tests.replay.few_files import files_left
from tests.seats import topology_of

LOOKS = {
    "evidence": lambda session: open_evidence(session, topology_of().journalled),
    "health": lambda session: check_journal("feed", session / "feed"),
    "bytes": lambda session: damage_of("feed", session / "feed"),
    "summary": lambda session: summarise("feed", session / "feed", 1, lambda n: None),
    "instruments": lambda session: read_list(session / "instruments.json"),
    "configuration": lambda session: read_toml(session / "instruments.json"),
    "an ending": lambda session: read_ending(SessionPaths(session, session)),
    "who writes": lambda session: is_written(session / "feed"),
    "a capture": lambda session: list(read_capture(session / "instruments.json")),
    "names of a file": lambda session: Recording.open(session).instruments,
}


@pytest.mark.parametrize("left", [0, 1, 2])
@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_unreadable_because_no_more_files_can_be_opened(session, look, left):
    """Whatever the look says with all the files that it wants, it says or calls it a shortage."""
    with contextlib.suppress(PinnacleError):
        LOOKS[look](session)
    with files_left(left):
        try:
            LOOKS[look](session)
        except (OSError, PinnacleError) as error:
            told = error
        else:
            told = None
    if left == 0 or is_shortage(told or Exception()):
        assert told is not None and "Too many open files" in str(told)
        assert is_shortage(told)
    else:
        assert "Too many open files" not in str(told)


def test_a_strategy_that_lacks_memory_is_no_forgery(original, monkeypatch):
    def hook(self, market):
        raise MemoryError

    monkeypatch.setattr(MarketMaker, "on_book", hook)
    with pytest.raises(StrategyError, match="MemoryError"):
        verify_session(SessionPaths(Path(), original))
