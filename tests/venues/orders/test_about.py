"""Reports about an order that the gateway knows: with its terms where nothing else is said."""

import pytest

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.orders.about import report
from pinnacle.venues.orders.port import Order

ORDER = Order(7, 1, Side.ASK, 100, 5, "client")


@pytest.mark.parametrize(("said", "lots"), [(None, 5), (3, 3), (0, 0)])
def test_a_report_is_of_all_of_its_order_or_of_what_is_said_be_it_nothing(said, lots):
    told = report(Kind.CANCELLED, ORDER, said)
    assert (told.order_id, told.row, told.side, told.price, told.quantity) == (
        7,
        1,
        Side.ASK,
        100,
        lots,
    )
