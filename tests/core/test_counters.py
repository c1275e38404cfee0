"""Counters and histograms: labelled, bounded, exact to 1/32, and readable from elsewhere."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.counters import BUCKET_FLOORS, Counters, CountersReader, create_counters
from pinnacle.core.errors import LayoutError, NativeError, OwnedError
from pinnacle.core.segment import SegmentKind, create_segment, peek

VALUES = st.integers(0, 2**40 - 1)


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "counters"
    create_counters(target, 4, 2, "feed")
    return target


def fresh_histogram():
    return ffi.new("struct pmm_histogram *")


def test_a_counter_shows_the_last_value_of_its_label_in_the_order_of_their_first(path):
    with Counters(path) as counters, CountersReader(path) as reader:
        counters.show(self=1, **{"orders sent": 41})
        counters.show(**{"ring depth": -7, "orders sent": 42})
        assert list(reader.values().items()) == [
            ("self", 1),
            ("orders sent", 42),
            ("ring depth", -7),
        ]
        assert lib.pmm_counter_find(counters.handle, b"orders sent") == 1
        lib.pmm_counter_add(counters.handle, 1, 3)
        assert reader.values()["orders sent"] == 45


def test_a_reader_sees_labels_that_are_made_after_it_opened(path):
    with CountersReader(path) as reader:
        assert (reader.values(), reader.histograms()) == ({}, {})
        with Counters(path) as counters:
            counters.show(late=0)
            counters.histogram("later").record(5)
        assert reader.values() == {"late": 0}
        assert reader.summaries()["later"].max == 5


def test_a_restarted_owner_finds_its_counters_with_their_values(path):
    with Counters(path) as counters:
        counters.show(orders=3, fills=1)
        counters.histogram("latency").record(1000)
    with Counters(path) as counters, CountersReader(path) as reader:
        counters.show(fills=2)
        assert reader.values() == {"orders": 3, "fills": 2}
        assert counters.histogram("latency").summary().count == 1


def test_a_counter_without_room_is_told_once_counts_nothing_and_ends_nobody(path):
    missing = []
    with Counters(path, missing.append) as counters:
        longest = "é" * 27 + "x"
        with pytest.raises(NativeError, match="bad argument"):
            counters.show(**{"": 1})
        counters.show(**{longest: 1}, a=2, b=3, c=4)
        before = path.read_bytes()
        for label in (longest + "x", "d", "d"):
            counters.show(**{label: 5})
        assert missing == [longest + "x", "d"]
        assert path.read_bytes() == before


def test_a_histogram_without_room_is_told_once_and_takes_what_it_is_given(path):
    missing = []
    with Counters(path, missing.append) as counters, CountersReader(path) as reader:
        counters.histogram("a")
        counters.histogram("b")
        before = path.read_bytes()
        for label in ("c", "c", "x" * 56):
            nowhere = counters.histogram(label)
            nowhere.record(5)
            assert nowhere.summary().count == 1
        assert missing == ["c", "x" * 56]
        assert path.read_bytes() == before
        assert list(reader.summaries()) == ["a", "b"]


def test_a_stray_handle_writes_nothing(path):
    with Counters(path) as counters:
        counters.show(one=1)
        before = path.read_bytes()
        for handle in (-1, 1, 4, 2**31 - 1):
            lib.pmm_counter_add(counters.handle, handle, 1)
            lib.pmm_counter_set(counters.handle, handle, 9)
            assert lib.pmm_counter_get(counters.handle, handle) == 0
        assert path.read_bytes() == before


def test_counters_have_one_owner_and_other_segments_are_refused(path, tmp_path):
    with Counters(path), pytest.raises(OwnedError):
        Counters(path)
    print_ = peek(path).fingerprint
    create_segment(tmp_path / "size", SegmentKind.COUNTERS, print_, 64, "x")
    create_segment(tmp_path / "kind", SegmentKind.RING, print_, 4096, "x")
    for name in ("size", "kind"):
        with pytest.raises(LayoutError):
            CountersReader(tmp_path / name)
    with pytest.raises(NativeError, match="bad argument"):
        create_counters(tmp_path / "huge", 10**6, 1, "x")


def test_closed_counters_say_so(path):
    reader = CountersReader(path)
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.values()


def test_the_buckets_cover_the_range_without_gap_or_overlap():
    assert BUCKET_FLOORS[0] == 0
    assert (np.diff(BUCKET_FLOORS) > 0).all()
    assert lib.pmm_histogram_bucket_floor(lib.PMM_HISTOGRAM_BUCKETS) == 2**40
    widths = np.diff(np.append(BUCKET_FLOORS, 2**40))
    assert (widths[32:] * 32 <= BUCKET_FLOORS[32:]).all()
    assert (widths[:32] == 1).all()


@given(VALUES)
def test_a_value_falls_into_the_bucket_that_begins_at_or_below_it(value):
    histogram = fresh_histogram()
    lib.pmm_histogram_record(histogram, value)
    (bucket,) = np.flatnonzero(np.frombuffer(ffi.buffer(histogram.buckets), "<u8"))
    assert bucket == np.searchsorted(BUCKET_FLOORS, value, side="right") - 1


@given(st.lists(VALUES, min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_is_within_one_thirty_second_of_the_exact_one(values, q):
    histogram = fresh_histogram()
    for value in values:
        lib.pmm_histogram_record(histogram, value)
    exact = sorted(values)[max(math.ceil(q * len(values)), 1) - 1]
    found = lib.pmm_histogram_quantile(histogram, q)
    assert exact <= found <= exact + exact // 32
    assert found <= max(values)


def test_quantiles_of_a_long_tail_agree_with_numpy(path):
    values = np.random.default_rng(7).lognormal(8, 1.5, 50_000).astype(np.int64)
    with Counters(path) as counters:
        histogram = counters.histogram("round trip")
        for value in values.tolist():
            histogram.record(value)
        summary = histogram.summary()
    assert summary.count == len(values)
    assert summary.max == values.max()
    assert summary.mean == values.mean()
    for q, found in ((0.5, summary.p50), (0.99, summary.p99), (0.999, summary.p999)):
        exact = np.quantile(values, q, method="inverted_cdf")
        assert exact <= found <= exact * 33 / 32


def test_values_beyond_the_range_count_and_keep_their_maximum():
    histogram = fresh_histogram()
    for value in (-5, 2**40, 2**62):
        lib.pmm_histogram_record(histogram, value)
    assert (histogram.count, histogram.max, histogram.buckets[0]) == (3, 2**62, 1)
    assert histogram.buckets[lib.PMM_HISTOGRAM_BUCKETS - 1] == 2
    assert lib.pmm_histogram_quantile(histogram, 1.0) == 2**62
    assert lib.pmm_histogram_quantile(histogram, 0.0) == 0


def test_an_empty_histogram_is_all_zero(path):
    with Counters(path) as counters:
        summary = counters.histogram("none").summary()
    assert (summary.count, summary.mean, summary.p50, summary.max) == (0, 0.0, 0, 0)


def test_c_code_records_into_the_histogram_that_the_monitor_reads(path):
    with Counters(path) as counters, CountersReader(path) as reader:
        histogram = counters.histogram("from C")
        lib.pmm_histogram_record(histogram.cdata, 77)
        seen = reader.histograms()["from C"]
        assert (seen.buckets() == histogram.buckets()).all()
        assert seen.quantile(0.5) == 77


def test_another_process_reads_what_the_owner_counts(path):
    code = (
        "import sys; from pinnacle.core.counters import CountersReader\n"
        "reader = CountersReader(sys.argv[1])\n"
        "print(reader.values(), reader.summaries()['latency'].p50)"
    )
    with Counters(path) as counters:
        counters.show(orders=12)
        counters.histogram("latency").record(20)
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
    assert done.stdout == "{'orders': 12} 20\n"
