"""A paper session on a market that Coinbase Exchange gives only to who has a key."""

import time
import tomllib

from pinnacle.core.toml import toml_text
from pinnacle.vault.vault import Entry
from pinnacle.venues.coinbase_exchange.serving import KNOWN
from tests.vault.kept import PASSWORD, made_vault

SOURCE = "binance-paper.toml"
_SYMBOLS = {"BTCUSDT": "BTC-USD", "ETHUSDT": "ETH-USD"}
_BY_SYMBOL = (("strategy", "market_maker"), ("risk", "limits"))
NOWHERE = {"ws_url": "wss://127.0.0.1:1", "rest_url": "https://127.0.0.1:1"}
#: Whom the server of recordings knows.
ENTRY = Entry("coinbase_exchange", time.time_ns(), KNOWN.fields())


def keyed(folder, addresses=NOWHERE, entries=None, change=lambda tables: None, **feed):
    """A change of SOURCE's text: this venue at these addresses, with a vault in `folder` that has
    these entries; `feed` is more of its table, `change` changes all tables."""
    kept = folder / "kept"
    kept.mkdir(parents=True)
    entries = {"coinbase_exchange": ENTRY} if entries is None else entries
    vault, _ = made_vault(kept, **entries)
    password = folder / "password"
    password.write_bytes(PASSWORD + b"\n")
    password.chmod(0o600)

    def changed(text):
        tables = tomllib.loads(text)
        tables["session"]["venue"] = "coinbase_exchange"
        for instrument in tables["instruments"]:
            instrument["symbol"] = _SYMBOLS[instrument["symbol"]]
        for section, table in _BY_SYMBOL:
            found = tables[section][table]
            tables[section][table] = {_SYMBOLS[name]: found[name] for name in found}
        where = {
            key: addresses[key] for key in ("ws_url", "rest_url", "ca_file") if key in addresses
        }
        tables["feed"] = {"coinbase_exchange": where | {"book": "level2"} | feed}
        tables["vault"] = {"file": str(vault), "password_file": str(password)}
        change(tables)
        return toml_text(tables)

    return changed
