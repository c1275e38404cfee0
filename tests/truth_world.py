"""A strategy's intents through risk and the order table to a venue, and what it says back."""

from fractions import Fraction
from math import ceil

from pinnacle.core.schema import Class, FeeOf, Kind, Reason, Side, Source, class_of
from pinnacle.execution.orders import OrderState, OrderTable
from tests.records import event, run
from tests.risk_desk import BID, gate, new
from tests.truth_venue import FEES, LIES, Message, TruthVenue, VenueOrder

SECOND = 1_000_000_000
LOT = Fraction(1, 1000)
MISSES = LIES + 1
POSITION_MAX = 3000
STRANGER = 1 << 40


def new_table():
    terms = {"misses": MISSES, "miss_spread_ns": 10 * SECOND, "seen": True}
    return OrderTable(SECOND, SECOND, 32, **terms)


class World:
    """Whatever happens, what risk counts is never less than what the venue may still do."""

    def __init__(self):
        self.gate = gate(open_orders_max=12, messages_per_s=10**6, messages_burst=10**6)
        self.table, self.venue = new_table(), TruthVenue()
        self.now_ns, self.next_id = SECOND, 1
        self.requests, self.messages = [], []
        self.sent, self.told_busts, self.told_fees = set(), set(), set()
        self.strategy_lots = 0
        self.is_outside = False  # orders of others, or those that the venue denied too often
        self.kinds = set()

    # Between the processes

    def clock(self, rows):
        for row in rows:
            row["recv_ns"] = self.now_ns
        return rows

    def to_risk(self, *rows):
        for row in run(self.gate.decided, *self.clock(rows)):
            if class_of(row["kind"]) == Class.ORDER:
                self.to_table(row.reshape(1))
            else:
                self.to_strategy(row)

    def to_strategy(self, row):
        lots = int(row["quantity"]) * (1 if row["side"] == Side.BID else -1)
        self.strategy_lots += {Kind.FILL: lots, Kind.FILL_BUSTED: -lots}.get(row["kind"], 0)

    def to_table(self, *rows):
        for row in rows:
            self.note(row[0])
        for row in run(self.table.decided, *self.clock(rows)):
            self.kinds.add((Kind(int(row["kind"])), Reason(int(row["reason"]))))
            if class_of(row["kind"]) == Class.REPORT:
                self.to_risk(row.reshape(1))
                continue
            if row["kind"] == Kind.NEW:
                assert row["order_id"] not in self.sent, "nothing is sent twice"
                self.sent.add(int(row["order_id"]))
            self.requests.append(row.reshape(1))

    def note(self, row):
        if row["kind"] == Kind.FILL_BUSTED:
            self.told_busts.add(int(row["aux"]))
        if row["kind"] == Kind.FEE:
            self.told_fees.add(int(row["aux"]))

    def pass_time(self, ns):
        self.now_ns += ns
        self.to_table(event(Kind.TIMER))

    # The strategy

    def send(self, side, lots, away):
        price = BID + away if side == Side.BID else BID + 10 - away
        self.next_id += 1
        self.to_risk(new(self.next_id, side, price, lots))

    def pick(self, at):
        """One of the last orders that were sent; 1 is none."""
        return ([1, *sorted(self.sent)][-6:])[at % min(len(self.sent) + 1, 6)]

    def change(self, order_id, lots):
        order = self.table.orders.get(order_id)
        if order is not None:
            fields = {"side": order.side, "price": order.price, "quantity": lots}
            self.to_risk(new(order_id, kind=Kind.REPLACE, **fields))

    def cancel(self, order_id):
        self.to_risk(new(order_id, kind=Kind.CANCEL))

    # The way to the venue

    def take_request(self, at):
        return self.requests.pop(at % min(len(self.requests), 3)) if self.requests else None

    def carry(self, at, is_busy=False):
        """A request arrives, and is answered."""
        row = self.take_request(at)
        if row is not None:
            self.messages += self.answers(row, is_busy)

    def lose_request(self, at, is_told):
        row = self.take_request(at)
        if row is not None and is_told and row["kind"][0] != Kind.QUERY:
            self.messages.append(self.unsure(row))

    def lose_answer(self, at, is_told):
        """It arrives, and what the venue says of it does not; a gateway says 502."""
        row = self.take_request(at)
        if row is not None:
            self.answers(row, False)
            if is_told:
                self.messages.append(self.unsure(row))

    def unsure(self, row):
        return Message(0, event(Kind.UNSURE, order_id=row["order_id"][0]))

    def answers(self, row, is_busy):
        kind = Kind(int(row["kind"][0]))
        if kind == Kind.NEW:
            return self.venue.refuse(row) if is_busy else self.venue.take_new(row)
        if kind == Kind.QUERY:
            return self.answer_query(row, is_busy)
        if is_busy:
            return self.venue.busy(row)
        return self.venue.replace(row) if kind == Kind.REPLACE else self.venue.cancel(row)

    def answer_query(self, row, is_denied):
        """The venue may deny an order that it has, or will have, but not too often."""
        order_id, venue = int(row["order_id"][0]), self.venue
        on_the_way = [r for r in self.requests if is_new_of(r, order_id)]
        if is_denied or on_the_way:
            lies = venue.lies[order_id] = venue.lies.get(order_id, 0) + 1
            if lies <= LIES or self.is_outside:
                return [venue.no(row, Kind.REJECTED, Reason.UNKNOWN_ORDER)]
        first = []
        for request in on_the_way:
            self.requests = [r for r in self.requests if r is not request]
            first += venue.take_new(request)
        return [*first, venue.status(order_id, row)]

    # The way back

    def tell(self, at, is_again):
        if self.messages:
            at %= len(self.messages)
            message = self.messages[at]
            if not (is_again and message.again):
                del self.messages[at]
            self.to_table(*message)

    def lose_message(self, at):
        if self.messages:
            del self.messages[at % len(self.messages)]

    # The venue by itself

    def venue_orders(self):
        return [order for order in self.venue.orders.values() if order.is_open]

    def trade(self, at, lots, better, fee):
        if orders := self.venue_orders():
            order = orders[at % len(orders)]
            price = order.price - better if order.side == Side.BID else order.price + better
            self.messages.append(self.venue.fill(order, lots, price, FEES[fee % len(FEES)]))

    def end(self, at):
        if orders := self.venue_orders():
            self.messages.append(self.venue.end(orders[at % len(orders)]))

    def bust(self, at):
        told = [e for e in self.venue.executions if not e.is_busted]
        if told:
            execution = told[at % len(told)]
            self.messages.append(self.venue.bust(execution))
            # Totals have an order of their own: none from before comes behind it.
            self.messages = [
                m for m in self.messages if m.order_id != execution.order_id or not m.tells_total()
            ]

    def list_orders(self):
        self.messages += [self.venue.listed(order) for order in self.venue_orders()]

    def list_fills(self):
        self.messages += [self.venue.told(execution) for execution in self.venue.executions]

    def say_total(self, at):
        if orders := list(self.venue.orders.values()):
            order = orders[at % len(orders)]
            total = self.venue.total(order, Reason.INFERRED)
            if total:
                self.messages.append(Message(order.order_id, *total))

    def place_stranger(self, side, lots):
        self.is_outside = True
        order_id = STRANGER + len(self.venue.orders)
        self.venue.orders[order_id] = VenueOrder(order_id, side, BID, lots)

    # The session

    def restart(self):
        state = [bytes(part) for part in self.table.freeze()]
        self.table = new_table()
        assert self.table.thaw(state)
        self.to_table(event(Kind.START))

    def halt(self):
        halt = event(Kind.HALT, reason=Reason.OPERATOR)
        self.to_table(halt.copy())
        self.to_risk(halt)

    def resume(self):
        self.to_table(event(Kind.RESUME))
        self.to_risk(event(Kind.RESUME))

    def lose_venue(self):
        self.to_table(event(Kind.PEER_LOST, aux=Source.EXCHANGE))

    def venue_is_back(self):
        self.to_table(event(Kind.PEER_BACK, aux=Source.EXCHANGE))

    # What must hold

    def lots_paid(self, numbers=None):
        return ceil(self.venue.paid(FeeOf.BASE, numbers) / LOT)

    def may_still_trade(self, side):
        """Lots of what is open at the venue or on the way to it, at their largest."""
        totals = {o.order_id: o.quantity for o in self.venue_orders() if o.side == side}
        for row in self.requests:
            kind, order_id = row["kind"][0], int(row["order_id"][0])
            is_ours = row["side"][0] == side and (kind == Kind.NEW or order_id in totals)
            if is_ours and kind in (Kind.NEW, Kind.REPLACE):
                totals[order_id] = max(totals.get(order_id, 0), int(row["quantity"][0]))
        orders = self.venue.orders
        return sum(q - (orders[i].filled if i in orders else 0) for i, q in totals.items())

    def check(self):
        shown = self.gate.book.position(0)
        assert shown["refused_reports"] == 0
        if self.is_outside:
            return
        owned = self.venue.owned(self.told_busts) - self.lots_paid(self.told_fees)
        longest, shortest = (self.may_still_trade(side) for side in (Side.BID, Side.ASK))
        # What is taken back and nobody has said so, nobody can count.
        busts = [e for e in self.venue.executions if e.is_busted]
        slack = sum(e.lots for e in busts if e.number not in self.told_busts)
        assert shown["position"] + shown["open_bid"] + slack >= owned + longest
        assert -shown["position"] + shown["open_ask"] + slack >= -owned + shortest
        if not busts:
            most = POSITION_MAX + abs(self.lots_paid())
            assert shown["position"] + shown["open_bid"] <= most
            assert -shown["position"] + shown["open_ask"] <= most

    def settle(self):
        """Everybody hears everything and is asked everything: then all have the same."""
        self.resume(), self.venue_is_back()
        for _ in range(40):
            self.hear_everything()
            self.list_fills(), self.list_orders()
            for order_id in list(self.table.orders):
                like = event(Kind.QUERY, order_id=order_id, side=self.table.orders[order_id].side)
                self.messages.append(self.venue.status(order_id, like))
            self.hear_everything()
            if self.is_settled():
                break
            self.pass_time(20 * SECOND)
        self.check_truth()

    def hear_everything(self):
        while self.requests or self.messages:
            while self.messages:
                self.tell(0, False)
            if self.requests:
                self.carry(0)

    def is_settled(self):
        orders = self.table.orders.values()
        there = {o.order_id for o in self.venue_orders()}
        return there == set(self.table.orders) and all(o.state == OrderState.LIVE for o in orders)

    def check_truth(self):
        there = {o.order_id: o.left for o in self.venue_orders()}
        left = {o.order_id: o.quantity - o.filled for o in self.table.orders.values()}
        assert left.keys() == there.keys(), "the same orders are open"
        shown = self.gate.book.position(0)
        executions = [e for e in self.venue.executions if not e.is_busted]
        assert shown["position"] == self.venue.owned() - self.lots_paid()
        assert shown["turnover"] == sum(e.lots * e.price for e in executions), "nothing twice"
        assert shown["cash"] == self.venue.cash()
        assert shown["bought"] - shown["sold"] == self.venue.owned() == self.strategy_lots
        assert shown["fees"] == ceil(self.venue.paid(FeeOf.QUOTE) / Fraction(1, 10**5))
        assert shown["open_orders"] == len(there)
        if not any(e.is_busted for e in self.venue.executions):
            assert left == there
            for side, name in ((Side.BID, "open_bid"), (Side.ASK, "open_ask")):
                assert shown[name] == sum(o.left for o in self.venue_orders() if o.side == side)
        assert all(order.inferred == 0 for order in self.table.orders.values())


def is_new_of(row, order_id):
    return row["kind"][0] == Kind.NEW and int(row["order_id"][0]) == order_id
