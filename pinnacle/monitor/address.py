"""Where the page is served: the address bound, and how to write it."""

import errno
import ipaddress
import socket

from pinnacle.core.errors import ConfigError
from pinnacle.monitor.web import WILDCARDS


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address; ConfigError names it and its key if it cannot be had."""
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ConfigError(f"monitor.host: {host}: {error.strerror or error}") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Only listening claims it: two sockets may be bound where none listens yet.
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = "another program listens there; choose another port, or 0 for any free one"
            raise ConfigError(f"monitor.port: {where} is taken: {reason}") from None
        key = "host" if error.errno == errno.EADDRNOTAVAIL else "port"
        raise ConfigError(f"monitor.{key}: cannot listen on {where}: {error.strerror}") from None
    return listener


def url(host: str, port: int) -> str:
    """What a browser on this machine asks for."""
    name = "127.0.0.1" if host in WILDCARDS else host
    try:
        bracketed = ipaddress.ip_address(name).version == 6
    except ValueError:
        bracketed = False
    return f"http://[{name}]:{port}/" if bracketed else f"http://{name}:{port}/"
