"""A link trusts its venue when all has been compared, and finds what stream and requests miss."""

import asyncio
from decimal import Decimal

import pytest
import structlog

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason
from pinnacle.exchange.network.sockets import NetworkServer
from pinnacle.execution.orders import OrderState
from pinnacle.venues.orders import last_list
from pinnacle.venues.orders import link as links
from pinnacle.venues.orders.last_list import GRACE_NS
from pinnacle.venues.orders.limits import Bucket, Limits, costs
from pinnacle.venues.orders.link import LOST_OVERLAP_NS, OVERLAP_NS
from pinnacle.venues.orders.owner import Trust
from pinnacle.venues.orders.port import Answered, Balance, Call, Heard, Snapshot, What
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.websocket import ConnectionLost
from tests.venues.orders.link_venue import (
    NOW_NS,
    SECOND,
    SINCE_NS,
    Session,
    Venue,
    fill,
    status,
    total,
    until,
)

FIRST = OVERLAP_NS  # of the first question for fills, before what is known
LISTED = Answered([status()])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """(ca_file, the server's TLS context)."""
    ca_file, context = make_certificates(tmp_path_factory.mktemp("certificates"))
    return str(ca_file), context


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    """What is tried again is tried soon."""
    monkeypatch.setattr(links, "RETRY_S", 0.01)
    monkeypatch.setattr(links, "FILLS_S", 0.01)


@pytest.fixture
def play(certificates):
    """Run a scene with a session whose server is up: `play(scene, **terms of the link)`."""

    def played(scene, **terms):
        async def session():
            venue = Venue()
            server = NetworkServer(venue, certificates[1])
            await server.open()
            try:
                return await scene(Session(certificates[0], server, venue, **terms))
            finally:
                venue.hold.clear()
                await server.close()

        return asyncio.run(session())

    return played


def kinds_asked(venue):
    return [asked.what for asked in venue.asked]


# Trust


def test_the_venue_is_trusted_when_all_has_been_compared_and_not_before(play):
    async def scene(s):
        s.venue.first, s.venue.hold = [Heard()], {What.OPEN}
        async with s.running() as link:
            await until(lambda: s.venue.streams and s.venue.streams[0].said)
            await asyncio.sleep(0.02)
            assert link.trust is Trust.LOST and s.venue.asked == []
            s.venue.say(Heard(ready=True))
            await until(lambda: s.venue.count(What.OPEN))
            assert link.trust is Trust.COMPARING and s.desk.trusts == []
            s.venue.hold.clear()
            await s.trusted()
            assert link.trust is Trust.TRUSTED and link.counts()["comparisons"] == 1
        assert kinds_asked(s.venue) == [What.FILLS, What.OPEN]
        assert s.venue.asked[0].since_ns == SINCE_NS - OVERLAP_NS

    play(scene)


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (Answered([status(1, Kind.FILLED_TOTAL, quantity=4)]), [What.QUERY, What.FILLS]),
        (Answered([status(1, Kind.REJECTED)]), [What.QUERY]),
        (Answered(fault="no"), [What.QUERY]),
    ],
)
def test_an_order_without_a_name_is_asked_for_before_the_venue_is_trusted(play, answer, asked):
    """It may have been filled and gone: no list says whose its fills are."""

    async def scene(s):
        s.desk.live(1)
        s.desk.nameless = [1]
        s.venue.hold, s.venue.answers[What.QUERY] = {What.QUERY}, [answer]
        async with s.running() as link:
            await until(lambda: s.venue.count(What.QUERY))
            assert link.trust is Trust.COMPARING and s.desk.trusts == []
            s.venue.hold.clear()
            await s.trusted()
            assert s.desk.told == list(answer.reports)
        assert kinds_asked(s.venue) == [What.FILLS, What.OPEN, *asked]

    play(scene)


def test_nothing_new_leaves_before_the_venue_is_trusted(play):
    async def scene(s):
        s.venue.hold = {What.OPEN}
        async with s.running() as link:
            await until(lambda: s.venue.count(What.OPEN))
            link.send(s.desk.new())
            (refused,) = s.desk.told
            assert (refused.kind, refused.reason) == (Kind.REJECTED, Reason.PEER_LOST)
            s.venue.hold.clear()
            await s.trusted()
            assert s.venue.count(What.NEW) == 0
            link.send(s.desk.new(2))
            await until(lambda: s.venue.count(What.NEW))

    play(scene)


def test_a_new_order_that_waits_when_the_stream_is_lost_does_not_leave(play):
    """By request it could: the way of requests stands."""

    async def scene(s):
        s.entry.limits = Limits(Bucket(10.0, 1, costs(NEW=1)))
        async with s.running() as link:
            await s.trusted()
            s.desk.live(3)
            link.send(s.desk.new(1))
            await until(lambda: s.venue.count(What.NEW))
            link.send(s.desk.new(2))
            link.send(s.desk.call(What.CANCEL, 3))
            assert not s.desk.told
            s.venue.first = []
            s.venue.streams[-1].connection.abort()
            await until(lambda: Kind.REJECTED in s.desk.kinds())
            assert s.desk.told[-1].reason is Reason.PEER_LOST
            await until(lambda: s.venue.count(What.CANCEL))
        assert [a.order_id for a in s.venue.asked if a.what is What.NEW] == [1]

    play(scene)


def test_what_the_owner_no_longer_permits_does_not_leave_though_the_venue_is_trusted(play):
    async def scene(s):
        async with s.running() as link:
            await s.trusted()
            s.desk.reason = Reason.KILL_SWITCH
            link.send(s.desk.new())
            assert [r.reason for r in s.desk.told] == [Reason.KILL_SWITCH]
            assert s.venue.count(What.NEW) == 0

    play(scene)


def test_trust_goes_with_the_stream_in_its_words_and_comes_back_by_another_comparison(play):
    async def scene(s):
        async with s.running() as link:
            await s.trusted()
            s.venue.say(Heard(lost="a message was left out"))
            await until(lambda: len(s.desk.trusts) == 3)
            assert s.desk.trusts[1] == (False, "connection lost: a message was left out")
            assert s.desk.trusts[2] == (True, "")
            assert (link.counts()["streams"], link.counts()["comparisons"]) == (2, 2)
        fills = [asked.since_ns for asked in s.venue.asked if asked.what is What.FILLS]
        assert fills == [SINCE_NS - OVERLAP_NS, NOW_NS - OVERLAP_NS]

    play(scene)


def test_a_stream_that_is_lost_while_it_is_compared_tells_nobody_that_it_was_trusted(play):
    async def scene(s):
        s.venue.hold = {What.OPEN}
        async with s.running() as link:
            await until(lambda: s.venue.count(What.OPEN))
            s.venue.first = []
            s.venue.streams[-1].connection.abort()
            await until(lambda: len(s.venue.streams) == 2)
            s.venue.hold.clear()
            await asyncio.sleep(0.05)
            assert [is_so for is_so, _ in s.desk.trusts] == [False]
            assert link.trust is Trust.LOST

    play(scene)


@pytest.mark.parametrize("fails", [What.FILLS, What.OPEN])
def test_a_comparison_that_fails_is_tried_again_and_nothing_of_it_is_taken(play, fails):
    async def scene(s):
        s.desk.live()
        s.desk.now_ns += 60 * SECOND
        s.venue.answers[What.OPEN] = [LISTED]
        good = s.venue.answers[fails] or [Answered()]
        s.venue.answers[fails] = [500, 500, *good]
        async with s.running() as link:
            await s.trusted()
            assert s.venue.count(fails) == 3
            assert link.comparisons == 1
            assert s.desk.kinds() == [Kind.ORDER_STATUS]

    with structlog.testing.capture_logs() as logs:
        play(scene)
    told = "Nowhere orders: comparing with the venue: HTTP 500"
    assert [one["event"] for one in logs].count(told) == 2


def test_nothing_is_asked_before_the_venues_clock_is_known(play):
    async def scene(s):
        s.entry.wants = (Call(What.TOKEN),)
        async with s.running(clocked=False) as link:
            await asyncio.sleep(0.05)
            assert s.venue.asked == [] and s.venue.streams == []
            link.clocked(Offset(5, 1))
            await s.trusted()
        assert kinds_asked(s.venue)[0] is What.TOKEN and s.entry.offsets == [Offset(5, 1)]

    play(scene)


def test_a_stream_is_not_opened_without_what_it_needs(play):
    async def scene(s):
        s.entry.wants = (Call(What.NAMES), Call(What.TOKEN))
        s.venue.answers[What.TOKEN] = [503, Answered()]
        async with s.running():
            await s.trusted()
        names = [What.NAMES, What.TOKEN]
        assert kinds_asked(s.venue)[:4] == names * 2 and len(s.venue.streams) == 1

    with structlog.testing.capture_logs() as logs:
        play(scene)
    assert logs[0]["event"] == "Nowhere orders: connection lost: token: HTTP 503"


# What the stream begins with


def snapshot(since_ns):
    return Heard(snapshot=Snapshot([status()], [fill()], since_ns), ready=True)


def test_a_snapshot_is_taken_for_what_is_open_and_nothing_is_asked(play):
    async def scene(s):
        s.desk.live()
        s.venue.first = [snapshot(SINCE_NS - OVERLAP_NS)]
        async with s.running():
            await s.trusted()
            assert s.venue.asked == []
            assert s.desk.kinds() == [Kind.FILL, Kind.ORDER_STATUS], "fills stand first"

    play(scene)


def test_a_snapshot_whose_fills_do_not_reach_back_is_completed_by_request(play):
    async def scene(s):
        s.desk.live()
        s.venue.first = [snapshot(SINCE_NS - OVERLAP_NS + 1)]
        s.venue.answers[What.FILLS] = [Answered([fill(number=7, lots=1)])]
        async with s.running():
            await s.trusted()
            assert kinds_asked(s.venue) == [What.FILLS]
            assert s.desk.table.orders[1].filled == 5

    play(scene)


def test_a_snapshot_is_of_its_own_stream_and_the_next_ones_without_one_is_asked(play):
    async def scene(s):
        s.desk.live()
        s.venue.first = [snapshot(0)]
        async with s.running():
            await s.trusted()
            s.venue.first = [Heard(ready=True)]
            s.venue.streams[-1].connection.abort()
            await until(lambda: len(s.desk.trusts) == 3)
        assert s.venue.count(What.OPEN) == 1

    play(scene)


@pytest.mark.parametrize(("reaches_ns", "asked"), [(0, []), (1, [What.FILLS])])
def test_behind_a_loss_fills_are_needed_from_shortly_before_it_and_all_the_next_time(
    play, reaches_ns, asked
):
    async def scene(s):
        s.desk.live()
        s.venue.first = [snapshot(SINCE_NS - OVERLAP_NS)]
        async with s.running() as link:
            await s.trusted()
            s.desk.now_ns += 1000 * SECOND
            s.venue.first = [snapshot(s.desk.now_ns - LOST_OVERLAP_NS + reaches_ns)]
            s.venue.streams[-1].connection.abort()
            await until(lambda: len(s.desk.trusts) == 3)
            assert kinds_asked(s.venue) == asked
            if asked:
                assert s.venue.asked[-1].since_ns == s.desk.now_ns - LOST_OVERLAP_NS
            since_ns = link._since_ns
            assert since_ns < s.desk.now_ns - 900 * SECOND

    play(scene)


def test_an_order_that_a_snapshot_lacks_is_doubted(play):
    async def scene(s):
        s.desk.live(2)
        s.desk.now_ns += GRACE_NS
        s.venue.first = [snapshot(0)]
        async with s.running() as link:
            await s.trusted()
            assert [(r.order_id, r.reason) for r in s.desk.told[2:]] == [(2, Reason.UNLISTED)]
            assert link.differences == 1

    play(scene)


# What the venue has against what is known


@pytest.mark.parametrize(("after_ns", "doubted"), [(GRACE_NS - 1, False), (GRACE_NS, True)])
@pytest.mark.parametrize("lag_s", [0.0, 10.0])
def test_an_order_that_is_not_listed_is_doubted_when_its_grace_is_over(
    play, after_ns, doubted, lag_s
):
    async def scene(s):
        s.entry.open_lag_s = lag_s
        s.desk.live()
        s.desk.now_ns += after_ns + int(lag_s * 1e9)
        async with s.running() as link:
            await s.trusted()
            found = [(r.kind, r.order_id, r.reason, r.words) for r in s.desk.told]
            words = "the venue does not list it"
            assert found == [(Kind.UNSURE, 1, Reason.UNLISTED, words)] * doubted
            assert link.differences == doubted
            state = OrderState.UNKNOWN if doubted else OrderState.LIVE
            assert s.desk.table.orders[1].state is state

    play(scene)


def test_the_grace_of_an_order_ends_before_the_question_and_not_before_its_answer(play):
    """A list is no younger than when it was asked for."""

    async def scene(s):
        s.desk.live()
        s.desk.now_ns += GRACE_NS - 1
        s.venue.hold = {What.OPEN}
        async with s.running() as link:
            await until(lambda: s.venue.count(What.OPEN))
            s.desk.now_ns += 10 * SECOND
            s.venue.hold.clear()
            await s.trusted()
            assert s.desk.told == [] and link.differences == 0

    play(scene)


def test_an_order_whose_status_comes_under_another_head_is_not_listed(play):
    """Of a fill nobody learns that its order is open."""

    async def scene(s):
        s.desk.live()
        s.desk.now_ns += GRACE_NS
        s.venue.answers[What.FILLS] = s.venue.answers[What.OPEN] = [Answered([fill()])]
        async with s.running() as link:
            await s.trusted()
            assert link.differences == 1

    play(scene)


def test_lists_in_parts_are_read_to_their_end(play):
    async def scene(s):
        for order_id in (1, 2, 3):
            s.desk.live(order_id)
        s.desk.now_ns += 60 * SECOND
        s.venue.answers[What.OPEN] = [
            Answered([status(1)], more=Call(What.OPEN, page="second")),
            Answered([status(2)], more=Call(What.OPEN, page="third")),
            Answered([status(3)]),
        ]
        async with s.running() as link:
            await s.trusted()
            assert link.differences == 0
        pages = [asked.page for asked in s.venue.asked if asked.what is What.OPEN]
        assert pages == ["", "second", "third"]

    play(scene)


def test_a_list_of_which_a_part_is_missing_is_none(play):
    async def scene(s):
        s.desk.live()
        s.desk.now_ns += 60 * SECOND
        first = Answered(more=Call(What.OPEN, page="second"))
        s.venue.answers[What.OPEN] = [first, 500, LISTED]
        async with s.running() as link:
            await s.trusted()
            assert link.differences == 0, "the first part alone would have lacked it"

    play(scene)


def test_all_is_compared_again_and_again_with_the_balances(play):
    async def scene(s):
        btc = Balance("BTC", Decimal("1.5"), Decimal("1.25"))
        s.venue.answers[What.BALANCES] = [Answered(balances=[btc])]
        s.venue.answers[What.OPEN] = [Answered(), Answered(), 500, LISTED]
        async with s.running() as link:
            await s.trusted()
            assert s.desk.money == [], "they wait for the next time"
            await until(lambda: link.comparisons >= 3)
            assert s.desk.money[:2] == [btc, btc]
            assert link.trust is Trust.TRUSTED and s.desk.trusts == [(True, "")]

    play(scene, reconcile_s=0.01)


def test_nothing_is_compared_by_the_clock_while_the_venue_is_not_trusted(play):
    async def scene(s):
        s.venue.first = []
        async with s.running():
            await until(lambda: s.venue.streams)
            await asyncio.sleep(0.05)
            assert s.venue.asked == []

    play(scene, reconcile_s=0.001)


def test_fills_are_asked_for_while_a_total_shows_some_missing_and_no_longer(play):
    async def scene(s):
        async with s.running():
            await s.trusted()
            s.desk.live()
            before = s.venue.count(What.FILLS)
            s.venue.answers[What.FILLS] = [Answered(), 500, Answered([fill()])]
            s.venue.say(Heard([total()]))
            await until(lambda: s.desk.table.orders[1].filled == 4)
            assert s.venue.count(What.FILLS) == before + 3
            await asyncio.sleep(0.2)
            assert s.venue.count(What.FILLS) == before + 3
            assert s.venue.asked[-1].since_ns == NOW_NS - OVERLAP_NS

    play(scene)


@pytest.mark.parametrize(("nameless", "asked"), [(False, {1, 2}), (True, {0})])
def test_fills_are_asked_for_of_all_orders_where_one_that_lacks_some_has_no_name(
    play, nameless, asked
):
    """The venue can be asked for those of one order alone, by its name."""

    async def scene(s):
        s.entry.fills_of_one = True
        s.venue.answers[What.FILLS] = [Answered(), Answered([fill(1), fill(2, number=2)])]
        async with s.running():
            await s.trusted()
            s.desk.live(1)
            s.desk.new(2) if nameless else s.desk.live(2)
            before = len(s.venue.asked)
            s.venue.say(Heard([total(1), total(2)]))
            await until(lambda: len(s.venue.asked) >= before + len(asked))
            await until(lambda: not s.desk.table.behind)
            assert {call.order_id for call in s.venue.asked[before:]} == asked

    play(scene)


def test_a_fill_that_comes_a_little_behind_its_total_is_not_asked_for(play, monkeypatch):
    monkeypatch.setattr(links, "FILLS_S", 0.1)

    async def scene(s):
        async with s.running():
            await s.trusted()
            s.desk.live()
            before = s.venue.count(What.FILLS)
            s.venue.say(Heard([total()]))
            s.venue.say(Heard([fill()]))
            await asyncio.sleep(0.2)
            assert s.desk.kinds() == [Kind.FILLED_TOTAL, Kind.FILL]
            assert s.venue.count(What.FILLS) == before
            # And what lacks later is asked for all the same.
            s.venue.answers[What.FILLS] = [Answered([fill(number=2, lots=1)])]
            s.venue.say(Heard([total(lots=5)]))
            await until(lambda: s.desk.table.orders[1].filled == 5)

    play(scene)


# What the gateway asks


def test_an_order_that_was_listed_just_now_is_not_asked_for(play):
    async def scene(s):
        s.desk.live(), s.desk.live(2)
        s.venue.answers[What.OPEN] = [LISTED]
        async with s.running() as link:
            await s.trusted()
            s.desk.told.clear()
            link.send(s.desk.call(What.QUERY))
            assert s.desk.told == [status()] and s.venue.count(What.QUERY) == 0
            link.send(s.desk.call(What.QUERY, 2))
            await until(lambda: s.venue.count(What.QUERY))
            assert s.venue.asked[-1].order_id == 2

    play(scene)


def test_an_order_that_was_listed_a_while_ago_is_asked_for(play, monkeypatch):
    monkeypatch.setattr(last_list, "LISTED_NS", 0)

    async def scene(s):
        s.desk.live()
        s.venue.answers[What.OPEN] = [LISTED]
        async with s.running() as link:
            await s.trusted()
            link.send(s.desk.call(What.QUERY))
            await until(lambda: s.venue.count(What.QUERY))

    play(scene)


@pytest.mark.parametrize("what", [What.REPLACE, What.CANCEL])
def test_a_list_says_nothing_of_what_was_asked_since(play, what):
    async def scene(s):
        s.desk.live()
        s.venue.answers[What.OPEN] = [LISTED]
        async with s.running() as link:
            await s.trusted()
            s.desk.told.clear()
            link.send(s.desk.call(what))
            link.send(s.desk.call(What.QUERY))
            await until(lambda: s.venue.count(What.QUERY))
            assert s.desk.told == []

    play(scene)


def test_a_snapshot_that_had_to_wait_for_fills_does_not_answer_for_now(play, monkeypatch):
    monkeypatch.setattr(last_list, "LISTED_NS", 20_000_000)

    async def scene(s):
        s.desk.live()
        s.venue.first, s.venue.hold = [snapshot(NOW_NS)], {What.FILLS}
        async with s.running() as link:
            await until(lambda: s.venue.count(What.FILLS))
            await asyncio.sleep(0.03)
            s.venue.hold.clear()
            await s.trusted()
            link.send(s.desk.call(What.QUERY))
            await until(lambda: s.venue.count(What.QUERY))

    play(scene)


def test_everything_is_cancelled_part_by_part(play):
    async def scene(s):
        more = Answered(more=Call(What.CANCEL_ALL, page="second"))
        s.venue.answers[What.CANCEL_ALL] = [more, Answered(), more, 500]
        async with s.running() as link:
            await s.trusted()
            assert await link.cancel_all() == ""
            assert await link.cancel_all() == "HTTP 500"
        pages = [asked.page for asked in s.venue.asked if asked.what is What.CANCEL_ALL]
        assert pages == ["", "second"] * 2

    play(scene)


def test_a_lost_stream_leaves_what_was_asked_on_it_in_doubt(play):
    async def scene(s):
        s.entry.by_socket = frozenset({What.NEW, What.CANCEL})
        async with s.running() as link:
            await s.trusted()
            s.desk.live(2)
            link.send(s.desk.new())
            link.send(s.desk.call(What.CANCEL, 2))
            await until(lambda: s.venue.count(What.CANCEL))
            assert s.desk.told == [] and s.venue.asked[-1].number
            s.venue.streams[-1].connection.abort()
            await until(lambda: len(s.desk.told) == 2)
            words = "the connection was lost before its answer came"
            assert {(r.kind, r.order_id, r.words) for r in s.desk.told} == {
                (Kind.UNSURE, 1, words),
                (Kind.UNSURE, 2, words),
            }
            assert link.counts()["unanswered"] == 2

    play(scene)


def test_an_answer_on_the_socket_reaches_what_asked_for_it(play):
    async def scene(s):
        s.entry.by_socket = frozenset({What.NEW})
        async with s.running() as link:
            await s.trusted()
            link.send(s.desk.new(1))
            link.send(s.desk.new(2))
            await until(lambda: s.venue.count(What.NEW) == 2)
            numbers = {a.order_id: a.number for a in s.venue.asked if a.what is What.NEW}
            acks = [(numbers[i], Answered([status(i, Kind.ACK)])) for i in (2, 1)]
            s.venue.say(Heard(answers=[*acks, (999, Answered([status(3)]))]))
            await until(lambda: len(s.desk.told) == 2)
            assert [r.order_id for r in s.desk.told] == [2, 1]

    play(scene)


# What the stream says


def test_what_the_stream_does_not_say_is_asked_for_and_what_is_odd_is_told(play):
    async def scene(s):
        s.desk.live()
        order = s.desk.known.order(1)
        s.venue.answers[What.QUERY] = [Answered([total()])]
        async with s.running():
            await s.trusted()
            s.venue.say(Heard(ask=[Call(What.QUERY, order)], odd="a number of none of ours"))
            await until(lambda: s.desk.told)
            assert s.desk.kinds() == [Kind.FILLED_TOTAL]

    with structlog.testing.capture_logs() as logs:
        play(scene)
    told = "Nowhere orders: orders: a number of none of ours"
    assert told in [one["event"] for one in logs]


def test_what_is_to_be_said_first_is_said_on_the_same_socket(play):
    async def scene(s):
        s.venue.first = [Heard(say=["logon", "subscribe"])]
        async with s.running():
            await until(lambda: s.venue.streams and len(s.venue.streams[0].said) == 3)
            assert s.venue.streams[0].said == [b"hello", b"logon", b"subscribe"]

    play(scene)


# The dead man's switch


def test_a_venue_with_a_switch_is_told_as_soon_as_the_stream_stands_and_again(play):
    async def scene(s):
        s.entry.keep_s, s.venue.first = 0.02, []
        async with s.running():
            await until(lambda: s.venue.streams and s.venue.streams[0].said)
            await asyncio.sleep(0.05)
            assert s.venue.count(What.KEEP_ALIVE) == 0, "there is nothing to keep"
            s.venue.say(Heard(ready=True))
            await until(lambda: s.venue.count(What.KEEP_ALIVE) >= 3)
            s.venue.first = []
            s.venue.streams[-1].connection.abort()
            await until(lambda: len(s.venue.streams) == 2)
            await asyncio.sleep(0.03)
            before = s.venue.count(What.KEEP_ALIVE)
            await asyncio.sleep(0.05)
            assert s.venue.count(What.KEEP_ALIVE) == before

    play(scene)


def test_the_switch_is_set_at_once_though_it_is_told_seldom(play):
    async def scene(s):
        s.entry.keep_s = 1000.0
        async with s.running():
            await s.trusted()
            await until(lambda: s.venue.count(What.KEEP_ALIVE))

    play(scene)


def test_a_venue_that_does_not_take_its_keep_alive_is_told_of(play):
    async def scene(s):
        s.entry.keep_s = 0.01
        s.venue.answers[What.KEEP_ALIVE] = [Answered(fault="permission denied")]
        async with s.running():
            await until(lambda: s.venue.count(What.KEEP_ALIVE) >= 2)

    with structlog.testing.capture_logs() as logs:
        play(scene)
    told = [one["event"] for one in logs]
    assert told.count("Nowhere orders: keep alive: permission denied") == 1


# Its end


def test_a_failure_of_the_owners_ends_the_link_and_is_not_silent(play):
    """Whoever runs it is to know: a link that no longer compares looks like one with no news."""

    async def scene(s):
        def broken():
            raise RuntimeError("the journal is full")

        async with s.running() as link:
            await s.trusted()
            s.desk.behind = broken
            running = s.running_task
            s.venue.say(Heard([total()]))
            await until(running.done)
            assert "the journal is full" in repr(running.exception())
            assert link.counts()["trust"] >= 0
            s.running_task = None

    play(scene)


def test_a_link_that_ends_while_it_compares_leaves_nothing_running(play):
    async def scene(s):
        s.venue.hold = {What.OPEN}
        before = asyncio.all_tasks()
        async with s.running():
            await until(lambda: s.venue.count(What.OPEN))
        left = {task.get_name() + repr(task.get_coro()) for task in asyncio.all_tasks() - before}
        assert not [name for name in left if "NetworkLink" in name or "Sender" in name]

    play(scene)


@pytest.mark.parametrize("kind", [RuntimeError, DataError, OSError, ConnectionLost])
def test_a_failure_beside_the_stream_ends_the_link_whatever_it_fails_with(play, kind):
    """Else nobody would hear that the dead man's switch is set no more."""

    async def scene(s):
        def broken(fees):
            raise kind("nobody takes these")

        s.entry.tells_fees, s.desk.fees = True, broken
        async with s.running():
            running = s.running_task
            await until(running.done)
            assert "nobody takes these" in repr(running.exception())
            s.running_task = None

    play(scene)
