"""A checkpoint shortens a restart and never changes what it comes back to."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import msgspec
import numpy as np
import pytest
import structlog
from msgspec import structs

from pinnacle.core.checkpoint import FILE, Checkpoints, _read
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.decision_log import LogReplay
from pinnacle.core.errors import CorruptError
from pinnacle.core.journal_reader import HEADER_BYTES, JournalReader, scan
from pinnacle.core.schema import EVENT, Flag, Kind, Side, Source, events_pointer
from pinnacle.exchange.config import ExchangeConfig, TradersConfig
from pinnacle.exchange.paper import PaperVenue
from pinnacle.exchange.simulated import SimulatedVenue
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.orders import OrderTable
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.strategy.config import MarketMakerConfig, StrategyConfig
from pinnacle.strategy.host import StrategyHost
from tests.core.mortal_process import Doubler, World
from tests.records import ORIGIN, batch, book_of, event, instruments

ROOT = Path(__file__).resolve().parents[2]


class Frozen(Doubler):
    """The doubler, with a state in two pieces."""

    def freeze(self):
        state = self.total.to_bytes(8, "little")
        return [state[:1], state[1:]]

    def thaw(self, state):
        self.total = int.from_bytes(b"".join(state), "little")
        return True


class Saved(World):
    """A world whose process keeps checkpoints."""

    origin = ORIGIN

    def start(self, logic=None):
        super().start_stage()
        self.logic = logic or Frozen()
        log = structlog.get_logger()
        self.checkpoints = Checkpoints(self.stage, self.logic, self.origin, 30, log)
        self.recover(checkpoints=self.checkpoints)

    def live(self, turns):
        for _ in range(turns):
            self.send(5)
            self.turn()
        return self

    def save(self):
        self.checkpoints.save()
        self.checkpoints.wait()


@pytest.fixture
def world(tmp_path):
    made = Saved(tmp_path)
    made.send(5)
    made.turn()
    made.save()
    made.send(4)
    made.turn()
    made.die()
    return made


def test_only_the_tail_is_replayed_and_the_state_is_the_same(world):
    world.start()
    assert world.found.replayed < world.found.records
    assert world.logic.total == sum(range(1, 10)) * 3
    world.send(1)
    world.turn()
    assert world.received()["order_id"].tolist() == list(range(1, 11))


def test_decisions_cut_short_after_a_checkpoint_are_finished(tmp_path):
    world = Saved(tmp_path)
    world.send(5)
    world.turn()
    world.save()
    world.die_before_giving(4)
    world.start()
    assert world.found.pushed == 4
    assert world.received()["order_id"].tolist() == list(range(1, 10))


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0], ids=["magic", "head", "state"])
def test_a_damaged_checkpoint_is_passed_over(world, place):
    path = world.folder / "journal" / FILE
    content = bytearray(path.read_bytes())
    content[round(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)
    world.start()
    assert world.found.replayed == world.found.records
    assert world.logic.total == sum(range(1, 10)) * 3


def loaded(world, head_of):
    """What is made of the last checkpoint under another head."""
    head, state = _read(world.folder / "journal" / FILE)
    writer = world.checkpoints._writer
    writer.copy(state)
    writer.write(msgspec.msgpack.encode(head_of(head)))
    writer.wait()
    return world.checkpoints.load(JournalReader(world.folder / "journal"))


@pytest.mark.parametrize(("index", "fits"), [(0, False), (1, True), (13, True), (14, False)])
def test_a_checkpoint_is_one_of_a_record_that_the_journal_has(tmp_path, index, fits):
    world = Saved(tmp_path).live(1)
    world.save()
    commits = JournalReader(tmp_path / "journal").array()["commit"]
    commit = int(commits[min(index, 13) - 1])
    found = loaded(world, lambda head: structs.replace(head, index=index, commit=commit))
    assert (found is not None) == fits


def test_a_whole_checkpoint_with_a_head_of_another_version_is_passed_over(tmp_path):
    world = Saved(tmp_path)
    world.save()
    assert loaded(world, lambda head: ["another version"]) is None


@pytest.mark.parametrize(("period_s", "copies"), [(0, 0), (30, 1)])
def test_who_will_save_copies_a_state_at_once_so_that_the_first_copy_is_quick(
    tmp_path, period_s, copies
):
    class Counted(Frozen):
        frozen = 0

        def freeze(self):
            self.frozen += 1
            return super().freeze()

    world, logic = World(tmp_path), Counted()
    Checkpoints(world.stage, logic, ORIGIN, period_s, structlog.get_logger())
    assert logic.frozen == copies


def test_a_checkpoint_at_the_journals_end_leaves_nothing_to_replay(tmp_path):
    world = Saved(tmp_path).live(1)
    world.save()
    world.die()
    world.start()
    assert (world.found.replayed, world.logic.total) == (0, sum(range(1, 6)) * 3)


def test_a_checkpoint_can_be_read_by_who_can_read_the_journal_whatever_the_umask(world):
    path = world.folder / "journal" / FILE
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("part", ["configuration", "instruments", "build"])
def test_a_checkpoint_of_another_origin_is_passed_over(world, part):
    world.origin = ORIGIN._replace(**{part: 77})
    world.start()
    assert world.found.replayed == world.found.records


def test_a_checkpoint_of_records_that_are_not_there_is_passed_over(world):
    """A power cut took the journal's tail; what was written since has the same indexes."""
    path = world.folder / "journal" / FILE
    saved = path.read_bytes()
    for file in (world.folder / "journal").glob("*"):
        file.unlink()
    path.write_bytes(saved)
    world.start()
    assert world.found.records == 0


def without_the_last(journal, n):
    """What a power cut leaves: the last n records are not there."""
    keep = len(JournalReader(journal)) - n
    with (journal / "000000.pmj").open("r+b") as file:
        file.seek(HEADER_BYTES + keep * EVENT.itemsize)
        file.write(bytes(n * EVENT.itemsize))


def test_a_checkpoint_beyond_the_journals_end_is_passed_over(world):
    without_the_last(world.folder / "journal", 9)  # the eight behind the checkpoint, and one of its
    world.start()
    assert 0 < world.found.records == world.found.replayed


def test_a_checkpoint_of_a_record_that_another_took_the_place_of_is_passed_over(tmp_path):
    """After a power cut the same journal has grown past the checkpoint again, otherwise."""
    world = Saved(tmp_path)
    world.send(5)
    world.turn()
    world.save()
    world.die()
    path = tmp_path / "journal" / FILE
    saved = path.read_bytes()
    without_the_last(tmp_path / "journal", 10)  # five inputs and what came of them
    path.unlink()
    world.start()
    world.send(5)
    world.turn()
    world.die()
    path.write_bytes(saved)
    world.start()
    assert world.found.replayed == world.found.records


def test_a_disk_that_takes_its_time_over_a_checkpoint_holds_nobody_up(tmp_path, monkeypatch):
    world = Saved(tmp_path)
    world.send(5)
    world.turn()
    begun, goes_on, allocate = Event(), Event(), os.posix_fallocate

    def slowly(*arguments):
        begun.set()
        goes_on.wait()
        allocate(*arguments)

    monkeypatch.setattr(os, "posix_fallocate", slowly)
    world.checkpoints.save()
    begun.wait()
    world.send(4)
    world.turn()
    world.checkpoints.save()  # the first is under way: this one is left out
    goes_on.set()
    world.checkpoints.wait()
    world.die()
    world.start()
    assert world.logic.total == sum(range(1, 10)) * 3
    assert world.found.replayed == 4 + 4  # what the second save would have spared


def test_a_checkpoint_that_cannot_be_written_is_a_warning(tmp_path):
    with structlog.testing.capture_logs() as said:
        world = Saved(tmp_path)
        world.send(5)
        world.turn()
        (tmp_path / "journal" / f"{FILE}.tmp").mkdir()
        world.save()
    (line,) = said
    assert line["log_level"] == "warning"
    assert "Is a directory" in line["error"]
    world.die()
    world.start()
    assert world.found.replayed == world.found.records


def test_logic_that_cannot_be_frozen_goes_on_without_a_checkpoint(tmp_path):
    class Unfrozen(Frozen):
        def freeze(self):
            return None

    world = Saved(tmp_path)
    world.die()
    world.start(Unfrozen())
    world.live(1).save()
    assert not (tmp_path / "journal" / FILE).exists()
    assert world.received()["order_id"].tolist() == [1, 2, 3, 4, 5]


def test_a_failure_is_told_once_and_its_end_too(tmp_path):
    temporary, told = tmp_path / "journal" / f"{FILE}.tmp", []

    def save_twice():
        for _ in range(2):
            world.save()
            told.append([line["log_level"] for line in said])

    with structlog.testing.capture_logs() as said:
        world = Saved(tmp_path)
        world.live(1)
        temporary.mkdir()
        save_twice()
        temporary.rmdir()
        save_twice()
    assert told == [["warning"]] * 2 + [["warning", "info"]] * 2
    assert (tmp_path / "journal" / FILE).exists()


def test_a_write_that_fails_leaves_nothing_and_the_last_checkpoint(world, monkeypatch):
    world.start()
    path = world.folder / "journal" / FILE
    before = path.read_bytes()

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    world.live(1)
    world.save()
    assert path.read_bytes() == before
    assert not path.with_name(f"{FILE}.tmp").exists()


def test_what_one_who_was_killed_left_of_a_checkpoint_takes_no_room_for_long(world):
    left = world.folder / "journal" / f"{FILE}.tmp"
    left.write_bytes(bytes(1000))
    world.start()
    assert not left.exists()


SMALL_DISK = """
import os, sys
from pathlib import Path
import structlog
from tests.core.test_checkpoint import FILE, Frozen, Old

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

class Large(Frozen):
    size = 0
    def freeze(self):
        return [bytes(self.size)]

class Disk(Old):
    per_file = 1024

folder = Path(sys.argv[1])
world = Disk(folder)
world.die()
world.start(Large())
world.live(1)
disk, allocate, allocated = os.statvfs(folder), os.posix_fallocate, []
os.posix_fallocate = lambda *a: (allocated.append(a), allocate(*a))
free, room = disk.f_bavail * disk.f_frsize, world.journal.file_bytes
for size in (free, free - room, free - room - 8192, free - room - 8192):
    world.logic.size = size
    world.save()
    path = folder / "journal" / FILE
    print(path.exists() and path.stat().st_size > size, path.with_name(FILE + ".tmp").exists())
while world.journal.count < 1024:  # and the journal finds its room
    world.live(1)
    world.received()
world.live(1)
print(sorted(p.name for p in (folder / "journal").glob("*.pmj")), len(allocated))
"""


def test_a_checkpoint_leaves_the_journal_the_room_of_its_next_file_on_a_real_disk(tmp_path):
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    mounted = ["unshare", "--mount", *user, "sh", "-euc"]
    mounted += ['mount -t tmpfs -o size=2m none "$0"; "$@"', tmp_path]
    if subprocess.run([*mounted, "true"], capture_output=True).returncode:
        pytest.skip("this container may not mount a small disk")
    command = [*mounted, sys.executable, "-c", SMALL_DISK, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    *saves, files = done.stdout.splitlines()
    # Too large, larger than is left over, just right; the last has no room beside the one before.
    assert saves == ["False False", "False False", "True False", "True False"]
    # Nobody took room, not for a moment, that was not there.
    assert files == "['000000.pmj', '000001.pmj'] 1"


class Old(Saved):
    """A journal of many files; the last checkpoint is behind so many turns of ten records."""

    per_file = 64

    def path_of(self, record):
        return self.folder / "journal" / f"{record // 64:06d}.pmj"

    def damage(self, record):
        with self.path_of(record).open("r+b") as file:
            file.seek(HEADER_BYTES + record % 64 * EVENT.itemsize + 20)
            file.write(b"\xff")


def test_a_start_without_a_checkpoint_looks_at_every_record_once(tmp_path):
    world = Old(tmp_path).live(100)
    world.die()
    world.start()
    assert world.found.checked == world.found.replayed == world.found.records > 1000


def test_a_start_from_a_checkpoint_looks_at_the_newest_files_and_what_is_behind_it(tmp_path):
    world = Old(tmp_path).live(80)
    world.save()
    world.live(20).die()
    world.start()
    assert world.found.replayed == world.found.checked == 200
    world.save()
    world.live(1).die()
    world.start()
    assert world.found.replayed < 20
    assert world.found.checked <= 3 * 64  # the files that a crash may have left unfinished


def test_a_replay_says_that_it_goes_on_at_every_piece(tmp_path):
    world = Old(tmp_path).live(100)
    world.die()
    world.start_stage()
    world.logic, steps = Frozen(), []
    world.recover(progress=lambda: steps.append(world.logic.total))
    assert len(steps) >= world.found.records // 64
    assert steps == sorted(steps) and steps[0] < steps[-1]


def test_damage_behind_the_checkpoint_stops_the_start_before_anything_is_appended(tmp_path):
    world = Old(tmp_path).live(80)
    world.save()
    world.live(40).die()
    world.damage(900)
    before = {path: path.read_bytes() for path in (tmp_path / "journal").glob("*.pmj")}
    with pytest.raises(CorruptError, match=r"000014\.pmj, record 900, byte "):
        world.start()
    world.journal.close()
    for path, content in before.items():
        assert path.read_bytes() == content
    assert (scan(tmp_path / "journal").corrupt, scan(tmp_path / "journal").bad_record) == (
        True,
        900,
    )


def test_damage_before_the_checkpoint_is_left_to_a_scan(tmp_path):
    world = Old(tmp_path).live(80)
    world.save()
    world.live(40).die()
    world.damage(200)
    world.start()
    assert world.logic.total == sum(range(1, world.sent + 1)) * 3
    assert scan(tmp_path / "journal").bad_record == 200


MARKET = ExchangeConfig(seed=3, traders={"X": TradersConfig(price="100", limit_orders_per_s=500)})
PAPER = ExchangeConfig(kind="paper", latency_in_us=3000, latency_out_us=2000)
STRATEGY = StrategyConfig(
    market_maker={"X": MarketMakerConfig(quote_quantity="1", inventory_max="10", levels=3)}
)
RISK = RiskConfig(limits={"X": LimitsConfig(order_quantity_max="9", position_max="99")})
SECOND = 1_000_000_000


def ticks(n):
    return [
        event(Kind.TIMER, recv_ns=SECOND + i * 10_000_000, flags=Flag.BATCH_END) for i in range(n)
    ]


def orders(n):
    rows = []
    for i in range(1, n):
        common = {"order_id": i, "price": 9990 + i % 7, "quantity": 1000, "recv_ns": SECOND + i}
        rows.append(event(Kind.NEW, side=Side.BID, source=Source.RISK, **common))
        rows.append(event(Kind.ACK, side=Side.BID, source=Source.GATEWAY, **common))
        if i % 3 == 0:
            rows.append(event(Kind.FILL, side=Side.BID, aux=i, source=Source.GATEWAY, **common))
    return rows


def books(n):
    rows = [book_of([(9990, 5), (9989, 7)], [(10_010, 5)], recv_ns=SECOND)]
    for i in range(n):
        at = SECOND + i * 1_000_000
        side, price = (Side.BID, 9980 + i % 10) if i % 2 else (Side.ASK, 10_010 + i % 10)
        rows.append(
            event(
                Kind.DEPTH, side=side, price=price, quantity=1 + i % 5, recv_ns=at, flags=Flag.LAST
            )
        )
    return rows


def paper(n):
    """A real market, and orders that rest in it, are filled by trades, and are on their way."""
    rows = []
    for i, depth in enumerate(books(n)):
        rows.append(depth)
        at = SECOND + i * 1_000_000
        common = {"side": Side.BID, "price": 9990 - i % 3, "recv_ns": at}
        if i % 4 == 0:
            rows.append(
                event(Kind.NEW, order_id=1 + i, quantity=5, source=Source.GATEWAY, **common)
            )
        if i % 3 == 0:
            common |= {"side": Side.ASK, "quantity": 3, "source": Source.FEED}
            rows.append(event(Kind.TRADE, **common))
    return rows


LOGIC = {
    "strategy": (lambda: StrategyHost(instruments("X"), STRATEGY), books(120)),
    "risk": (lambda: RiskGate(instruments("X"), RISK), orders(80)),
    "gateway": (lambda: OrderTable(GatewayConfig()), orders(80)),
    "exchange": (lambda: SimulatedVenue(instruments("X"), MARKET), ticks(200)),
    "paper exchange": (lambda: PaperVenue(instruments("X"), PAPER), paper(120)),
}


@pytest.mark.parametrize("name", LOGIC)
def test_every_process_goes_on_from_its_frozen_state_as_if_nothing_had_been(name):
    make, rows = LOGIC[name]
    half = len(rows) // 2
    whole = make()
    first = [run(whole, row) for row in rows[:half]]
    thawed = make()
    assert thawed.thaw(whole.freeze())
    later = [run(whole, row) for row in rows[half:]]
    again = [run(thawed, row) for row in rows[half:]]
    assert sum(map(len, first)) + sum(map(len, later)) > 0
    for one, other in zip(later, again, strict=True):
        assert one.tobytes() == other.tobytes()
    same = list(map(bytes, whole.freeze())) == list(map(bytes, thawed.freeze()))
    assert same or name == "strategy"  # its desk points to its books


def run(logic, row):
    events = batch(row)
    decided = np.ascontiguousarray(logic.decided(events_pointer(events), len(events))).copy()
    market = getattr(logic, "market", None)
    return decided if market is None else np.concatenate([decided, market])


@pytest.mark.parametrize("name", LOGIC)
def test_a_state_of_another_shape_is_refused(name):
    make, _ = LOGIC[name]
    assert make().thaw([b"\x91\xc4\x00"]) is False


def test_a_whole_replay_after_checkpoints_finds_no_difference(world):
    world.start()
    replay = LogReplay(Frozen().decided, Source.RISK)
    reader, index = JournalReader(world.folder / "journal"), 0
    for chunk in reader.chunks():
        replay.feed(chunk, index)
        index += len(chunk)
    replay.finish(index)
    assert replay.difference_count == 0


def test_a_checkpoint_is_saved_once_it_is_due_and_not_before(tmp_path):
    begun = monotonic_ns()
    made = Saved(tmp_path)
    made.send(1)
    made.turn()
    saver = made.checkpoints
    assert saver._next_ns >= begun + saver._period_ns, "the first one is a period away"
    saver._period_ns, saver._next_ns = 0, 0
    saver.save_if_due()
    saver.wait()
    assert not saver._path.exists(), "a period of 0 never saves"
    saver._period_ns = 3600 * 10**9
    saver._next_ns = monotonic_ns() + saver._period_ns
    saver.save_if_due()
    saver.wait()
    assert not saver._path.exists()
    saver._next_ns = monotonic_ns()
    saver.save_if_due()
    saver.wait()
    saver._path.unlink()
    saver.save_if_due()
    saver.wait()
    assert not saver._path.exists(), "the next one is a period away"
