"""How a venue is reached: by its streams and its requests alike, over sockets opened here alone."""

import asyncio
import base64
import hashlib
import ipaddress
import re
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec.json import encode

from pinnacle.core.errors import ConfigError
from pinnacle.core.kept import open_kept
from pinnacle.venues.transport.config import ConnectionConfig, plain_pin
from pinnacle.venues.transport.patience import Patience

#: Of a proxy's answer to CONNECT; one that says more is none.
PROXY_BYTES_MAX = 64 * 1024
#: By what leads there; a process has a few, and keeps them.
_ACCESSES: dict[tuple[type, bytes], "Access"] = {}
_FAMILIES = {None: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}
#: What a name is said to have none of: addresses of this version of IP.
_NOT_OF_THE_FAMILY = (socket.EAI_ADDRFAMILY, socket.EAI_NODATA)


def access_of(config: ConnectionConfig) -> "Access":
    """That of everybody in this process who reaches a venue as this says: a venue bans addresses,
    whoever of those behind it has asked too much."""
    key = type(config), encode(config)
    if key not in _ACCESSES:
        _ACCESSES[key] = Access(config)
    return _ACCESSES[key]


def authority_fault(path: str) -> str | None:
    """Why a file cannot be a ca_file; None: it can."""
    try:
        open_kept(Path(path)).close()  # what is no file might be waited for
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(cafile=path)
    except ssl.SSLError:
        return "holds no certificate, or a broken one: PEM is wanted"
    except OSError as error:
        return error.strerror or str(error)
    # A file of revocations alone is read without a word.
    return None if made.cert_store_stats()["x509"] else "holds no certificate"


class Access:
    """One venue's: whoever connects to it shares this one (`access_of`).

    config     what may be set about it
    patience   until when the venue wants to hear nothing
    """

    def __init__(self, config: ConnectionConfig):
        self.config = config
        self.patience = Patience()
        self._tls: ssl.SSLContext | None = None

    def tls(self, url: str, *, anew: bool = False) -> ssl.SSLContext | None:
        """What a URL's server is verified with; None where it is without TLS.

        anew   read the authorities again: the file may have been replaced

        ConfigError if ca_file cannot be read. A certificate that is not pinned fails the handshake
        of what is made from the context's `wrap_bio`, before anything was said.
        """
        if not url.startswith(("wss:", "https:")):
            return None
        if anew or self._tls is None:
            self._tls = self._context()
        return self._tls

    async def dial(self, host: str, port: int) -> socket.socket:
        """A TCP connection to there, through the proxy if there is one; OSError says why not."""
        config = self.config
        if config.proxy is None:
            return await self._connected(host, port)
        proxy = urlsplit(config.proxy)
        assert proxy.hostname is not None and proxy.port is not None  # the section has seen it
        try:
            made = await self._connected(proxy.hostname, proxy.port)
            try:
                await _tunnel(made, host, port, proxy.username, proxy.password)
            except BaseException:
                made.close()
                raise
        except OSError as error:
            words = f"proxy {proxy.hostname}:{proxy.port}: {error}"
            raise ConnectionError(words) from None
        return made

    async def _connected(self, host: str, port: int) -> socket.socket:
        """To the first of the host's addresses that answers."""
        loop, bound = asyncio.get_running_loop(), self.config.bind_address
        found = await self._addresses(host, port)
        failures: list[OSError] = []
        for kind, style, number, _, address in found:
            made = socket.socket(kind, style, number)
            try:
                made.setblocking(False)
                # Not every loop does so by itself.
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if bound is not None:
                    _bind(made, bound)
                await loop.sock_connect(made, address)
            except OSError as error:
                made.close()
                failures.append(error)
            except BaseException:
                made.close()
                raise
            else:
                return made
        raise failures[0] if len(failures) == 1 else OSError("; ".join(map(str, failures)))

    async def _addresses(self, host: str, port: int) -> list[Any]:
        """Of the version of IP that is said, or that the machine's own address is of."""
        version, bound = self.config.ip_version, self.config.bind_address
        key = f"ip_version {version}"
        if bound is not None:
            version, key = ipaddress.ip_address(bound).version, f"bind_address {bound}"
        loop, family = asyncio.get_running_loop(), _FAMILIES[version]
        try:
            return await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise OSError(f"{host!r} is no name of a host") from None
        except socket.gaierror as error:
            if version is None or error.errno not in _NOT_OF_THE_FAMILY:
                raise
            raise socket.gaierror(error.errno, f"{key}: {host} has no such address") from None

    def _context(self) -> ssl.SSLContext:
        ca_file, pins = self.config.ca_file, self.config.certificate_sha256
        fault = authority_fault(ca_file) if ca_file is not None else None
        if fault is not None:
            raise ConfigError(f"ca_file {ca_file}: {fault}")
        made = ssl.create_default_context(cafile=ca_file)
        if pins:
            made.sslobject_class = _pinned(frozenset(map(plain_pin, pins)))
        return made


def _pinned(pins: frozenset[str]) -> type[ssl.SSLObject]:
    """A TLS connection that ends where the server's own certificate is none of these."""

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            seen = hashlib.sha256(self.getpeercert(True) or b"").hexdigest()
            if seen not in pins:
                words = (
                    f"the certificate's SHA-256 is {seen}, which certificate_sha256 does not have"
                )
                # Without a number its words would be those of a tuple.
                raise ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, words)

    return Pinned


def _bind(made: socket.socket, address: str) -> None:
    try:
        made.bind((address, 0))
    except OSError as error:
        raise OSError(f"bind_address {address}: {error.strerror}") from None


async def _tunnel(
    made: socket.socket, host: str, port: int, user: str | None, password: str | None
) -> None:
    """Have a proxy connect to there; OSError says why it does not, and no credentials."""
    loop = asyncio.get_running_loop()
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
    if user is not None:
        words = f"{unquote(user)}:{unquote(password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(words).decode()}")
    await loop.sock_sendall(made, "\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = await loop.sock_recv(made, 4096)
        answer += more
        if not more or len(answer) > PROXY_BYTES_MAX:
            raise ConnectionError("it gives no answer that could be read")
    status = re.match(rb"HTTP/1\.\d ([1-5]\d\d)[ \r]", answer)
    if status is None:
        raise ConnectionError("it does not speak HTTP")
    if not status[1].startswith(b"2"):
        raise ConnectionError(f"it does not connect to {where}: HTTP {status[1].decode()}")
