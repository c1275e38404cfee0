"""Where Kraken's REST takes what is asked."""

from pinnacle.venues.orders.port import What

PATHS = {
    What.TOKEN: "/0/private/GetWebSocketsToken",
    What.NEW: "/0/private/AddOrder",
    What.REPLACE: "/0/private/AmendOrder",
    What.CANCEL: "/0/private/CancelOrder",
    What.CANCEL_ALL: "/0/private/CancelAll",
    What.KEEP_ALIVE: "/0/private/CancelAllOrdersAfter",
    What.OPEN: "/0/private/OpenOrders",
    What.FILLS: "/0/private/TradesHistory",
    What.BALANCES: "/0/private/BalanceEx",
    What.FEES: "/0/private/TradeVolume",
    What.QUERY: "/0/private/QueryOrders",
}
#: Of orders without a name: see unnamed.py.
CLOSED = "/0/private/ClosedOrders"
