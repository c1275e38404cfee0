"""A person at a terminal: a program on a real pty, whose prompts are waited for and answered."""

import contextlib
import fcntl
import os
import select
import subprocess
import termios
from pathlib import Path

#: A program that says nothing for so long hangs.
SILENCE_S = 60


class Terminal:
    """One program on a terminal of its own, and all that was shown there."""

    def __init__(self, arguments, environ):
        self.ours, theirs = os.openpty()
        self.process = subprocess.Popen(
            [str(word) for word in arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environ,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.shown = ""
        self.echoed_at_last: bool | None = None
        self._read = 0

    def wait_for(self, words):
        """Until it shows these words, behind those that were waited for."""
        while words not in self.shown[self._read :]:
            assert self._more(), f"no {words!r} in {self.shown!r}"
        self._read = self.shown.index(words, self._read) + len(words)

    def type(self, text):
        os.write(self.ours, text.encode() + b"\n")

    def echoes(self):
        return bool(termios.tcgetattr(self.ours)[3] & termios.ECHO)

    def in_proc(self):
        """What a listing of processes shows of it meanwhile; root sees the environment too."""
        seen = b""
        for name in ("cmdline", "status", "environ"):
            with contextlib.suppress(PermissionError):
                seen += Path(f"/proc/{self.process.pid}/{name}").read_bytes()
        return seen

    def end(self):
        """(exit code, everything shown)."""
        while self._more():
            pass
        self.echoed_at_last = self.echoes()
        os.close(self.ours)
        return self.process.wait(timeout=SILENCE_S), self.shown

    def _more(self):
        ours = select.poll()
        ours.register(self.ours, select.POLLIN)
        if not ours.poll(SILENCE_S * 1000):
            self.process.kill()
            raise AssertionError(f"it hangs: {self.shown!r}")
        with contextlib.suppress(OSError):  # how Linux tells that the other side has closed
            found = os.read(self.ours, 65_536).decode()
            self.shown += found.replace("\r\n", "\n")
            return bool(found)
        return False
