"""What every process of a session does besides its own work.

It claims its process segment (one owner, an epoch, a heartbeat), opens its counters
and its journal, watches its peers, answers SIGTERM, keeps the service manager informed, and starts
the thread that does what hot loops must not: making journal files, syncing them.
"""

import os
import resource
import signal
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell, Control, ProcessState, Wait
from pinnacle.core.clock import Clock, asleep_ns, monotonic_ns, wall_ns
from pinnacle.core.counters import Counters
from pinnacle.core.errors import NativeError
from pinnacle.core.instruments import read_table
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.ring import RingReader
from pinnacle.core.schema import EventBuffer, Kind, Reason, in_words
from pinnacle.core.segment import Mode
from pinnacle.runtime.checkpoint import Checkpoints
from pinnacle.runtime.commands import Commands, Handler
from pinnacle.runtime.decision_log import Logic, recover
from pinnacle.runtime.notify import Notifier
from pinnacle.runtime.origin import Origin
from pinnacle.runtime.orphan import OrphansEnd, orphaned
from pinnacle.runtime.peers import Peers
from pinnacle.runtime.placement import beside, lock_mapped_files, pin_to_core
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage

TURN_NS = 10_000_000
HOUSEKEEPING_NS = 20_000_000
TIMER_NS = 50_000_000
GIVE_WAIT_NS = 200_000_000
#: What the two clocks that tell a suspended machine may differ by without one.
SLEEP_NS = 1_000_000
#: How much longer than it was given a start may take, as long as it goes on.
EXTENSION_NS = 30_000_000_000


class Runtime:
    """The frame of one process; a context manager. `own_inputs` feeds its input log."""

    def __init__(self, seat: Seat):
        self.seat = seat
        self.source, self.paths, self.log = seat.process.source, seat.paths, seat.log
        name, paths, config, log = seat.process.name, seat.paths, seat.config, seat.log
        self.stopping = False
        self.journal: Journal | None = None
        self.clock = Clock()
        self._memory_locked = config.lock_memory
        self._cpu, self._allowed = config.cpu, os.sched_getaffinity(0)
        self._pin(config.cpu)
        self._journal_wanting = ""
        self.bell = Bell(paths.process(name), Mode.OWN)
        # The monitor may run as a user who is not allowed to write it.
        self._watching = seat.process.role == "monitor"
        self.control = Control(paths.control, Mode.READ if self._watching else Mode.SHARED)
        self.clock.anchor(*self.control.start)
        self._steps_told, self._asleep_ns = 0, asleep_ns()
        #: How often the machine was suspended meanwhile.
        self.suspensions = 0
        self.counters = Counters(paths.counters(name), self._no_counter)
        self.notifier = Notifier()
        if self.notifier.trouble:
            log.warning("the service manager's watchdog", error=self.notifier.trouble)
        self.epoch = self.bell.segment.epoch
        #: The session's, by id, and those that this process has to do with.
        self.instruments = read_table(paths.instruments)
        self.mine = [self.instruments[i] for i in seat.process.instruments]
        peers = seat.topology.peers(seat.process)
        self._peers = Peers({peer.source: Bell(paths.process(peer.name)) for peer in peers})
        # Whoever started this process would end it in order; without it, nobody will.
        self._orphans_end = OrphansEnd(seat.process, seat.topology, paths)
        self._stage: Stage | None = None
        self._misstamped_told = 0
        self._peer_news: list[tuple[Kind, int, Reason]] = []
        self._commands: Commands | None = None
        self._told: list[dict[str, int]] = []
        self._killed: int | None = None  # unknown: what the log says last may be another run's
        self._housekeeping_ns = self._timer_ns = self._watchdog_ns = 0
        self._stop_logged = False
        self._wait_kind = Wait[config.wait.upper()]
        self._spin_ns = config.spin_us * 1000
        self.loop: Any = ffi.new("struct pmm_loop *")
        self.loop.bell = self.bell.handle
        self.loop.control = self.control.handle
        self.loop.clock = self.clock.cdata
        self.loop.wait = self._wait_kind
        self.loop.spin_ns = self._spin_ns

    def __enter__(self) -> "Runtime":
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        self.bell.set_state(ProcessState.STARTING)
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.notifier.stopping()
        if error is not None and not self._watching:
            # Whoever dies for a reason takes the quotes with it.
            self.control.kill(_kill_reason(error))
        if self.journal is not None:
            self.journal.close()
        if self._commands is not None:
            self._commands.close()
        self.bell.close()
        self.counters.close()
        self.control.close()
        self._peers.close()
        self.notifier.close()
        self._orphans_end.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _no_counter(self, label: str) -> None:
        self.log.warning("no room for a counter: it is not shown", label=label)

    def _pin(self, cpu: int) -> None:
        why = pin_to_core(cpu) if cpu >= 0 else ""
        if why:
            self.log.warning("cannot pin to core", cpu=cpu, error=why)

    def _lock_memory(self) -> None:
        pinned, why = lock_mapped_files(self.paths.runtime)
        if why:
            limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
            self.log.warning("cannot lock memory", pinned=pinned, limit=limit, error=why)
        else:
            self.log.info("memory locked", pinned=pinned)

    def open_journal(self) -> Journal:
        """This process's journal, recovered if it was cut short."""
        config = self.seat.journal
        self.bell.set_state(ProcessState.RECOVERING)
        self.journal = Journal.open(
            self.paths.journal(self.seat.process.name),
            self.paths.data.name,
            self.source,
            config.records_per_file,
            Sync[config.sync.upper()],
            config.sync_interval_ms * 1_000_000,
        )
        if self.journal.torn_bytes:
            self.log.warning("cut a torn tail", bytes=self.journal.torn_bytes)
        with beside(self._cpu, self._allowed):
            self.journal.keep()
        return self.journal

    def recover(self, stage: Stage, logic: Logic, origin: Origin, checkpoint_s: int) -> Checkpoints:
        """Take up what this process was: see decision_log.recover. Its checkpoints.

        They are written off its core. The stage's stamps are looked at from here on.
        """
        self._stage = stage
        with beside(self._cpu, self._allowed):
            checkpoints = Checkpoints(stage, logic, origin, checkpoint_s, self.log)
        found = recover(
            stage,
            logic.decided,
            self.epoch,
            origin,
            checkpoints=checkpoints,
            progress=self.progress,
        )
        if found.records:
            self.log.info("recovered", **vars(found))
        return checkpoints

    def wait_on(self, *rings: RingReader) -> None:
        """The rings that wake this process."""
        self.bell.watch(rings)
        self.loop.ring_count = len(rings)
        for i, ring in enumerate(rings):
            self.loop.rings[i] = ring.handle

    def progress(self) -> None:
        """The journal's replay goes on: nobody need think that this process hangs."""
        self.bell.progress()
        now = monotonic_ns()
        if now - self._watchdog_ns >= EXTENSION_NS // 10:
            self._watchdog_ns = now
            self.notifier.extend(EXTENSION_NS // 1_000_000_000)
            self.notifier.watchdog()

    def listen(self, handlers: Mapping[str, Handler]) -> None:
        """From here on the session's owner may tell this process these words."""
        self._commands = Commands(
            self.paths, self.seat.process.name, handlers, self.log, lambda: bool(self._told)
        )

    def log_told(self, kind: Kind, **fields: int) -> None:
        """What was told becomes a record of the process's own, in the next batch."""
        self._told.append({"kind": kind} | fields)

    def ready(self, status: str) -> None:
        """Recovered and attached: peers may count on this process."""
        if self._memory_locked:
            self._lock_memory()
        self.bell.set_state(ProcessState.READY)
        self.notifier.ready(status)
        self.log.info("ready", status=status, epoch=self.epoch)

    def wait(self, timeout_ns: int = TURN_NS) -> bool:
        """Until a ring has a record or the timeout; the heart beats."""
        return self.bell.wait(self._wait_kind, self._spin_ns, timeout_ns)

    def span(self) -> Any:
        """struct pmm_loop * for turns in C until housekeeping, a signal or the kill switch."""
        self.loop.until_ns = monotonic_ns() + HOUSEKEEPING_NS
        self.loop.killed = self._killed or 0
        return self.loop

    def own_inputs(self, batch: EventBuffer, n: int = 0, *, timer: bool = True) -> int:
        """Housekeeping, and the records it adds behind the batch's first n; the new count.

        HALT and RESUME as the kill word changes, PEER_LOST and PEER_BACK, STOP once after SIGTERM,
        and a TIMER every 50 ms so that the log's clock moves without a market.
        """
        now = monotonic_ns()
        n = self._kill_changes(batch, n)
        if now - self._housekeeping_ns >= HOUSEKEEPING_NS:
            self._housekeeping_ns = now
            self._housekeep(now)
            n = self._peer_changes(batch, n)
            n = self._what_was_told(batch, n)
        if self.stopping and not self._stop_logged:
            self._stop_logged = True
            n = self._own(batch, n, Kind.STOP, 0)
        if timer and now - self._timer_ns >= TIMER_NS:
            self._timer_ns = now
            n = self.tick(batch, n)
        return n

    def tick(self, batch: EventBuffer, n: int) -> int:
        """A TIMER behind n own records: the log's clock is now. The new count.

        It holds what both of the kernel's clocks say, so that what they did is on record.
        """
        n = self._own(batch, n, Kind.TIMER, wall_ns())
        batch.cdata[n - 1].order_id = monotonic_ns()
        return n

    def housekeep(self) -> None:
        """For processes without an input log: the kill word that ends a span, beats, watchdog."""
        self._killed = self.control.killed()
        now = monotonic_ns()
        if now - self._housekeeping_ns >= HOUSEKEEPING_NS:
            self._housekeeping_ns = now
            self._housekeep(now)
            self._peer_news.clear()

    def _housekeep(self, now: int) -> None:
        self.bell.segment.beat()
        self._look_at_clocks()
        if not self.stopping and orphaned():
            self._end_as_orphan(now)
        if self.journal is not None:
            self._look_at_journal(self.journal)
        self._look_at_peers()
        if self._commands is not None:
            self._look_at_commands(self._commands)
        interval = self.notifier.watchdog_interval_ns
        if interval and now - self._watchdog_ns >= interval:
            self._watchdog_ns = now
            self.notifier.watchdog()

    def _look_at_clocks(self) -> None:
        self.clock.recalibrate()
        if self.clock.steps != self._steps_told:
            self._steps_told = self.clock.steps
            self._tell_step()
            self.counters.show(clock_steps=self.clock.steps)
        misstamped = self._stage.misstamped if self._stage is not None else 0
        if misstamped != self._misstamped_told:
            self._misstamped_told = misstamped
            self.log.error("records ahead of session time were stamped anew", records=misstamped)
            self.counters.show(misstamped=misstamped)

    def _tell_step(self) -> None:
        """The wall clock was set; or it went on while the machine, and session time, stood."""
        asleep = asleep_ns()
        slept_ns, self._asleep_ns = asleep - self._asleep_ns, asleep
        if slept_ns >= SLEEP_NS:
            self.suspensions += 1
            what = f"the machine was suspended for {slept_ns / 1e9:.3f} s; session time stood still"
        else:
            set_by_s = self.clock.step_ns / 1e9
            what = f"the wall clock was set by {set_by_s:+.3f} s; session time goes on"
        self.log.warning(what, session_behind_s=round(self.clock.wall_ahead_ns / 1e9, 3))

    def _end_as_orphan(self, now: int) -> None:
        if not self._orphans_end.begun:
            self.log.warning("the supervisor is gone: the session ends")
            self._orphans_end.begin(now)
        self.stopping = self._orphans_end.due(now)

    def _look_at_journal(self, journal: Journal) -> None:
        journal.raise_if_failed()
        why = journal.wanting
        if why and why != self._journal_wanting:
            self.log.warning("the journal's next file cannot be made yet", error=why)
        self._journal_wanting = why

    def _look_at_peers(self) -> None:
        for peer, lost, first in self._peers.look():
            ended = lost and self._peers.left(peer)
            if not first:
                tell = self.log.warning if lost and not ended else self.log.info
                what = "peer ended" if ended else "peer lost" if lost else "peer back"
                tell(what, peer=self.seat.topology.of_source(peer).name)
            why = Reason.SHUTDOWN if ended else Reason.NONE
            self._peer_news.append((Kind.PEER_LOST if lost else Kind.PEER_BACK, peer, why))

    def _kill_changes(self, batch: EventBuffer, n: int) -> int:
        killed = self.control.killed()
        if killed != self._killed:
            kind = Kind.HALT if killed else Kind.RESUME
            if killed or self._killed is not None:
                self.log.warning(_trading(killed))
            self._killed = killed
            n = self._own(batch, n, kind, 0, reason=killed)
        return n

    def _peer_changes(self, batch: EventBuffer, n: int) -> int:
        for kind, peer, why in self._peer_news:
            n = self._own(batch, n, kind, peer, why)
        self._peer_news.clear()
        return n

    def _look_at_commands(self, commands: Commands) -> None:
        before = (commands.answered, commands.malformed)
        commands.look()
        if (commands.answered, commands.malformed) != before:
            self.counters.show(commands=commands.answered, bad_commands=commands.malformed)

    def _what_was_told(self, batch: EventBuffer, n: int) -> int:
        for fields in self._told:
            n = self._own(batch, n, Kind(fields["kind"]), 0)
            for name, value in fields.items():
                setattr(batch.cdata[n - 1], name, value)
        self._told.clear()
        return n

    def end(self, records: np.ndarray) -> None:
        """Say in the journal, with run_marks.end_records, and to the peers: it ends in order."""
        if self.journal is not None:
            self.journal.append_array(records)
        self.bell.set_state(ProcessState.STOPPING)

    def lost(self, peer: int) -> bool:
        """Whether the peer was gone at the last look."""
        return self._peers.lost(peer)

    def _own(self, batch: EventBuffer, n: int, kind: Kind, aux: int, reason: int = 0) -> int:
        row = batch.cdata[n]
        ffi.memmove(ffi.addressof(row), _ZERO, ffi.sizeof("struct pmm_event"))
        row.recv_ns = self.clock.session_ns()
        row.kind = kind
        row.aux = aux
        row.reason = reason
        row.source = self.source
        row.instrument_id = lib.PMM_INSTRUMENT_ALL
        return n + 1


_ZERO = bytes(64)


def _kill_reason(error: BaseException) -> Reason:
    """Why trading stops when a process ends with an error."""
    code = error.code if isinstance(error, NativeError) else 0
    if code == lib.PMM_ERR_SYSTEM:
        return Reason.JOURNAL
    return Reason.BACK_PRESSURE if code == lib.PMM_ERR_FULL else Reason.PEER_LOST


def _trading(killed: int) -> str:
    if not killed:
        return "trading is allowed again"
    return f"trading is halted ({in_words(Reason(killed))}) until `pinnacle resume`"
