"""Whatever is reported and wanted, the desk does what its oracle does."""

import random
from dataclasses import replace

import pytest

from pinnacle.core._native import lib
from pinnacle.core.book import Book
from pinnacle.core.schema import (
    FeeOf,
    Flag,
    Kind,
    OrderType,
    Reason,
    Side,
    Source,
    TimeInForce,
    events_pointer,
)
from pinnacle.execution.desk import DECISIONS_MAX, Desk
from tests.desk_oracle import SIDES, DeskOracle
from tests.records import batch, book_of, event, instruments_at

STATES = ["FREE", "NEW", "LIVE", "REPLACING", "CANCELLING", "LEAVING"]
ANSWERS = {
    "NEW": [Kind.ACK, Kind.ACK, Kind.ACK, Kind.REJECTED, Kind.FILL],
    "LIVE": [Kind.FILL, Kind.FILL, Kind.FILL, Kind.FILL_BUSTED, Kind.FEE, Kind.CANCELLED],
    "REPLACING": [Kind.REPLACED, Kind.REPLACED, Kind.REPLACE_REJECTED, Kind.FILL],
    "CANCELLING": [Kind.CANCELLED, Kind.CANCELLED, Kind.CANCEL_REJECTED, Kind.FILL, Kind.FEE],
    "LEAVING": [Kind.FILL],
}
ANY = [k for kinds in ANSWERS.values() for k in kinds] + [Kind.ORDER_STATUS]
REASONS = [Reason.WOULD_TAKE, Reason.BAD_QUANTITY, Reason.UNKNOWN_ORDER, Reason.CORRECTED]
STOPS = [Kind.HALT, Kind.STOP, Kind.PEER_LOST, Kind.BOOK_INVALID]
NO_MARKET = [Kind.NONE, Kind.ORDER_ADD, Kind.ORDER_EXECUTE, Kind.NEW, Kind.CANCEL, Kind.QUERY]
#: Ids, and the numbers of their venues; the rows are in this order.
FEW = {255: 0, 3: 1, 40: 0}
MANY = {4 * i + 3: i % 3 for i in range(64)}
EVERYWHERE = 0xFFFFFFFF
#: Of an order that is sent: instrument, side, price, quantity, type, time in force, flags.
STRANGE = [
    [0, 9, 256, EVERYWHERE],
    [Side.NONE, 3],
    [-1, 0, 1],
    [-1, 0, 1, 2],
    [*OrderType, 2],
    [*TimeInForce, 4],
    [1, *[Flag.POST_ONLY] * 4, 33],
]
PEERS = [0, *Source, 9, *(role | number << 8 for role in (2, 4, 5) for number in (1, 2)), 1 << 16]


class Flow:
    """Chance speaks to a desk and to its oracle, record by record."""

    def __init__(self, seed, places):
        self.chance = random.Random(seed)
        self.places = list(places)
        terms = {"stale_ns": 40, "reject_rest_ns": 5, "requote_ticks": seed % 3}
        table = instruments_at(places)
        table[1] = replace(table[1], quantity_min=3)
        self.desk = Desk(table, [Book(i, 4096, 64) for i in places], **terms)
        self.oracle = DeskOracle(table, **terms)

    def step(self):
        self.take(*(self.record() for _ in range(self.chance.choice([0, 1, 1, 2, 3]))))
        for number, row in enumerate(self.oracle.rows):
            if self.chance.random() < 0.9 / len(self.places):
                self.want(number, row)
        for _ in range(self.chance.choice([0, 0, 0, 1, 2])):
            self.send_or_cancel()
        self.oracle.replace = self.chance.random() < 0.8
        self.desk.cdata.replace = self.oracle.replace
        self.decide(self.chance.choice([0, 1, 2, 5, DECISIONS_MAX, DECISIONS_MAX]))

    def take(self, *rows):
        if rows:
            records = batch(*rows)
            self.desk.apply(events_pointer(records), len(records))
            self.oracle.apply(records)
        self.compare()

    def record(self):
        now, draw = self.oracle.clock_ns + self.chance.choice([0, 1, 2]), self.chance.random()
        instrument = self.chance.choice(self.places)
        if draw < 0.66:
            return self.report(now, instrument)
        if draw < 0.84:
            return book_of([(100, 5)], [(104, 5)], instrument, now)
        if draw < 0.88:
            kind = self.chance.choice([Kind.TRADE, *NO_MARKET])
            return event(kind, price=1, quantity=1, instrument_id=instrument, recv_ns=now)
        if draw < 0.90:
            later = self.chance.choice([now + 6, now + 38, now - 3])
            return event(Kind.TIMER, instrument_id=EVERYWHERE, recv_ns=later)
        if draw < 0.91:
            return self.change(self.chance.choice(STOPS), now, instrument)
        return self.change(self.chance.choice([Kind.START, *self.way_back()]), now, instrument)

    def change(self, kind, now, instrument):
        lost = sorted(self.oracle.lost) if kind == Kind.PEER_BACK else ()
        aux = self.chance.choice([*lost, self.chance.choice(PEERS)])
        return event(kind, aux=aux, instrument_id=instrument, recv_ns=now)

    def way_back(self):
        if self.oracle.lost:
            return [Kind.PEER_BACK] * 3
        return [Kind.RESUME if self.oracle.halted else Kind.PEER_BACK]

    def report(self, now, instrument):
        row = self.oracle.rows[self.oracle.row_of[instrument]]
        out = [(side, order) for side in SIDES for order in row.slots[side] if order]
        number = self.oracle.row_of[instrument]
        sent = [
            i for i, o in self.oracle.sent.items() if o.number == number and o.state != "QUEUED"
        ]
        if sent and self.chance.random() < 0.4:
            return self.report_sent(now, instrument, self.chance.choice(sent))
        fields = {"instrument_id": instrument, "recv_ns": now, "aux": 1}
        if not out or self.chance.random() < 0.1:
            fields |= {"order_id": self.chance.randint(0, self.oracle.next_order_id + 1)}
            fields |= {"price": self.chance.randint(0, 5), "quantity": self.chance.randint(0, 5)}
            fields |= {"side": self.chance.choice([*SIDES, Side.NONE])}
            fields |= {"instrument_id": self.chance.choice([instrument, 0, EVERYWHERE])}
            fields |= {"reason": self.chance.choice([Reason.NONE, Reason.CORRECTED])}
            return event(self.chance.choice([k for k in ANY if k != Kind.REJECTED]), **fields)
        side, order = self.chance.choice(out)
        kind = self.chance.choice(ANY if self.chance.random() < 0.1 else ANSWERS[order.state])
        price, quantity = order.wanted
        if kind == Kind.FEE:
            side = self.chance.choice([*FeeOf, FeeOf.BASE, 0, 4])
            price = self.chance.choice([0, 3, 4, 18, 19, -1])
            quantity = self.chance.randint(-20, 20)
        elif kind in (Kind.FILL, Kind.FILL_BUSTED):
            quantity = self.chance.randint(1, 3)
        elif self.chance.random() < 0.1:
            price, quantity = price + self.chance.randint(-1, 1), order.filled
        fields |= {"order_id": order.order_id, "side": side, "price": price, "quantity": quantity}
        return event(kind, reason=self.chance.choice(REASONS), **fields)

    def report_sent(self, now, instrument, order_id):
        order = self.oracle.sent[order_id]
        kind = self.chance.choice(ANY if self.chance.random() < 0.1 else ANSWERS[order.state])
        if kind == Kind.FILL or self.chance.random() < 0.1:
            quantity = self.chance.randint(0, 4)
        else:
            quantity = order.quantity
        fields = {"side": order.side, "price": 5, "quantity": quantity, "recv_ns": now, "aux": 1}
        about = {"order_id": order_id, "instrument_id": instrument, **fields}
        return event(kind, reason=self.chance.choice(REASONS), **about)

    def want(self, number, row):
        wanted = self.desk.rows[number].wanted
        for side, into in zip(SIDES, (wanted.bids, wanted.asks), strict=True):
            best, each = self.chance.randint(-2, 9), self.chance.choice([1, 2, 5, 6, 9])
            sign = 1 if side == Side.ASK else -1
            levels = [(best + sign * i, each) for i in range(self.chance.choice([0, 1, 3, 8]))]
            row.wanted[side] = levels
            for at, level in enumerate(levels):
                into[at].price, into[at].quantity = level
        wanted.bid_count, wanted.ask_count = (len(row.wanted[side]) for side in SIDES)
        self.desk.look(row.instrument)

    def send_or_cancel(self):
        pick, state = self.chance.choice, self.desk.cdata
        if self.chance.random() < 0.3:
            order_id = pick([*self.oracle.sent, max(self.oracle.next_order_id - 2, 0)])
            code, said = lib.pmm_desk_cancel(state, order_id), self.oracle.cancel(order_id)
        else:
            kind = pick([OrderType.LIMIT, OrderType.MARKET])
            price = 0 if kind == OrderType.MARKET else self.chance.randint(1, 9)
            order = [pick(self.places), pick(SIDES), price, self.chance.randint(3, 6)]
            order += [kind, pick(list(TimeInForce)), 0]
            if self.chance.random() < 0.4:
                at = self.chance.randrange(len(order))
                order[at] = pick(STRANGE[at])
            code, said = lib.pmm_desk_send(state, *order), self.oracle.send(*order)
        assert code == (said if isinstance(said, int) else getattr(lib, f"PMM_ERR_{said}"))
        self.compare()

    def decide(self, room):
        n = lib.pmm_desk_decide(self.desk.cdata, self.desk.decisions.cdata, room)
        names = ["kind", "instrument_id", "side", "order_id", "price", "quantity", "venue_ns"]
        names += ["aux", "flags"]
        got = self.desk.decisions.array[:n]
        assert got[names].tolist() == self.oracle.decide(room)
        assert (got["recv_ns"] == self.oracle.clock_ns).all()
        self.compare()
        if room == DECISIONS_MAX:
            assert self.desk.decide() == 0, "what was decided is decided"

    def compare(self):
        state, oracle = self.desk.cdata, self.oracle
        told = (state.changed, state.traded, state.filled)
        assert told == tuple(
            sum(1 << i for i in which) for which in (oracle.changed, oracle.traded, oracle.filled)
        )
        assert (state.clock_ns, state.next_order_id) == (oracle.clock_ns, oracle.next_order_id)
        for number, row in enumerate(oracle.rows):
            place = self.desk.rows[number]
            assert self.desk.quotable(row.instrument) == oracle.quotable(row)
            counts = place.position, place.fills, place.unknown_reports, place.market_ns
            assert counts == (row.position, row.fills, row.unknown_reports, row.market_ns)
            for slots, side in zip(place.slots, SIDES, strict=True):
                assert [seen(slot) for slot in slots] == [known(o) for o in row.slots[side]]
        slots = {at: self.desk.cdata.sent[at] for at in range(64) if state.sent_used >> at & 1}
        assert {slot.order_id: self.seen_sent(at, slot) for at, slot in slots.items()} == {
            order_id: (
                order.state,
                order.leaving,
                order.filled,
                order.quantity,
                order.rest_until_ns,
            )
            for order_id, order in oracle.sent.items()
        }
        orders = len(oracle.sent)
        orders += sum(o is not None for r in oracle.rows for side in SIDES for o in r.slots[side])
        assert self.desk.working() == orders

    def seen_sent(self, at, slot):
        state = "QUEUED" if self.desk.cdata.sent_queued >> at & 1 else STATES[slot.state]
        leaving = bool(self.desk.cdata.sent_leaving >> at & 1)
        return state, leaving, slot.filled, slot.quantity, slot.rest_until_ns


def seen(slot):
    wanted = slot.wanted_price, slot.wanted_quantity
    about = slot.order_id, slot.price, slot.quantity, wanted, slot.filled, slot.rest_until_ns
    return None if slot.state == lib.PMM_SLOT_FREE else (STATES[slot.state], *about)


def known(order):
    if not order:
        return None
    about = order.order_id, order.price, order.quantity, order.wanted, order.filled
    return (order.state, *about, order.rest_until_ns)


@pytest.mark.parametrize(
    ("seed", "places"),
    [
        *((seed, FEW) for seed in range(3)),
        (6, MANY),
        *(pytest.param(seed, FEW, marks=pytest.mark.long) for seed in range(3, 6)),
        pytest.param(7, MANY, marks=pytest.mark.long),
    ],
)
def test_a_desk_decides_what_its_oracle_does_which_looks_at_all_of_it_each_time(seed, places):
    flow = Flow(seed, places)
    flow.take(*(book_of([(100, 5)], [(104, 5)], i, 1) for i in places))
    for _ in range(400):
        flow.step()
    assert flow.oracle.next_order_id > 100, "it was not spent waiting"
