"""`pinnacle exchange fault`: asks a running exchange (commanded.py), and understands its answer."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pinnacle.core.errors import ConfigError, DataError, PeerLostError, UsageError
from pinnacle.core.private import private_bytes
from pinnacle.exchange.network.commanded import (
    PATH,
    TOKEN_HEADER,
    Begun,
    Command,
    FaultState,
    Refused,
    token_file,
)
from pinnacle.exchange.network.faults import check_names
from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.rest import NotSent, RestClient, Unanswered

TIMEOUT_S = 5.0
_TOKEN_BYTES_MAX = 256
_HERE = ("127.0.0.1", "localhost")


def begin_fault(at: str, ca_file: Path, name: str, lasts_s: float | None) -> Begun:
    """What the exchange there has done; UsageError, ConfigError, PeerLostError say why nothing."""
    check_names([name])
    return _asked(at, ca_file, "POST", msgspec.json.encode(Command(name, lasts_s)), Begun)


def fault_states(at: str, ca_file: Path) -> list[FaultState]:
    """What the exchange there does now, and has done; the same errors."""
    return _asked(at, ca_file, "GET", b"", list[FaultState])


def _asked(at: str, ca_file: Path, method: str, body: bytes, answer: Any) -> Any:
    port = _port(at)
    token = _token(token_file(ca_file.parent, port), at)
    try:
        status, content = asyncio.run(_asking(port, ca_file, method, token, body))
    except ConfigError as error:
        raise ConfigError(f"--ca-file: {error}") from None
    try:
        if status == 200:
            return msgspec.json.decode(content, type=answer)
        words = msgspec.json.decode(content, type=Refused).error
    except msgspec.MsgspecError:
        raise DataError(f"--at {at}: no exchange of this program answers there") from None
    raise UsageError(f"--at {at}: {words}")


def _token(path: Path, at: str) -> str:
    if not path.exists():
        raise PeerLostError(
            f"--at {at}: no exchange with its ca.pem in {path.parent} is served there: there is no "
            f"{path.name}; --ca-file names that of the one that is meant"
        )
    return private_bytes(path, _TOKEN_BYTES_MAX).decode().strip()


def _port(at: str) -> int:
    """UsageError unless it can be where an exchange is served: on this machine, over TLS."""
    try:
        url = urlsplit(at)
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    is_base = url.path in ("", "/") and not (url.query or url.fragment)
    if url.scheme != "https" or url.hostname not in _HERE or port is None or not is_base:
        raise UsageError(f"--at {at}: https://127.0.0.1:PORT is wanted")
    return port


async def _asking(
    port: int, ca_file: Path, method: str, token: str, body: bytes
) -> tuple[int, bytes]:
    access = Access(ConnectionConfig(ca_file=str(ca_file)))
    rest = RestClient(access, f"https://127.0.0.1:{port}", 1)
    try:
        answer = await rest.request(method, PATH, {TOKEN_HEADER: token}, body, TIMEOUT_S)
    except (NotSent, Unanswered) as error:
        where = f"https://127.0.0.1:{port}"
        raise PeerLostError(f"--at {where}: no exchange answers there: {error}") from None
    finally:
        await rest.close()
    return answer.status, answer.body
