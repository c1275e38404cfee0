"""Each decision goes to the outputs that want its kind, its instrument and its order's owner."""

import random

import numpy as np
import pytest

from pinnacle.core._native import lib
from pinnacle.core.journal import Journal
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import INSTRUMENT_ALL, EventBuffer, Kind, Source, events_pointer
from pinnacle.runtime.stage import ORDER_KINDS, REPORT_KINDS, Input, Output, Route, Stage, kind_mask
from tests.records import batch, event

RINGS_MAX: int = lib.PMM_STAGE_RINGS_MAX
LAST = lib.PMM_INSTRUMENTS_MAX - 1
EVERY_KIND = 2**64 - 1


class Routes:
    """A stage with these routes: the fields of Route."""

    def __init__(self, folder, *routes):
        self.readers, outputs = [], []
        for i, route in enumerate(routes):
            create_ring(folder / f"{i}.ring", 1024, f"output {i}")
            self.readers.append(RingReader(folder / f"{i}.ring"))
            outputs.append(Output(RingWriter(folder / f"{i}.ring"), None, Route(*route)))
        self.outputs = outputs
        journal = Journal.open(folder / "log", "test", Source.RISK, 4096, 0, 0)
        self.stage = Stage(journal, Source.RISK, [], outputs, 0)

    def give(self, *rows):
        """What each output got of these decisions, by order id."""
        decisions = batch(*rows)
        self.stage.give(events_pointer(decisions), len(decisions))
        got = []
        for reader in self.readers:
            out = EventBuffer(1024)
            n = reader.take(out.cdata, 1024)
            reader.release()
            got.append(out.array["order_id"][:n].tolist())
        for output, ids in zip(self.outputs, got, strict=True):
            assert decisions["order_id"][output.route.wanted(decisions)].tolist() == ids
        return got


def test_an_order_goes_to_the_gateway_of_its_instruments_venue(tmp_path):
    orders = kind_mask(ORDER_KINDS)
    routes = Routes(tmp_path, (orders, frozenset({0, 2})), (orders, frozenset({1, LAST})))
    rows = [event(Kind.NEW, order_id=i, instrument_id=i) for i in (0, 1, 2, LAST, 3)]
    assert routes.give(*rows) == [[0, 2], [1, LAST]]


def test_what_is_of_all_instruments_goes_to_everyone_that_wants_its_kind(tmp_path):
    cancels = kind_mask((Kind.CANCEL_ALL,))
    routes = Routes(tmp_path, (cancels, frozenset({0})), (cancels,), (1 << Kind.NEW, None))
    row = event(Kind.CANCEL_ALL, order_id=7, instrument_id=INSTRUMENT_ALL)
    assert routes.give(row) == [[7], [7], []]


@pytest.mark.parametrize("instrument", [LAST + 1, LAST + 65, INSTRUMENT_ALL - 1])
def test_what_is_of_no_instrument_goes_where_all_are_wanted(tmp_path, instrument):
    every = frozenset(range(LAST + 1))
    routes = Routes(tmp_path, (EVERY_KIND, every), (EVERY_KIND, None))
    assert routes.give(event(Kind.NEW, order_id=7, instrument_id=instrument)) == [[], [7]]


def test_a_report_goes_to_the_strategy_that_owns_the_order(tmp_path):
    reports = kind_mask(REPORT_KINDS)
    routes = Routes(tmp_path, *[(reports, None, owner) for owner in (0, 1, 31)], (reports,))
    ids = [5, 1 << 48 | 5, 31 << 48 | 5, 2 << 48, (1 << 48) - 1, 1 << 63 | 1 << 48]
    got = routes.give(*[event(Kind.FILL, order_id=i) for i in ids])
    assert got == [[ids[0], ids[4]], [ids[1], ids[5]], [ids[2]], ids]


@pytest.mark.parametrize("kind", [64, 64 + Kind.NEW, 255])
def test_a_kind_that_no_mask_names_goes_nowhere(tmp_path, kind):
    routes = Routes(tmp_path, (EVERY_KIND,))
    assert routes.give(event(kind, order_id=1), event(63, order_id=2)) == [[2]]


def chosen(chance, count, most):
    return None if chance.random() < 0.3 else frozenset(chance.sample(range(most), count))


@pytest.mark.parametrize("seed", range(4))
def test_as_many_outputs_as_there_may_be_get_what_they_want_in_its_order(tmp_path, seed):
    chance = random.Random(seed)
    routes = [
        (
            chance.choice([EVERY_KIND, chance.getrandbits(64)]),
            chosen(chance, 40, LAST + 1),
            chance.choice([None, *range(3)]),
        )
        for _ in range(RINGS_MAX)
    ]
    world = Routes(tmp_path, *routes)
    rows = [
        event(
            chance.randrange(80),
            order_id=chance.randrange(4) << 48 | i,
            instrument_id=chance.choice([*range(LAST + 3), INSTRUMENT_ALL]),
        )
        for i in range(200)
    ]
    got = world.give(*rows)
    for (kinds, instruments, owner), ids in zip(routes, got, strict=True):
        wanted = [
            int(row["order_id"])
            for row in np.concatenate(rows)
            if row["kind"] < 64
            and kinds >> int(row["kind"]) & 1
            and (instruments is None or row["instrument_id"] in instruments | {INSTRUMENT_ALL})
            and owner in (None, int(row["order_id"]) >> 48)
        ]
        assert ids == wanted


def test_a_process_takes_from_as_many_rings_as_it_may_have(tmp_path):
    writers, inputs = [], []
    for i in range(RINGS_MAX):
        create_ring(tmp_path / f"{i}.ring", 64, f"input {i}")
        writers.append(RingWriter(tmp_path / f"{i}.ring"))
        inputs.append(Input(RingReader(tmp_path / f"{i}.ring"), Source.GATEWAY | i << 8))
    journal = Journal.open(tmp_path / "log", "test", Source.RISK, 4096, 0, 0)
    stage = Stage(journal, Source.RISK, inputs, [], 0)
    for i, ring in enumerate(writers):
        ring.push_all(events_pointer(event(Kind.FILL, order_id=i)), 1)
    into = EventBuffer(64)
    assert stage.take(into, 0) == RINGS_MAX
    assert into.array["order_id"][:RINGS_MAX].tolist() == list(range(RINGS_MAX))
