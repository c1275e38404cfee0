"""`pinnacle killer`: from a session's configuration to the killer of one of its gateways."""

import asyncio
import contextlib
import signal
from pathlib import Path

from pinnacle.core.clock import wall_ns
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.instruments import table
from pinnacle.killer.heart import Heart
from pinnacle.killer.killer import Killer, Strangers
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import SessionConfig, VenuePlan
from pinnacle.runtime import log as logging
from pinnacle.session.going_live import config_of
from pinnacle.session.keys import opened_vault
from pinnacle.venues import registry
from pinnacle.venues.orders.nonces import nonce_folder
from pinnacle.venues.orders.port import Desk


async def watch(
    config_path: Path,
    name: str | None,
    venue: str | None,
    key: str | None,
    after_s: float,
    as_json: bool,
) -> int:
    """Until SIGTERM or SIGINT. `key`: VENUE-killer if not given. The exit code."""
    config = load_session(config_path)
    plan = _meant(config, config_path, venue)
    section = config_of(plan)
    own, key = section.key or plan.config.kind, key or f"{plan.config.kind}-killer"
    if key == own:
        raise UsageError(f"--key {key}: is the gateway's own: nonces and limits are a key's")
    file, _, vault = opened_vault(config)
    if key not in vault.entries:
        add = f"pinnacle vault set {plan.config.kind} --as {key}"
        raise ConfigError(f"{file}: has no key {key}: {add}")
    credentials = vault.credentials(key)
    if vault.entries[key].venue != plan.config.kind:
        raise ConfigError(f"{file}: the key {key} is of {vault.entries[key].venue}")
    kind = registry.find(plan.config.kind)
    instruments = [i for i in config.instrument_list() if i.venue_name == plan.name]
    rows = table(instruments)
    desk = Desk(rows, kind.names(rows), Strangers(), wall_ns, nonce_folder())
    entry = kind.order_entry(section, credentials, desk)
    gateway = f"gateway.{plan.tail}" if plan.tail else "gateway"
    segment = config.paths(name).process(gateway)
    log = logging.setup("killer", as_json=as_json)
    log.info("watching", gateway=str(segment), venue=plan.name, key=key, after_s=after_s)
    killer = Killer(kind, section, entry, kind.names(rows)[0], Heart(segment), after_s, log)
    task = asyncio.create_task(killer.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return 0


def _meant(config: SessionConfig, path: Path, venue: str | None) -> VenuePlan:
    live = [plan for plan in config.venue_plans() if plan.live]
    if not live:
        raise UsageError(f"{path}: no venue of it is live: session.mode says so")
    meant = [plan for plan in live if venue in (None, plan.name)]
    if len(meant) == 1:
        return meant[0]
    names = ", ".join(plan.name for plan in live)
    raise UsageError(f"--venue: one of the session's live venues must be said: {names}")
