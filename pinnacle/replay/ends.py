"""How each process of a session ended, and whether the others agree.

A journal that does not close with END ends early: its process was killed, or its tail was cut. The
two look alike in the journal itself. They do not in the journals of the peers that watched it: they
saw it go, and whether in order.
"""

from pinnacle.replay.evidence import Evidence
from pinnacle.replay.runs import Finding, finding
from pinnacle.runtime.topology import Topology

#: Peers give a process up 0.5 s after its heart stopped, and look 50 times a second.
MISSED_AFTER_NS = 2_000_000_000


def check_ends(
    journals: dict[str, Evidence], topology: Topology
) -> tuple[dict[str, str], list[Finding]]:
    """(how each ended, what contradicts it)."""
    ends: dict[str, str] = {}
    problems: list[Finding] = []
    for name, journal in journals.items():
        if journal.ended:
            ends[name] = "in order"
        elif journal.live:
            ends[name] = "not yet"
        else:
            ends[name] = "early"
            mine = topology.process(name)
            watchers = [p.name for p in topology.journalled if mine in topology.peers(p)]
            problems += _missed(journal, [journals.get(other) for other in watchers])
    return ends, problems


def _missed(journal: Evidence, watchers: list[Evidence | None]) -> list[Finding]:
    """What the peers know of records that are not there."""
    for watcher in filter(None, watchers):
        losses = watcher.losses.get(journal.source, ())
        seen = [in_order for at, in_order in losses if at >= journal.last_ns]
        went_on_ns = _until(watcher, journal.last_ns) - journal.last_ns
        if any(seen):
            detail = f"its end is missing: {watcher.name} saw it end in order"
        elif not seen and went_on_ns > MISSED_AFTER_NS:
            detail = (
                f"its end is missing: {watcher.name} went on for {went_on_ns / 1e9:.1f} s and "
                "missed nobody"
            )
        else:
            continue
        return [finding(journal.name, journal.given_stop, "cut", detail)]
    return []


def _until(watcher: Evidence, at_ns: int) -> int:
    """How long the run that there was at a time went on; that time if there was none."""
    before = [run for run in watcher.runs if run.recv_ns <= at_ns]
    if not before:
        return at_ns
    behind = watcher.runs[len(before) :]
    stop = behind[0].told if behind else before[-1].stop
    return int(watcher.reader[stop - 1]["recv_ns"])
