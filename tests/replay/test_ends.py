"""How a process ended, by its own journal and by those of the peers that watched it."""

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Source
from pinnacle.replay.ends import check_ends
from pinnacle.replay.evidence import Evidence
from pinnacle.runtime.topology import Process
from tests.replay.recorded import event, write_journal
from tests.seats import topology_of

SECONDS = 1000


def ends_of(tmp_path, simulated, without_loss=()):
    """Of a feed that was killed at once, and watchers that lost it and went on for nine seconds."""
    journals = {}
    for name in ("exchange", "feed", "strategy", "risk"):
        source = Source[name.upper()]
        rows = [event(Kind.START, 0, source=source, order_id=1)]
        if name != "feed" and name not in without_loss:
            rows.append(event(Kind.PEER_LOST, 1 * SECONDS, source=source, aux=Source.FEED))
        if name != "feed":
            rows.append(event(Kind.TIMER, 9 * SECONDS, source=source))
            rows.append(event(Kind.END, 9 * SECONDS, source=source, order_id=1))
        rows[-1]["flags"] = Flag.BATCH_END
        write_journal(tmp_path / name, source, np.concatenate(rows))
        journals[name] = Evidence(Process(name), tmp_path / name)
        journals[name].look()
    return check_ends(journals, topology_of(simulated=simulated))


def test_a_simulated_venue_watches_no_feed_and_cannot_miss_one(tmp_path):
    ends, problems = ends_of(tmp_path, simulated=True, without_loss=("exchange",))
    assert ends["feed"] == "early"
    assert problems == []


@pytest.mark.parametrize(
    ("simulated", "blind"), [(True, "strategy"), (True, "risk"), (False, "exchange")]
)
def test_a_watcher_that_went_on_and_missed_nobody_says_that_a_tail_was_cut(
    tmp_path, simulated, blind
):
    _, problems = ends_of(tmp_path, simulated, without_loss=(blind,))
    assert f"{blind} went on for 9.0 s and missed nobody" in problems[0]["detail"]
