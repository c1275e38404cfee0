"""systemd's readiness and watchdog protocol: datagrams to $NOTIFY_SOCKET, nothing without it."""

import os
import socket

#: What a service manager gives one process and no other.
VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Notifier:
    """Tells the service manager how the process is. Never raises: a session must not end for it."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        #: What is wrong with the manager's own settings, for the log.
        self.trouble = ""
        microseconds, owner = self._number("WATCHDOG_USEC"), self._number("WATCHDOG_PID")
        mine = owner in (0, os.getpid())
        #: How often to call `watchdog`: half of what the manager allows; 0 if it does not ask.
        self.watchdog_interval_ns = microseconds * 1000 // 2 if mine else 0

    def _number(self, name: str) -> int:
        text = os.environ.get(name) or "0"
        if text.isascii() and text.isdigit():
            return int(text)
        self.trouble = f"{name}={text[:40]!r} is no number: no keep-alive is sent"
        return 0

    def ready(self, status: str) -> None:
        self._send(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def extend(self, seconds: int) -> None:
        """Starting takes longer than usual, and goes on: wait so many seconds from now."""
        self._send(f"EXTEND_TIMEOUT_USEC={seconds * 1_000_000}")

    def watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if self._socket is not None:
            try:
                self._socket.sendto(message.encode(), self._address)
            except OSError:
                return

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
