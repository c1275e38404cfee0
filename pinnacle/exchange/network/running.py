"""`pinnacle exchange serve`: from its options to its end."""

import asyncio
import json
import re
import signal
import socket
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pinnacle.core.config import convert
from pinnacle.core.errors import UsageError
from pinnacle.core.output import write_whole
from pinnacle.core.toml import read_toml
from pinnacle.exchange.network.commanded import CommandedServer
from pinnacle.exchange.network.config import ServedConfig
from pinnacle.exchange.network.faults import Planned, check_names
from pinnacle.exchange.network.making import MadeExchange
from pinnacle.venues.port import VenueKind


async def serve_exchange(
    venue: VenueKind[Any],
    config: Path,
    certificates: Path,
    ledger: Path | None,
    seed: int,
    port: int,
    duration_s: float | None,
    plan: Sequence[Planned],
    as_json: bool,
    say: Callable[[str], object],
) -> None:
    """Until the duration, SIGINT or SIGTERM."""
    served = read_served(venue, config)
    if ledger is not None and ledger.is_file() and ledger.stat().st_size:
        raise UsageError(f"--ledger {ledger}: is there already, and what it tells would be lost")
    _check_port(port)  # before anything is written: the keys there may be another exchange's
    # The second one is for who watches the first one's owner: pinnacle killer.
    names = (venue.name, f"{venue.name}-killer")
    keys = {name: venue.exchange_side().new_key() for name in names}
    try:
        made = MadeExchange(venue, served, keys, certificates, ledger, seed, port)
    except OSError as error:
        raise UsageError(f"--ledger {ledger}: {error.strerror}") from None
    server = CommandedServer(made, plan)
    for name, key in keys.items():
        path = certificates / f"{name}-key.json"
        write_whole(path, json.dumps(key.given) + "\n", 0o600)
    try:
        await server.open()
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}") from None
    token = server.write_token(certificates)
    _tell(server, made, certificates, token, as_json, say)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    running = asyncio.create_task(server.run())
    try:
        waiting = asyncio.create_task(ended.wait())
        await asyncio.wait(
            [running, waiting], timeout=duration_s, return_when=asyncio.FIRST_COMPLETED
        )
        if running.done():
            running.result()
    finally:
        running.cancel()
        await server.close()
        made.close()
        token.unlink(missing_ok=True)


def _check_port(port: int) -> None:
    """UsageError if it cannot be bound."""
    try:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(("127.0.0.1", port))
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}") from None


def _tell(
    server: CommandedServer,
    made: MadeExchange,
    certificates: Path,
    token: Path,
    as_json: bool,
    say: Callable[[str], object],
) -> None:
    """Where it is, as a session's configuration has it."""
    market, orders = server.market_addresses, server.addresses
    at = f"https://127.0.0.1:{server.port}"
    venue = made.side.VENUE
    key_file, killer_key_file = (certificates / f"{venue}{x}-key.json" for x in ("", "-killer"))
    if as_json:
        where: dict[str, Any] = {"market": market, "orders": orders, "faults_at": at}
        files = {
            "ca_file": made.ca_file,
            "key_file": key_file,
            "killer_key_file": killer_key_file,
            "token_file": token,
        }
        say(json.dumps(where | {name: str(path) for name, path in files.items()}))
        return
    for section, table in (("feed", market), ("orders", orders)):
        say(f"[{section}.{venue}]")
        for key, value in table.items():
            say(f'{key} = "{value}"')
        say(f'ca_file = "{made.ca_file}"')
    say(f"# its key, another at each start: pinnacle vault set {venue} --from {key_file}")
    killer = f"{venue} --as {venue}-killer"
    say(f"# that of pinnacle killer: pinnacle vault set {killer} --from {killer_key_file}")
    say(f"# faults: pinnacle exchange fault NAME --at {at} --ca-file {made.ca_file}")


def read_plan(path: Path, never: Collection[str] = ()) -> list[Planned]:
    """What is to be done when, of a file; UsageError if it is none, with the line or the key, and
    for a fault that there is not, or `never` at this venue."""
    try:
        content = path.read_bytes()
        plan = msgspec.json.decode(content, type=list[Planned])
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: not a plan of faults: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        line = _line_of(error, content)
        raise UsageError(f"{path}: line {line}: not a plan of faults: {error}") from None
    try:
        check_names([planned.name for planned in plan], never)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    return plan


def _line_of(error: Exception, content: bytes) -> int:
    """Where JSON is broken; at its end, where the error says nothing else."""
    found = re.search(r"\(byte (\d+)\)", str(error))
    return 1 + content[: int(found[1]) if found else len(content)].count(b"\n")


def read_served(venue: VenueKind[Any], config: Path) -> ServedConfig:
    """What of a configuration file the exchange is made from; ConfigError names the key."""
    data = read_toml(config)
    wanted = {name: data[name] for name in ServedConfig.__struct_fields__ if name in data}
    served = convert(wanted, ServedConfig, config)
    if not served.venues:
        return served
    named = {name for name, table in served.venues.items() if table.kind == venue.name}
    mine = [msgspec.structs.replace(i, venue=None) for i in served.instruments if i.venue in named]
    return msgspec.structs.replace(served, instruments=mine)
