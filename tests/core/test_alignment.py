"""Memory that a structure begins in: given, large enough, and aligned as its header says."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.memory import aligned_memory
from pinnacle.sim.market import market_config, market_rows
from tests.sim.simulated_market import params

LINE, WORD = 64, 8


def risk():
    terms = ffi.new("struct pmm_instrument *")
    limits = ffi.new("struct pmm_risk_limits *", [1, 1, 1, 1])
    session = ffi.new("struct pmm_risk_session *", [1, 1, 1])

    def init(memory, size):
        return lib.pmm_risk_init(memory, size, 4, terms, limits, 1, session)

    return lib.pmm_risk_memsize(4, 1), init


def orders():
    terms = ffi.new("struct pmm_orders_terms *", [1, 1, 0, 1, 4])

    def init(memory, size):
        return lib.pmm_orders_init(ffi.cast("struct pmm_orders *", memory), size, terms)

    return lib.pmm_orders_memsize(terms), init


def tally():
    def init(memory, size):
        return lib.pmm_tally_init(ffi.cast("struct pmm_tally *", memory), size, 4, 1, 0)

    return lib.pmm_tally_memsize(4, 1), init


def paper():
    config = ffi.new("struct pmm_paper_config *", {"orders": 4, "window": 4096, "far_capacity": 64})
    ids = ffi.new("uint32_t[]", [0])

    def init(memory, size):
        return lib.pmm_paper_init(memory, size, ids, 1, config)

    return lib.pmm_paper_memsize(1, config), init


def paper_venue():
    config = ffi.new("struct pmm_paper_venue_config *", {"orders": 4, "reports": 4096})
    config.paper.orders, config.paper.window, config.paper.far_capacity = 4, 4096, 64
    ids = ffi.new("uint32_t[]", [0])

    def init(memory, size):
        return lib.pmm_paper_venue_init(memory, size, ids, 1, config)

    return lib.pmm_paper_venue_memsize(1, config), init


def simulated_venue():
    config = market_config(seed=1, latency_in_ns=0, instruments=1, pending=4, number=0)
    rows = market_rows([params()])

    def init(memory, size):
        return lib.pmm_simulated_venue_init(memory, size, config, rows, 0)

    return lib.pmm_simulated_venue_memsize(config, rows, 0), init


@pytest.mark.parametrize(
    ("made", "alignment"),
    [
        (risk, WORD),
        (orders, WORD),
        (tally, WORD),
        (paper, LINE),
        (paper_venue, LINE),
        (simulated_venue, LINE),
    ],
)
def test_nothing_is_made_where_there_is_no_room_for_it(made, alignment):
    size, init = made()
    assert size > 0
    memory = aligned_memory(size + LINE)
    for wrong in (memory + alignment // 2, memory + 1):
        assert init(wrong, size) == lib.PMM_ERR_ARGUMENT
    assert init(memory, size - 1) == lib.PMM_ERR_ARGUMENT
    assert init(ffi.NULL, size) == lib.PMM_ERR_ARGUMENT
    assert init(memory + alignment, size) == 0
