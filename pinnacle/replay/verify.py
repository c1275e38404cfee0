"""Does a session's past repeat itself, and do its journals tell of one and the same session?

Four things make a session identical: every journal is there, whole, and of the configuration, the
instruments and the build that it is verified with; both ends of every ring hold the same records;
every logic, run again over its inputs, makes its recorded decisions; and there were decisions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from pinnacle.core.errors import DataError, UsageError, is_shortage
from pinnacle.core.instruments import Instrument, read_list
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.replay.batches import check_batches, check_published
from pinnacle.replay.ends import check_ends
from pinnacle.replay.evidence import Evidence, open_evidence
from pinnacle.replay.health import check_bytes, check_journal
from pinnacle.replay.links import compare
from pinnacle.replay.logics import Decider, Session
from pinnacle.replay.market_links import TakenMarket, compare_tops
from pinnacle.replay.readable import name_of
from pinnacle.replay.runs import Finding, finding
from pinnacle.replay.venue_link import VenueLink
from pinnacle.runtime.decision_log import Difference, LogReplay

Progress = Callable[[str, int, int], None]
#: What compares the journals of a writer and a reader.
Step = Callable[[Evidence, Evidence], list[Finding]]

#: Records after which an exchange's market is looked at, so that it never all stands in memory.
_STEP = 8192


@dataclass
class Verification:
    """What a verification found; `identical` is what counts."""

    session: str
    journals: dict[str, int] = field(default_factory=dict)
    #: How each process ended: in order, early (killed, or the machine went down), or not yet.
    ends: dict[str, str] = field(default_factory=dict)
    damage: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    decisions: int = 0
    difference_count: int = 0
    differences: list[dict[str, Any]] = field(default_factory=list)

    @property
    def identical(self) -> bool:
        return not self.damage and not self.findings and not self.difference_count

    def as_dict(self) -> dict[str, Any]:
        return {
            "identical": self.identical,
            "session": self.session,
            "decisions": self.decisions,
            "differences": self.difference_count,
            "first": self.differences[:1],
            "details": self.differences,
            "journals": self.journals,
            "ends": self.ends,
            "damage": self.damage,
            "findings": self.findings,
        }


def verify_session(
    paths: SessionPaths, progress: Progress | None = None, *, other_build: bool = False
) -> Verification:
    """Hold a session's journals against each other, and repeat every decision.

    `other_build`: it may have been written by another build than this one. UsageError if there is
    no such directory, DataError if it is no session's, ConfigError or LayoutError if its
    configuration or its instruments cannot be read; what is wrong with its journals is in the
    result.
    """
    if not paths.data.is_dir():
        raise UsageError(f"{paths.data}: no such directory")
    if not paths.config.exists() or not paths.instrument_list.exists():
        raise DataError(f"{paths.data}: not a session's folder (config.toml, instruments.json)")
    session = Session(paths.config, read_list(paths.instrument_list))
    told: Progress = progress or (lambda what, done, total: None)
    found = Verification(session=str(paths.data))
    journals, found.findings = open_evidence(paths.data, session.topology.journalled)
    found.journals = {name: journal.given_stop for name, journal in journals.items()}
    for name, journal in journals.items():
        found.damage += _damage(name, journal)
    found.findings += _names(journals) + _origins(journals, session, other_build)
    found.findings += _rings(journals, session)
    if session.configured != session.instruments:
        detail = f"{paths.config} has other instruments than {paths.instrument_list.name}"
        found.findings.append(finding(session.journal_of("exchange"), 0, "configuration", detail))
    found.ends, problems = check_ends(journals, session.topology)
    found.findings += problems
    for name, journal in journals.items():
        if journal.role == "feed":
            published = session.topology.process(name).instruments
            found.findings += check_published(journal, published)
        else:
            found.findings += check_batches(journal, len(session.instruments))
    _compare_links(found, journals, session, told)
    if session.configured == session.instruments:
        _repeat_all(found, journals, session, told)
    if not found.decisions:
        found.findings.append(
            finding(session.journal_of("strategy"), 0, "empty", "no decision: nothing is verified")
        )
    return found


def _damage(name: str, journal: Evidence) -> list[dict[str, Any]]:
    if journal.reader.report.torn_bytes:
        # Perhaps a record that was being written: looked at once more.
        return check_journal(name, journal.directory)
    return check_bytes(name, journal.directory, journal.reader.report)


def _names(journals: dict[str, Evidence]) -> list[Finding]:
    names = {name: journal.reader.name for name, journal in journals.items() if journal.given_stop}
    if len(set(names.values())) < 2:
        return []
    return [finding(name, 0, "foreign", f"of session {of!r}") for name, of in names.items()]


def _rings(journals: dict[str, Evidence], session: Session) -> list[Finding]:
    """Every run read the rings of the processes that the session has for it."""
    problems = []
    for name, journal in journals.items():
        process = session.topology.process(name)
        writers = {ring.writer.source for ring in session.topology.reads(process)}
        for run in journal.runs:
            attached = {number for is_output, number in run.attached if not is_output}
            for source in sorted(attached - writers):
                detail = f"a ring of source {source}, which writes none that {name} reads"
                problems.append(finding(name, run.start, "start", detail))
    return problems


def _origins(journals: dict[str, Evidence], session: Session, other_build: bool) -> list[Finding]:
    """Every run was made from what lies beside the journals, by this build."""
    problems = []
    for name, journal in journals.items():
        here = session.origin(name)
        for run in journal.runs:
            if not all(run.origin):  # none is ever 0
                detail = "START does not tell from what the run was made: it cannot be checked"
                problems.append(finding(name, run.start, "origin", detail))
                continue
            for part in here.differing(run.origin):
                if part == "build" and other_build:
                    continue
                # How a feed reaches its venue may change between runs: nothing is decided by it.
                if part == "configuration" and journal.role == "feed":
                    continue
                detail = f"the run was made from another {part} than what is here"
                if part == "build":
                    detail = "the run is of another build than this one (see --other-build)"
                problems.append(finding(name, run.start, part, detail))
    return problems


def _compare_links(
    found: Verification, journals: dict[str, Evidence], session: Session, told: Progress
) -> None:
    topology = session.topology
    steps: list[tuple[str, str, Step]] = []
    for ring in topology.rings:
        if ring.route is not None:
            output = topology.gives(ring.writer).index(ring)
            step: Step = partial(compare, ring, output)
        elif ring.writer.role == "feed":
            step = partial(_taken, session.shared(ring.writer, ring.reader))
        else:
            continue  # a simulated market is made again to be compared
        steps.append((ring.writer.name, ring.reader.name, step))
    for feed in topology.of_role("feed"):
        judged = partial(_judged, session.of(feed.instruments))
        steps.append((feed.name, topology.of_role("risk")[0].name, judged))
    for i, (writer, reader, step) in enumerate(steps):
        if writer in journals and reader in journals:
            found.findings += step(journals[writer], journals[reader])
        told("rings", i + 1, len(steps))


def _taken(instruments: Sequence[Instrument], feed: Evidence, reader: Evidence) -> list[Finding]:
    return TakenMarket(reader, feed, instruments).compare()


def _judged(instruments: Sequence[Instrument], feed: Evidence, risk: Evidence) -> list[Finding]:
    return compare_tops(risk, feed, instruments)


def _repeat_all(
    found: Verification, journals: dict[str, Evidence], session: Session, told: Progress
) -> None:
    for process in session.topology.journalled:
        if process.role == "feed" or process.name not in journals:
            continue
        decider = session.decider(process)
        again = _Repeated(found, journals[process.name], decider, session.instruments, told)
        made, feed = again.steps(), session.feed_of(process)
        if feed is not None and feed.name in journals:
            here = session.of(process.instruments)
            found.findings += VenueLink(journals[feed.name], here, made).compare()
        for _ in made:
            pass


class _Refused(Exception):
    """A batch on which the logic does not decide."""


class _Repeated:
    """One process's logic over its own journal, up to its end or the first damage."""

    def __init__(
        self,
        found: Verification,
        journal: Evidence,
        decider: Decider,
        instruments: list[Instrument],
        told: Progress,
    ):
        self._found = found
        self._journal = journal
        self._decider = decider
        self._instruments = instruments
        self._told = told
        self._market: list[np.ndarray] = []

    def steps(self) -> Iterator[np.ndarray]:
        """Run on; yields the market that an exchange's logic makes."""
        journal = self._journal
        replay = LogReplay(self._decide, journal.source)
        index = 0
        try:
            for rows in journal.reader.chunks(0, journal.given_stop, _STEP):
                replay.feed(rows, index)
                index += len(rows)
                self._told(journal.name, index, journal.given_stop)
                if self._market:
                    yield np.concatenate(self._market)
                    self._market.clear()
            self._finish(replay, index)
        except _Refused as refused:
            self._found.findings.append(finding(journal.name, index, "refused", str(refused)))
        self._count(replay)

    def _decide(self, events: Any, n: int) -> np.ndarray:
        if n > self._decider.batch_max:
            raise _Refused(
                f"a batch of {n} records, and the process takes {self._decider.batch_max}"
            )
        logic = self._decider.logic
        try:
            decisions = logic.decided(events, n)
        except (Exception, SystemExit) as error:
            if is_shortage(error):
                raise
            raise _Refused(f"the logic ends by itself: {error!r}") from None
        made: np.ndarray | tuple[()] = getattr(logic, "market", ())
        if isinstance(made, np.ndarray) and len(made):
            self._market.append(made)
        return decisions

    def _finish(self, replay: LogReplay, index: int) -> None:
        """A process that was killed may leave its last batch open, or undecided, and no other."""
        opened = sum(map(len, replay.open_inputs))
        if opened > self._decider.batch_max:
            detail = f"{opened} records without the end of their batch"
            self._found.findings.append(finding(self._journal.name, index - opened, "open", detail))
        if self._journal.ended:
            replay.finish(index)

    def _count(self, replay: LogReplay) -> None:
        found = self._found
        found.decisions += replay.decisions
        found.difference_count += replay.difference_count
        found.differences += [
            _described(self._journal.name, d, self._instruments) for d in replay.differences
        ]


def _described(role: str, difference: Difference, instruments: list[Instrument]) -> dict[str, Any]:
    """A difference with what a person needs to find it and to understand it."""
    return {
        "journal": role,
        "record": difference.index,
        "fields": difference.fields(),
        "recorded": _readable(difference.recorded, instruments),
        "expected": _readable(difference.expected, instruments),
    }


def _readable(row: np.void | None, instruments: list[Instrument]) -> dict[str, Any] | None:
    if row is None:
        return None
    number = int(row["instrument_id"])
    known = instruments[number] if number < len(instruments) else None
    return {
        "kind": name_of(Kind, int(row["kind"])).upper(),
        "instrument": known.label if known else number,
        "side": name_of(Side, int(row["side"])).upper(),
        "price": known.price_text(int(row["price"])) if known else int(row["price"]),
        "quantity": known.quantity_text(int(row["quantity"])) if known else int(row["quantity"]),
        "order_id": int(row["order_id"]),
        "reason": name_of(Reason, int(row["reason"])).upper(),
        "clock_ns": int(row["recv_ns"]),
        "caused_by_ns": int(row["venue_ns"]),
    }
