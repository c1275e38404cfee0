"""What may be set about any connection to a venue; a venue's own section adds where it is."""

import importlib.util
import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from pinnacle.core.config import Section

Url = Annotated[str, Meta(min_length=8, max_length=2048)]
Connections = Annotated[int, Meta(ge=1, le=4)]
Wait = Annotated[int, Meta(ge=1, le=3_600_000)]


class ConnectionConfig(Section, frozen=True):
    """All times are milliseconds.

    ca_file              PEM of the only authority to trust; None: the system's
    stale_ms             a connection on which no frame comes for so long is given up
    book_stale_ms        a book of which nothing comes for so long begins anew
    connect_timeout_ms   to connect, again for the subscription to be acknowledged, and again for
                         a snapshot that comes in the stream
    backoff_min_ms, backoff_max_ms: between attempts, doubling and jittered
    instruments_per_connection: more of them are spread over several; None: what the venue takes
    queue_frames         frames read ahead of the process; beyond it TCP holds the venue back
    transport            who speaks WebSocket: "picows" is quicker and has to be installed

    These hold for the WebSocket and for the requests beside it:

    certificate_sha256   the server's own certificate must be one of these, in hexadecimal digits,
                         and be verified all the same; none: verified is enough
    ip_version           4 or 6; None: either
    bind_address         the machine's own address that connections come from; None: the kernel's
    proxy                http://[user:password@]host:port, which is asked to CONNECT; the host of
                         the venue is then looked up there, and the two above are of the way to it
    """

    ca_file: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    stale_ms: Wait = 10_000
    book_stale_ms: Wait = 300_000
    connect_timeout_ms: Wait = 10_000
    backoff_min_ms: Wait = 500
    backoff_max_ms: Wait = 30_000
    instruments_per_connection: Annotated[int, Meta(ge=1, le=1024)] | None = None
    queue_frames: Annotated[int, Meta(ge=1, le=1_000_000)] = 4096
    transport: Literal["websockets", "picows"] = "websockets"
    certificate_sha256: list[str] = []
    ip_version: Literal[4, 6] | None = None
    bind_address: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    proxy: Annotated[str, Meta(min_length=1, max_length=2048)] | None = None

    def __post_init__(self) -> None:
        if self.backoff_max_ms < self.backoff_min_ms:
            raise ValueError(
                f"backoff_max_ms: must not be below backoff_min_ms ({self.backoff_min_ms})"
            )
        if self.transport == "picows" and importlib.util.find_spec("picows") is None:
            raise ValueError(
                "transport: picows is not installed: pip install 'pinnacle-mm[fast]', "
                'or transport = "websockets"'
            )
        for pin in self.certificate_sha256:
            if not re.fullmatch("[0-9a-f]{64}", plain_pin(pin)):
                raise ValueError(f"certificate_sha256: {pin!r} is not 64 hexadecimal digits")
        if self.bind_address is not None:
            _check_address(self.bind_address, self.ip_version)
        if self.proxy is not None:
            _check_proxy(self.proxy)


class RestConfig(ConnectionConfig, frozen=True, kw_only=True):
    """Of a venue that answers requests, too, about its instruments for one:

    rest_url     the base of their addresses; https only
    listing_ms   how often the venue is asked whether its instruments are as they were
    """

    rest_url: Url
    listing_ms: Wait = 300_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("rest_url", self.rest_url, "https")


def check_tls(key: str, url: str, scheme: str) -> None:
    """ValueError with the key if a URL is not `scheme`://, or names no host."""
    if not url.startswith(f"{scheme}://"):
        raise ValueError(f"{key}: {url!r} is not {scheme}://: TLS is not optional")
    fault = _fault(url)
    if fault is not None:
        raise ValueError(f"{key}: {url!r} {fault}")


def plain_pin(text: str) -> str:
    """A fingerprint without the colons that tools put into it."""
    return text.replace(":", "").lower()


def _check_address(text: str, version: int | None) -> None:
    try:
        found = ipaddress.ip_address(text).version
    except ValueError:
        raise ValueError(f"bind_address: {text!r} is no IP address") from None
    if version not in (None, found):
        raise ValueError(f"bind_address: {text} is not of ip_version {version}")


def _check_proxy(url: str) -> None:
    """What is wrong is told without the URL: it may hold a password."""
    try:
        parts = urlsplit(url)
        good = parts.scheme == "http" and _is_host(parts.hostname or "") and bool(parts.port)
    except ValueError:
        good = False
    if not good or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("proxy: must be http://[user:password@]host:port")


def _fault(url: str) -> str | None:
    if not url.isprintable() or " " in url:
        return "has a character that no URL has"
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        host = None
    if not host:
        return "has no host, or no port that there could be"
    if not _is_host(host):
        return f"has a host that there cannot be: {host}"
    return "has a fragment, which no server is asked for" if "#" in url else None


def _is_host(name: str) -> bool:
    """Whether it is an address, or a name as it can be looked up."""
    try:
        if ":" in name:
            return bool(ipaddress.ip_address(name))
        return bool(re.fullmatch(rb"[A-Za-z0-9_.-]{1,253}", name.encode("idna")))
    except ValueError:
        return False
