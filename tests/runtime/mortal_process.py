"""A process between two rings that can die at any step of its turn, and a logic for it."""

import numpy as np

from pinnacle.core.bell import Bell, create_bell
from pinnacle.core.journal import Journal
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EVENT, EventBuffer, Flag, Kind, Source, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.runtime.decision_log import recover
from pinnacle.runtime.stage import Input, Output, Route, Stage, kind_mask
from tests.records import ORIGIN, event


class Doubler:
    """Logic with state: for every NEW, a NEW with the running sum of quantities."""

    def __init__(self, offset=0):
        self.total = offset
        self.out = EventBuffer(4096)

    def decided(self, events, n):
        made = 0
        for i in range(n):
            if events[i].kind == Kind.NEW:
                self.total += events[i].quantity
                row = self.out.array[made]
                row.fill(0)
                row["kind"] = Kind.NEW
                row["quantity"] = self.total
                row["order_id"] = events[i].order_id
                made += 1
        return self.out.array[:made]


class World:
    """A process between two rings, that can die between any two steps and come back."""

    per_file = 4096

    def __init__(self, folder):
        self.folder = folder
        for name in ("in", "out"):
            create_ring(folder / f"{name}.ring", 1024, name)
        create_bell(folder / "next.process", "next")
        self.feeder = RingWriter(folder / "in.ring")
        self.taker = RingReader(folder / "out.ring")
        self.sent = 0
        self.start()

    def start(self, logic=None):
        self.logic = logic or Doubler()
        self.start_stage()
        self.recover()

    def recover(self, **how):
        self.found = recover(self.stage, self.logic.decided, 1, ORIGIN, **how)

    def start_stage(self, *, resent=True):
        self.journal = Journal.open(
            self.folder / "journal", "test", Source.RISK, self.per_file, 0, 0
        )
        self.stage = Stage(
            self.journal,
            Source.RISK,
            [Input(RingReader(self.folder / "in.ring"), Source.STRATEGY)],
            [
                Output(
                    RingWriter(self.folder / "out.ring"),
                    Bell(self.folder / "next.process", Mode.SHARED),
                    Route(kind_mask((Kind.NEW,))),
                    resent,
                )
            ],
            1_000_000,
        )
        self.batch = EventBuffer(256)

    def die(self):
        """Everything private is gone; rings and journal stay as they are."""
        self.journal.close()
        self.stage.inputs[0].ring.close()
        self.stage.outputs[0].ring.close()

    def send(self, n):
        rows = np.zeros(n, EVENT)
        rows["kind"] = Kind.NEW
        rows["source"] = Source.STRATEGY
        rows["order_id"] = np.arange(self.sent + 1, self.sent + n + 1)
        rows["quantity"] = rows["order_id"] * 3
        rows["recv_ns"] = rows["order_id"] * 1000
        self.feeder.push_all(events_pointer(rows), n)
        self.sent += n

    def turn(self, until="end"):
        n = self.stage.take(self.batch, 0)
        if until == "taken" or n == 0:
            return
        decided = self.logic.decided(self.batch.cdata, n)
        if until == "journalled":
            stamped = decided.copy()
            stamped["source"] = Source.RISK
            stamped["recv_ns"] = self.stage.clock_ns
            stamped["flags"] |= np.uint8(Flag.DECISION)
            self.journal.append(events_pointer(stamped), len(stamped))
            return
        self.stage.give(events_pointer(decided), len(decided))

    def die_before_giving(self, n):
        """In a turn of n records whose decisions are journalled and handed on to nobody."""
        self.send(n)
        self.turn(until="journalled")
        self.die()

    def turn_at(self, recv_ns):
        """A turn with one record of that time."""
        row = event(Kind.NEW, source=Source.STRATEGY, quantity=1, recv_ns=recv_ns)
        self.feeder.push_all(events_pointer(row), 1)
        self.turn()

    def received(self):
        out = EventBuffer(4096)
        n = self.taker.take(out.cdata, 4096)
        self.taker.release()
        return out.array[:n].copy()
