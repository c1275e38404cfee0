"""The gateway's logic, made from configuration: records in, decisions out."""

from pinnacle.execution.orders import OrderTable
from pinnacle.gateway.config import GatewayConfig

#: Records that a turn takes from the rings: so many of them may come back withheld in the next one.
BATCH = 1024
#: Room for what a turn itself puts into the log: HALT, STOP, peers, the timer.
OWN_MAX = 64
#: What a turn takes at most: what was withheld, its own records, what the rings hold.
BATCH_MAX = BATCH + OWN_MAX + BATCH
_NS_PER_MS = 1_000_000


def counts(table: OrderTable) -> dict[str, int]:
    """For people: what its orders came to."""
    return {
        "open_orders": len(table.orders),
        "duplicate_fills": table.duplicates,
        "unknown_fills": table.unknown_fills,
        "inferred_fills": table.inferred,
        "unconfirmed_orders": table.unconfirmed,
        "overfills": table.overfilled,
        "adopted_orders": table.adopted,
        "missed_orders": table.misses,
        "unsure_answers": table.unsure,
    }


def make_table(config: GatewayConfig, *, live: bool = False) -> OrderTable:
    """An empty one with the configured timeouts and room; `live`: of a venue outside, which names
    its executions as it likes, and whose answers may be older than its orders."""
    return OrderTable(
        config.order_age_max_ms * _NS_PER_MS,
        config.answer_timeout_ms * _NS_PER_MS,
        config.orders_max,
        misses=config.misses if live else 1,
        miss_spread_ns=config.miss_spread_ms * _NS_PER_MS if live else 0,
        seen=live,
    )
