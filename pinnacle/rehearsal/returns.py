"""A gateway that was killed and is back: what it knows before it sends anything new, against what
the exchange had.

A gateway says PEER_BACK when it has compared with the venue. What had happened at the exchange when
it was started it must know by then, and nothing that has not happened. What happens between it may
know or not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pinnacle.core.instruments import Instrument
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import EVENT, Flag, Kind, Source, source_of
from pinnacle.execution.orders import OrderState, OrderTable
from pinnacle.rehearsal.kills import Kill
from pinnacle.rehearsal.ledger import ReadLedger
from pinnacle.replay.logics import Session
from pinnacle.runtime.decision_log import LogReplay
from pinnacle.runtime.topology import Process
from pinnacle.venues.orders.ids import ClientIds, session_tag

_CHUNK = 4096
#: The ledger's clock and the session's are two that run alike.
SLACK_NS = 50_000_000
#: So long after its birth an order may be missing in lists, under the fault of that name.
_HIDDEN_NS = 3_000_000_000
_LAGS = frozenset({"rest_lag", "open_orders_cached"})


@dataclass
class Return:
    """A run of a gateway behind a kill, as far as PEER_BACK; session time.

    filled      lots by client id, of all that it had told until then
    is_live     by client id, the orders of its table: whether it takes them to rest
    """

    started_ns: int
    back_ns: int
    filled: dict[str, int]
    is_live: dict[str, bool]


@dataclass
class Returns:
    """What came of the kills.

    with_orders   of these, while any order rested
    compared      gateways that came back, and were not killed again before
    away          from when to when there was none that knew the venue; 0: until the end
    """

    with_orders: int = 0
    compared: int = 0
    away: tuple[tuple[int, int], ...] = ()
    problems: tuple[str, ...] = ()


def compare_returns(
    kills: Sequence[Kill],
    session: Session,
    paths: SessionPaths,
    gateway: Process,
    ledger: ReadLedger,
    names: Mapping[str, Instrument],
) -> Returns:
    """Of all runs of one gateway behind its first."""
    ours = [order for order in ledger.orders.values() if order.client_id]
    found = Returns()
    for kill in kills:
        found.with_orders += any(order.is_open_at(kill.at_ns) for order in ours)
    backs = list(returns(session, paths, gateway))
    found.compared = len(backs)
    found.problems = tuple(p for back in backs for p in unlike(back, ledger, names))
    found.away = tuple(
        (k.at_ns, min((b.back_ns for b in backs if b.back_ns > k.at_ns), default=0)) for k in kills
    )
    return found


def returns(session: Session, paths: SessionPaths, gateway: Process) -> Iterator[Return]:
    """Of every run but the first, as the journal has it."""
    reader = JournalReader(paths.journal(gateway.name))
    ids = ClientIds(session_tag(paths.data.name, reader.identity))
    rows = np.concatenate([np.empty(0, EVENT), *(c.copy() for c in reader.checked(0, _CHUNK))])
    is_input = rows["flags"] & Flag.DECISION == 0
    starts = np.flatnonzero(is_input & (rows["kind"] == Kind.START))
    venue = source_of(Source.EXCHANGE, gateway.number)
    is_back = is_input & (rows["kind"] == Kind.PEER_BACK) & (rows["aux"] == venue)
    ends = np.flatnonzero(is_input & (rows["flags"] & Flag.BATCH_END != 0))
    table = session.decider(gateway).logic
    assert isinstance(table, OrderTable), "it is a gateway's"
    replay, at = LogReplay(table.decided, gateway.source), 0
    for number, start in enumerate(starts[1:].tolist(), 2):
        until = starts[number] if number < len(starts) else len(rows)
        backs = np.flatnonzero(is_back[start:until]) + start
        if not len(backs):
            continue  # killed again before it knew anything
        end = int(ends[np.searchsorted(ends, backs[0])]) + 1
        replay.feed(rows[at:end], at)
        at = end
        decided = end + int(np.argmax(np.append(is_input[end:], True)))
        yield Return(
            int(rows["recv_ns"][start]),
            int(rows["recv_ns"][backs[0]]),
            _filled(rows[:decided], ids),
            {ids.text(o.order_id): o.state is OrderState.LIVE for o in table.orders.values()},
        )


def _filled(rows: np.ndarray, ids: ClientIds) -> dict[str, int]:
    found: dict[str, int] = {}
    told = rows[(rows["flags"] & Flag.DECISION != 0)]
    for kind, way in ((Kind.FILL, 1), (Kind.FILL_BUSTED, -1)):
        for row in told[told["kind"] == kind]:
            client_id = ids.text(int(row["order_id"]))
            found[client_id] = found.get(client_id, 0) + way * int(row["quantity"])
    return found


def unlike(back: Return, ledger: ReadLedger, names: Mapping[str, Instrument]) -> Iterator[str]:
    """What it knew otherwise than the exchange had it, in a sentence each."""
    known_ns = _shown_ns(back, ledger) - SLACK_NS
    back_ns = back.back_ns + SLACK_NS
    for order in ledger.orders.values():
        client_id = order.client_id
        if not client_id:
            continue
        if back.started_ns + SLACK_NS < order.accepted_ns < back.back_ns - SLACK_NS:
            yield f"{order.venue_id} was sent by a gateway that had not read the venue's orders"
        lot = names[order.symbol].lot.size
        told = lot * back.filled.get(client_id, 0)
        least, most = order.filled_at(known_ns), order.filled_at(back_ns)
        if not least <= told <= most:
            yield (
                f"{order.venue_id}: {least} to {most} were filled when its gateway came back, and "
                f"it knew of {told}"
            )
        stands = order.is_open_at(known_ns) and order.is_open_at(back_ns)
        if stands and client_id not in back.is_live:
            yield f"{order.venue_id} rested when its gateway came back, and it did not know it"
        was_open = order.accepted_ns <= back_ns and not (0 < order.ended_ns < known_ns)
        if back.is_live.get(client_id) and not was_open:
            yield f"{order.venue_id} had ended when its gateway came back, and it took it to rest"


def _shown_ns(back: Return, ledger: ReadLedger) -> int:
    """From when on the exchange may have shown it nothing: when it was started, or where the
    exchange lagged on purpose, as long before."""
    found = back.started_ns
    for fault in ledger.faults:
        ended_ns = fault.end_ns or back.back_ns
        if fault.begin_ns > back.back_ns or ended_ns < back.started_ns:
            continue
        if fault.name in _LAGS:
            found = min(found, fault.begin_ns)
        if fault.name == "not_found_at_first":
            found = min(found, back.started_ns - _HIDDEN_NS)
    return found
