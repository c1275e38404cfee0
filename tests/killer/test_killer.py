"""The killer against a served exchange: what it cancels when a heart stops, and when nothing."""

import asyncio
import contextlib
import time

import structlog
from structlog.testing import LogCapture

from pinnacle.core.bell import Bell, ProcessState, create_bell
from pinnacle.core.clock import wall_ns
from pinnacle.core.credentials import Credentials
from pinnacle.core.instruments import table
from pinnacle.core.schema import Reason, Side
from pinnacle.core.segment import Mode
from pinnacle.exchange.network.commanded import Command, CommandedServer
from pinnacle.killer import killer as killer_module
from pinnacle.killer.heart import Heart
from pinnacle.killer.killer import Killer, Strangers
from pinnacle.venues.orders.port import Answered, Desk, What
from pinnacle.venues.registry import find
from pinnacle.venues.served.house import NewOrder, Status
from tests.exchange.network.exchanges import made

AFTER_S = 0.15
SILENT = "the gateway is silent: everything is cancelled"
NOTHING_OPEN = "nothing is open any more"


class Watched:
    """A gateway's segment, an exchange in this process, and a killer of its own key."""

    def __init__(self, folder):
        self.folder, self.log = folder, LogCapture()
        self.exchange = made(folder, keys=("gateway", "killer"))
        self.server = CommandedServer(self.exchange)
        self.segment = folder / "gateway.process"
        create_bell(self.segment, "gateway")
        self.gateway = Bell(self.segment, Mode.OWN)
        self.beats = True

    def begin(self):
        self.gateway.set_state(ProcessState.READY)
        self.gateway.segment.beat()

    def place(self, price=500_000):
        """Somebody's order, of the account."""
        order = self.exchange.house.place(
            self.exchange.open_keys[0], NewOrder(0, Side.BID, price, 10)
        )
        assert order.status is Status.OPEN
        return order

    def credentials(self):
        """The killer's own: the exchange's second key."""
        return Credentials(**self.exchange.open_keys[1].fields)

    def told(self):
        return [entry["event"] for entry in self.log.entries]

    async def until(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited for: {what}; {self.log.entries}"
            if self.beats:
                self.gateway.segment.beat()
            await asyncio.sleep(0.01)

    async def for_a_while(self, seconds=3 * AFTER_S):
        until = time.monotonic() + seconds
        await self.until(lambda: time.monotonic() > until, "the time")

    @contextlib.asynccontextmanager
    async def killer(self, key=None):
        venue = find("kraken")
        names = [terms.name for terms in self.exchange.terms]
        rows = table(self.exchange.instruments)
        desk = Desk(rows, names, Strangers(), wall_ns, self.folder)
        await self.server.open()
        config = venue.orders(**self.server.addresses, ca_file=str(self.exchange.ca_file))
        entry = venue.order_entry(config, key or self.credentials(), desk)
        log = structlog.wrap_logger(None, processors=[self.log])
        made = Killer(venue, config, entry, names[0], Heart(self.segment), AFTER_S, log)
        tasks = [asyncio.create_task(each.run()) for each in (self.server, made)]
        try:
            yield made
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.server.close()


def watched(scenario):
    """A test of a scenario, which gets a Watched."""

    def test(tmp_path, monkeypatch):
        monkeypatch.setattr(killer_module, "AGAIN_S", 0.1)
        monkeypatch.setattr(killer_module, "LIST_S", 0.1)
        found = Watched(tmp_path)
        try:
            asyncio.run(scenario(found))
        finally:
            found.gateway.close()

    test.__name__ = scenario.__name__
    return test


@watched
async def test_all_of_the_account_is_cancelled_when_a_heart_stops_and_that_is_told(self):
    orders = [self.place(), self.place(490_000)]
    async with self.killer() as killer:
        self.begin()
        await self.until(lambda: "ready: the venue takes the key" in self.told(), "the key")
        await self.for_a_while()
        assert [order.status for order in orders] == [Status.OPEN] * 2 and not killer.kills
        self.beats = False
        await self.until(lambda: NOTHING_OPEN in self.told(), "it is told")
        assert [order.status for order in orders] == [Status.CANCELLED] * 2
        assert {order.reason for order in orders} == {Reason.REQUESTED}
        assert killer.kills == 1 and self.told().count(SILENT) == 1


@watched
async def test_what_reaches_the_venue_behind_the_first_cancel_is_cancelled_as_well(self):
    async with self.killer() as killer:
        self.begin()
        self.beats = False
        await self.until(lambda: NOTHING_OPEN in self.told(), "all is cancelled")
        late = self.place()
        await self.until(lambda: late.status is Status.CANCELLED, "the late one too")
        assert killer.kills == 1


@watched
async def test_a_gateway_that_beats_again_is_left_alone(self):
    async with self.killer() as killer:
        self.begin()
        self.beats = False
        await self.until(lambda: NOTHING_OPEN in self.told(), "all is cancelled")
        self.beats = True
        await self.until(lambda: "the gateway is back" in self.told(), "it is back")
        order = self.place()
        await self.for_a_while()
        assert order.status is Status.OPEN and killer.kills == 1
        self.beats = False
        await self.until(lambda: order.status is Status.CANCELLED, "and watched again")
        assert killer.kills == 2


@watched
async def test_a_session_that_ends_in_order_is_left_alone(self):
    order = self.place()
    async with self.killer() as killer:
        self.begin()
        await self.for_a_while()
        self.beats = False
        self.gateway.set_state(ProcessState.STOPPING)
        self.gateway.close()
        await self.for_a_while()
        assert order.status is Status.OPEN and not killer.kills and SILENT not in self.told()


@watched
async def test_one_that_waits_for_a_session_cancels_nothing(self):
    order = self.place()
    async with self.killer() as killer:
        self.beats = False
        await self.for_a_while()
        assert order.status is Status.OPEN and not killer.kills


@watched
async def test_a_venue_that_does_not_take_it_is_asked_again_until_it_does(self):
    order = self.place()
    async with self.killer():
        self.begin()
        await self.until(lambda: "ready: the venue takes the key" in self.told(), "the key")
        self.server.command(Command("ban", 0.3))
        self.beats = False
        await self.until(lambda: order.status is Status.CANCELLED, "it is cancelled after all")
        await self.until(lambda: NOTHING_OPEN in self.told(), "and told")


@watched
async def test_a_key_that_the_venue_does_not_take_is_told_before_it_counts(self):
    wrong = Credentials(key="nobody", secret=self.credentials()["secret"])
    async with self.killer(wrong):
        self.begin()
        await self.until(lambda: "it could cancel nothing now" in self.told(), "it is told")
        assert "ready: the venue takes the key" not in self.told()


class Nameless:
    """A venue whose list of names cannot be had, until it `answers`."""

    def __init__(self, entry):
        self.answers, self.asked = False, 0
        self._real, entry.answered = entry.answered, self._answered

    def _answered(self, call, answer):
        if call.what is What.NAMES:
            self.asked += 1
            if not self.answers:
                return Answered(fault="no names")
        return self._real(call, answer)


@watched
async def test_who_does_not_know_the_venues_names_is_not_ready_and_asks_for_them_again(self):
    self.place()
    async with self.killer() as killer:
        venue = Nameless(killer._entry)
        self.begin()
        await self.until(lambda: venue.asked > 2, "names are asked for again")
        assert "ready: the venue takes the key" not in self.told()
        faults = [entry["why"] for entry in self.log.entries if entry["log_level"] == "error"]
        assert faults and set(faults) == {"names: no names"}
        venue.answers = True
        await self.until(lambda: "ready: the venue takes the key" in self.told(), "the key")
        (ready,) = [e for e in self.log.entries if e["log_level"] == "info"]
        asked = venue.asked
        assert ready["listed"] == 1
        await self.for_a_while()
        assert venue.asked == asked, "once it has them"


@watched
async def test_a_list_without_names_is_no_proof_that_nothing_is_open(self):
    order = self.place()
    async with self.killer() as killer:
        venue = Nameless(killer._entry)
        self.begin()
        self.beats = False
        await self.until(lambda: order.status is Status.CANCELLED, "it is cancelled all the same")
        await self.for_a_while()
        assert NOTHING_OPEN not in self.told()
        venue.answers = True
        await self.until(lambda: NOTHING_OPEN in self.told(), "it is told once that is known")
