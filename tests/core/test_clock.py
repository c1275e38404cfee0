"""The counter's clock: its arithmetic on given samples, and against the kernel's clocks."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.clock import Clock, ClockNews, monotonic_ns, wall_ns

MS = 1_000_000
SECOND = 1_000 * MS
#: A counter of 2.5 ticks a ns, on a host that has been up for a while.
TICKS_PER_NS = 2.5
UP_NS, UTC_NS = 5_000 * SECOND, 1_800_000_000 * SECOND
BEGIN_TICKS = 77 * 10**12
CLOCKSOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")


def at(clock, ticks):
    """The time of a clock's line at a counter reading, None if out of reach."""
    out = ffi.new("int64_t *")
    return out[0] if lib.pmm_clock_at(clock, ticks, out) else None


class Host:
    """A kernel's clocks and a counter, moved by hand; and a clock that follows them."""

    def __init__(self):
        self.ticks, self.monotonic, self.wall = BEGIN_TICKS, UP_NS, UTC_NS
        start = {"counted": 1, "session_offset_ns": UTC_NS - UP_NS}
        self.clock = ffi.new("struct pmm_clock *", start)

    def passes(self, ns, ppm=0.0):
        """ns of the counter's time; the kernel's clocks run faster by ppm."""
        self.ticks += round(ns * TICKS_PER_NS)
        kernel = round(ns * (1 + ppm / 1e6))
        self.monotonic += kernel
        self.wall += kernel

    def sample(self, noise=0, width=200):
        return ffi.new(
            "struct pmm_clock_sample *",
            {
                "ticks": self.ticks,
                "width_ticks": width,
                "monotonic_ns": self.monotonic + noise,
                "wall_ns": self.wall + round(width / 2 / TICKS_PER_NS) + noise,
            },
        )

    def adjust(self, **how):
        return lib.pmm_clock_adjust(self.clock, self.sample(**how))

    def calibrated(self):
        assert self.adjust() == ClockNews.BEGUN
        self.passes(20 * MS)
        assert self.adjust() == ClockNews.FOLLOWED
        return self

    def read(self):
        return at(self.clock, self.ticks)

    def error(self):
        return self.read() - self.monotonic


def test_a_clock_knows_nothing_before_its_second_sample():
    host = Host()
    assert host.read() is None
    host.adjust()
    host.passes(MS)
    assert host.read() is None
    assert host.adjust() == ClockNews.KEPT, "too short to measure a rate"
    host.passes(10 * MS)
    assert host.adjust() == ClockNews.FOLLOWED
    assert host.read() is not None


@given(st.integers(0, 99 * MS))
def test_between_calibrations_the_time_is_that_of_the_kernel(ns):
    host = Host().calibrated()
    host.passes(ns)
    assert abs(host.error()) <= 2


def test_a_calibration_holds_for_a_tenth_of_a_second_and_not_longer():
    host = Host().calibrated()
    host.passes(lib.PMM_CLOCK_VALID_NS - 1000)
    assert host.read() is not None
    host.passes(2000)
    assert host.read() is None


def test_a_counter_before_the_last_sample_is_out_of_reach():
    host = Host().calibrated()
    host.ticks -= 1
    assert host.read() is None


@given(
    st.lists(
        st.tuples(st.integers(6 * MS, 90 * MS), st.floats(-500, 500), st.integers(-40, 40)),
        max_size=40,
    )
)
def test_reads_stay_within_the_stated_bound_whatever_ntp_does(intervals):
    host = Host().calibrated()
    before_noise, before_ppm, before_ns = 0, 0.0, 20 * MS
    for ns, ppm, noise in intervals:
        host.passes(ns, ppm)
        # What is averaged may lag behind by SETTLED_PPM.
        rate = (abs(before_noise) + 40) / before_ns + abs(ppm - before_ppm) / 1e6 + 5e-6
        assert abs(host.error()) <= abs(before_noise) + ns * rate + 3
        assert host.adjust(noise=noise) == ClockNews.FOLLOWED
        before_noise, before_ppm, before_ns = noise, ppm, ns
    assert host.clock.steps == 0


def test_a_lasting_change_of_rate_is_followed_within_two_samples():
    host = Host().calibrated()
    host.passes(20 * MS, 500)
    assert abs(host.error()) == pytest.approx(10_000, abs=5)
    host.adjust()
    assert host.clock.drift_ns == pytest.approx(10_000, abs=5)
    host.passes(20 * MS, 500)
    assert abs(host.error()) <= 5


def test_a_small_change_of_rate_is_averaged_in_and_one_noisy_sample_is_not_believed():
    host = Host().calibrated()
    for _ in range(40):
        host.passes(20 * MS, 4)
        assert host.adjust() == ClockNews.FOLLOWED
    host.passes(20 * MS, 4)
    assert abs(host.error()) <= 2
    host.adjust(noise=80)
    host.passes(20 * MS, 4)
    # The noise itself, and an eighth of the rate that it pretends.
    assert abs(host.error()) <= 80 + 10 + 2


@given(st.integers(-(10**18), 10**18).filter(lambda ns: abs(ns) >= lib.PMM_CLOCK_STEP_NS + 1000))
def test_a_wall_clock_that_is_set_is_counted_once_and_moves_no_time(step):
    host = Host().calibrated()
    host.wall += step
    host.passes(20 * MS)
    assert host.adjust() == ClockNews.FOLLOWED
    assert abs(host.error()) <= 2
    assert host.clock.session_offset_ns == UTC_NS - UP_NS
    for _ in range(3):
        host.passes(20 * MS)
        assert host.adjust() == ClockNews.FOLLOWED
        assert abs(host.error()) <= 2
    assert host.clock.steps == 1
    assert host.clock.step_ns == pytest.approx(step, abs=1000)
    assert host.clock.wall_ahead_ns == pytest.approx(step, abs=1000)


def test_steps_that_are_each_too_small_to_be_one_add_up():
    host = Host().calibrated()
    for _ in range(10):
        host.wall += lib.PMM_CLOCK_STEP_NS // 4
        host.passes(20 * MS)
        host.adjust()
    assert host.clock.steps in (2, 3)
    assert host.clock.wall_ahead_ns >= 2 * lib.PMM_CLOCK_STEP_NS


def test_a_wall_clock_that_was_set_while_the_process_stood_still_is_noticed():
    host = Host().calibrated()
    host.wall -= 3600 * SECOND
    host.passes(60 * SECOND)
    assert host.adjust() == ClockNews.BEGUN
    assert host.clock.steps == 1
    assert host.clock.step_ns == pytest.approx(-3600 * SECOND, abs=1000)


def test_a_sample_of_the_greatest_width_is_followed():
    host = Host().calibrated()
    host.passes(20 * MS)
    assert host.adjust(width=lib.PMM_CLOCK_WIDTH_TICKS_MAX) == ClockNews.FOLLOWED


def test_a_counter_that_leaps_before_any_rate_is_known_begins_the_line_anew():
    host = Host()
    host.adjust()
    host.passes(20 * MS)
    host.ticks += 2**60
    assert host.adjust() == ClockNews.BEGUN
    host.passes(20 * MS)
    assert host.adjust() == ClockNews.FOLLOWED


@pytest.mark.parametrize("width", [lib.PMM_CLOCK_WIDTH_TICKS_MAX + 1, 2**40])
def test_a_sample_that_was_interrupted_changes_nothing(width):
    host = Host().calibrated()
    before = bytes(ffi.buffer(host.clock))
    host.passes(20 * MS)
    assert host.adjust(width=width, noise=10**6) == ClockNews.KEPT
    assert bytes(ffi.buffer(host.clock)) == before


@pytest.mark.parametrize(
    "disturb",
    [
        lambda host: setattr(host, "ticks", 1000),
        lambda host: setattr(host, "ticks", host.ticks + 10**9),
        lambda host: setattr(host, "ticks", host.ticks - round(20 * MS * TICKS_PER_NS)),
        lambda host: setattr(host, "monotonic", host.monotonic - SECOND),
        lambda host: host.passes(5 * SECOND),
    ],
    ids=["set back", "stopped host", "stuck", "monotonic back", "asleep"],
)
def test_after_the_impossible_the_line_begins_anew(disturb):
    host = Host().calibrated()
    host.passes(20 * MS)
    disturb(host)
    assert host.adjust() == ClockNews.BEGUN
    assert host.read() is None
    host.passes(20 * MS)
    assert host.adjust() == ClockNews.FOLLOWED
    assert abs(host.error()) <= 2
    assert host.clock.begun == 2


@pytest.mark.parametrize(
    ("name", "invariant", "trusted"),
    [
        (b"tsc", 1, True),
        (b"kvm-clock", 1, True),
        (b"tsc", 0, False),
        (b"hpet", 1, False),
        (b"tsc-early", 1, False),
        (b"", 1, False),
    ],
)
def test_the_counter_is_trusted_where_the_kernel_trusts_it(name, invariant, trusted):
    assert bool(lib.pmm_clock_trusted(name, invariant)) is trusted


def test_this_machines_counter_is_used_if_its_kernel_uses_it():
    source = CLOCKSOURCE.read_text(encoding="utf-8").strip() if CLOCKSOURCE.exists() else ""
    invariant = "constant_tsc" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    assert Clock().counted == (source in {"tsc", "kvm-clock"} and invariant)


def calibrated(**how):
    clock = Clock(**how)
    while clock.recalibrate() != ClockNews.FOLLOWED:
        time.sleep(0.006)
    return clock


@pytest.mark.parametrize("use_counter", [True, False], ids=["counter", "kernel"])
def test_for_a_second_of_recalibration_time_never_goes_back_and_is_the_kernels(use_counter):
    clock = calibrated(use_counter=use_counter)
    until = monotonic_ns() + SECOND
    next_ns = last = last_session = widest = 0
    while last < until:
        before = monotonic_ns()
        now, session = clock.monotonic_ns(), clock.session_ns()
        after = monotonic_ns()
        assert now >= last
        assert session >= last_session
        # Drift as the calibrations themselves saw it, and a microsecond.
        widest = 1000 + clock.drift_max_ns
        assert before - widest <= now <= after + widest
        assert before - widest <= session - clock.cdata.session_offset_ns <= after + widest
        last, last_session = now, session
        if now >= next_ns:
            clock.recalibrate()
            next_ns = now + 20 * MS
    assert clock.counted or not use_counter
    # 500 ppm, over the longest time that a calibration holds.
    assert widest <= 51_000


def test_without_the_counter_a_read_is_the_kernels_clock_and_steps_are_seen_all_the_same():
    clock = calibrated(use_counter=False)
    assert not clock.counted
    assert clock.cdata.valid_ticks == 0
    assert monotonic_ns() <= clock.monotonic_ns() <= monotonic_ns()
    steps = clock.steps
    # As if the wall clock had been another one at the last sample.
    clock.cdata.wall_ahead_ns -= SECOND
    while clock.recalibrate() == ClockNews.KEPT:
        time.sleep(0.006)
    assert clock.steps == steps + 1
    assert clock.step_ns == pytest.approx(SECOND, abs=MS)


def test_a_process_that_stops_calibrating_reads_the_kernels_clock():
    clock = calibrated()
    clock.cdata.rate //= 2  # a line that leads astray
    time.sleep(0.11)
    assert monotonic_ns() <= clock.monotonic_ns() <= monotonic_ns()


def test_a_line_that_ran_ahead_stands_still_until_the_kernel_has_caught_up():
    clock = calibrated(use_counter=False)
    ahead = clock.cdata.last_monotonic_ns = monotonic_ns() + 60 * SECOND
    assert clock.monotonic_ns() == ahead
    assert clock.session_ns() == ahead + clock.cdata.session_offset_ns
    caught_up = clock.cdata.last_monotonic_ns = monotonic_ns()
    time.sleep(0.001)
    assert clock.monotonic_ns() > caught_up


def test_the_clocks_of_a_session_count_from_its_start_whatever_the_wall_clock_says_now():
    one, two = Clock(), Clock(use_counter=False)
    began = monotonic_ns()
    for clock in (one, two):
        clock.anchor(UTC_NS, began)
    before = one.session_ns()
    assert UTC_NS <= before <= two.session_ns() <= one.session_ns()
    assert one.steps == 0, "a session that began in another year is no step"
    assert one.wall_ahead_ns == pytest.approx(wall_ns() - before, abs=SECOND)


#: A process that calibrates a clock of its own and gives it away, byte for byte, when asked.
ANOTHER = """
import sys
from pinnacle.core._native import ffi
from pinnacle.core.clock import Clock
clock = Clock()
while sys.stdin.buffer.read(1):
    clock.recalibrate()
    sys.stdout.buffer.write(bytes(ffi.buffer(clock.cdata)))
    sys.stdout.buffer.flush()
"""


def test_the_clocks_of_two_processes_agree_to_the_microsecond():
    clock = calibrated()
    theirs = ffi.new("struct pmm_clock *")
    differences = []
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        while len(differences) < 40:
            time.sleep(0.01)
            clock.recalibrate()
            process.stdin.write(b"?")
            process.stdin.flush()
            ffi.buffer(theirs)[:] = process.stdout.read(ffi.sizeof(theirs[0]))
            if not clock.counted:
                assert theirs.valid_ticks == 0, "both read the kernel's clocks"
                break
            # Both lines at one and the same counter reading: no delay between two looks.
            ticks = lib.pmm_clock_sample(clock.cdata).ticks
            ours, others = at(clock.cdata, ticks), at(theirs, ticks)
            if ours and others:
                differences.append(abs(ours - others))
        process.stdin.close()
    bound = 1000 + clock.drift_max_ns + theirs.drift_max_ns
    assert all(difference <= bound for difference in differences)
    assert sorted(differences)[len(differences) // 2 :][:1] <= [1000]
