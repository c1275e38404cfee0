"""What each venue says of one instrument, and a server that says it."""

import contextlib
import http.server
import json
import threading

from pinnacle.venues.registry import find
from pinnacle.venues.transport.certificates import make_certificates

BINANCE = {
    "symbols": [
        {
            "symbol": "BTCUSDT",
            "status": "TRADING",
            "baseAsset": "BTC",
            "quoteAsset": "USDT",
            "filters": [
                {"filterType": "PRICE_FILTER", "tickSize": "0.01000000", "minPrice": "0.01"},
                {"filterType": "LOT_SIZE", "stepSize": "0.00001000", "minQty": "0.00001000"},
                {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
            ],
        }
    ]
}
COINBASE = {
    "product_id": "BTC-USD",
    "base_currency_id": "BTC",
    "quote_currency_id": "USD",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "price_increment": "0.01",
    "base_min_size": "0.00000001",
    "quote_min_size": "1",
    "status": "online",
}
EXCHANGE = {
    "id": "BTC-USD",
    "base_currency": "BTC",
    "quote_currency": "USD",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "min_market_funds": "1",
    "status": "online",
}
GEMINI = {
    "symbol": "btcusd",
    "base_currency": "BTC",
    "quote_currency": "USD",
    "tick_size": 1e-8,
    "quote_increment": 0.01,
    "min_order_size": "0.00001",
    "status": "open",
}
KRAKEN = {
    "wsname": "XBT/USD",
    "pair_decimals": 1,
    "lot_decimals": 8,
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}
BITSTAMP = {
    "name": "BTC/USD",
    "market_symbol": "btcusd",
    "base_decimals": 8,
    "counter_decimals": 0,
    "trading": "Enabled",
    "minimum_order_value": "10",
}
REPLIES = {
    "binance": BINANCE,
    "bitstamp": [BITSTAMP],
    "coinbase": {"products": [COINBASE]},
    "coinbase_exchange": [EXCHANGE],
    "gemini": [GEMINI],
    "kraken": {"error": [], "result": {"XXBTZUSD": KRAKEN}},
}
LISTED = {
    "binance": ("BTCUSDT", "BTC-USDT", "0.01", "0.00001", "0.00001", "5"),
    "bitstamp": ("btcusd", "BTC-USD", "1", "0.00000001", "", "10"),
    "coinbase": ("BTC-USD", "BTC-USD", "0.01", "0.00000001", "0.00000001", "1"),
    "coinbase_exchange": ("BTC-USD", "BTC-USD", "0.01", "0.00000001", "", "1"),
    "gemini": ("BTCUSD", "BTC-USD", "0.01", "0.00000001", "0.00001", ""),
    "kraken": ("BTC/USD", "BTC-USD", "0.1", "0.00000001", "0.00005", "0.5"),
}
PRICES = {
    "binance": {"symbol": "BTCUSDT", "price": "65086.18"},
    "bitstamp": {"last": "65086.18", "bid": "65086.00", "ask": "65086.20"},
    "coinbase": {"product_id": "BTC-USD", "price": "65086.18"},
    "coinbase_exchange": {"price": "65086.18", "size": "0.1"},
    "gemini": {"bid": "65086.00", "ask": "65086.20", "last": "65086.18"},
    "kraken": {"error": [], "result": {"XXBTZUSD": {"c": ["65086.18", "0.1"]}}},
}
#: Where each venue says the price of the instrument above, as its own documentation has it.
PRICE_PATHS = {
    "binance": "/api/v3/ticker/price?symbol=BTCUSDT",
    "bitstamp": "/api/v2/ticker/btcusd/",
    "coinbase": "/api/v3/brokerage/market/products/BTC-USD",
    "coinbase_exchange": "/products/BTC-USD/ticker",
    "gemini": "/v1/pubticker/btcusd",
    "kraken": "/0/public/Ticker?pair=BTCUSD",
}
#: What each venue answers to who asks for its time, in s; those that have no such thing, anything.
CLOCKS = {
    "binance": lambda now_s: b'{"serverTime":%d}' % (now_s * 1000),
    "bitstamp": lambda now_s: b"{}",
    "coinbase": lambda now_s: (
        b'{"iso":"x","epochSeconds":"%d","epochMillis":"%d"}' % (now_s, now_s * 1000)
    ),
    "coinbase_exchange": lambda now_s: b'{"iso":"x","epoch":%.3f}' % (int(now_s * 1000) / 1000),
    "gemini": lambda now_s: b"{}",
    "kraken": lambda now_s: b'{"error":[],"result":{"unixtime":%d,"rfc1123":"x"}}' % now_s,
}
#: And where.
CLOCK_PATHS = {
    "binance": "/api/v3/time",
    "bitstamp": "/api/v2/ticker/btcusd/",
    "coinbase": "/api/v3/brokerage/time",
    "coinbase_exchange": "/time",
    "gemini": "/v1/pubticker/btcusd",
    "kraken": "/0/public/Time",
}


@contextlib.contextmanager
def listing_server(folder):
    """(URL, ca_file) of all venues in one: their paths differ. `folder` is for certificates."""
    answers = {PRICE_PATHS[venue]: json.dumps(PRICES[venue]) for venue in PRICES}
    answers |= {find(venue).reference().path(): json.dumps(REPLIES[venue]) for venue in REPLIES}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer = answers.get(self.path)
            self.send_response(200 if answer else 404)
            self.end_headers()
            self.wfile.write((answer or "no such thing").encode())

        def log_message(self, *words):
            pass

    ca_file, context = make_certificates(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", ca_file
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
