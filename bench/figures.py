"""The figures in the order of the table: one module each, which measures and judges its rows."""

MODULES = (
    "ring_round_trip",
    "ring_throughput",
    "ring_wakeup",
    "book_l2",
    "book_l3",
    "matching",
    "venues",
    "journal_append",
    "journal_recovery",
    "seqlock",
    "risk",
    "orders",
    "quoting",
    "desk",
    "decode",
    "crossing",
    "stages",
    "tick_to_order",
    "sustained",
    "footprint",
)
