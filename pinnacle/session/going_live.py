"""Before a session is live: that it may be, and the key that its gateways sign with."""

import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.instruments import of_instrument
from pinnacle.plan.config import SessionConfig, VenuePlan
from pinnacle.vault.place import default_path
from pinnacle.vault.sealed import VaultKey
from pinnacle.vault.secrecy import keep_to_itself
from pinnacle.vault.unlock import ask_key
from pinnacle.vault.vault import Vault
from pinnacle.venues.orders.config import OrdersConfig


def agree(config: SessionConfig, path: Path, *, live: bool, agreed: bool) -> None:
    """Say what will be traded for real, and ask; UsageError if that is not wanted. Nothing happens
    where no venue is live."""
    venues = [venue for venue in config.venue_plans() if venue.live]
    if not venues:
        if live:
            raise UsageError(f"--live: no venue of {path} is live: session.mode says so")
        return
    if not live:
        raise UsageError(f"{path}: its orders are real: say --live (pinnacle rehearse comes first)")
    for line in terms_of(config, venues):
        print(line, flush=True)
    if agreed:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked: --yes, if orders are to be real")
    try:
        answer = input("orders will be real: go on? [y/N] ")
    except EOFError:
        print()
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise UsageError("not agreed: nothing was started")


def terms_of(config: SessionConfig, venues: Sequence[VenuePlan]) -> list[str]:
    """What will be traded, where, with which limits, a line each."""
    lines = []
    for venue in venues:
        orders = config_of(venue)
        here = " (on this machine)" if _is_here(orders) else ""
        lines.append(
            f"LIVE at {venue.name}{here}: orders to {orders.rest_url}, {orders.ws_url}, "
            f"signed with the key {orders.key or venue.config.kind}"
        )
        for instrument in config.instrument_list():
            limits = of_instrument(config.risk.limits, instrument)
            if instrument.venue_name == venue.name and limits is not None:
                lines.append(
                    f"  {instrument.symbol}: orders up to {limits.order_quantity_max}, position "
                    f"up to {limits.position_max}, {limits.open_orders_max} open orders, "
                    f"prices within {limits.collar_percent:g} %"
                )
    return lines


def _is_here(orders: OrdersConfig) -> bool:
    """Whether an exchange on this machine takes the orders, and no venue outside."""
    return all(urlsplit(u).hostname == "127.0.0.1" for u in (orders.rest_url, orders.ws_url))


def config_of(venue: VenuePlan) -> OrdersConfig:
    """Where it takes orders."""
    section = venue.config.orders[venue.config.kind]
    assert isinstance(section, OrdersConfig), "every venue's is one"
    return section


def opened_vault(config: SessionConfig) -> tuple[Path, VaultKey, Vault]:
    """The session's, where it is and its own key: asked for if nobody else says the password."""
    keep_to_itself()
    section = config.vault
    path = Path(section.file) if section.file else default_path()
    password = Path(section.password_file) if section.password_file else None
    key = ask_key(path, password, instead="[vault] password_file in the configuration")
    try:
        return path, key, Vault.open(path, key)
    except UsageError as error:
        raise ConfigError(str(error)) from None  # its password is the configuration's


def vault_key(config: SessionConfig) -> VaultKey | None:
    """The vault's, if any venue of the session is live. ConfigError if a venue's key is not in it,
    or of another venue."""
    live = [venue for venue in config.venue_plans() if venue.live]
    if not live:
        return None
    path, key, vault = opened_vault(config)
    for venue in live:
        kind = venue.config.kind
        name = config_of(venue).key or kind
        if name not in vault.entries:
            where = f"{venue.key('orders')}.{kind}.key"
            add = f"pinnacle vault set {kind}" + (f" --as {name}" if name != kind else "")
            raise ConfigError(f"{where}: {path} has no key {name}: {add}")
        owner = vault.entries[name].venue
        if owner != kind:
            where = f"{venue.key('orders')}.{kind}.key"
            raise ConfigError(f"{where}: the key {name} in {path} is of {owner}, not of {kind}")
    return key
