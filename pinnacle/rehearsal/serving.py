"""The exchange of one venue, a process of its own, for as long as a rehearsal lasts."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from pinnacle.core.errors import ConfigError, DataError, UsageError
from pinnacle.core.output import write_whole
from pinnacle.exchange.network.faults import Planned

END_S = 60.0
#: What its exit codes mean here, too: it has read the same configuration.
_FAULTS = {kind.exit_code: kind for kind in (UsageError, ConfigError)}


class ServedVenue:
    """`pinnacle exchange serve` as a context: served inside of it, its ledger finished behind.

    folder   where its certificates, ledger and log are
    where    what it has printed: addresses, ca_file, key_file
    """

    def __init__(self, kind: str, config: Path, folder: Path, seed: int, plan: Sequence[Planned]):
        self.kind, self.folder = kind, folder
        self.ledger = folder / "ledger.jsonl"
        self.where: dict[str, Any] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        faults = folder / "faults.json"
        write_whole(faults, msgspec.json.encode(plan).decode() + "\n")
        self._command = [
            *(sys.executable, "-P", "-m", "pinnacle", "exchange", "serve", "--venue", kind),
            *("--config", str(config), "--cert-dir", str(folder / "certificates")),
            *("--ledger", str(self.ledger), "--seed", str(seed), "--json"),
            *("--faults", str(faults)),
        ]
        self._log = folder / "exchange.log"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "ServedVenue":
        """DataError with its last words if it does not start."""
        with self._log.open("w", encoding="utf-8") as told:
            process = subprocess.Popen(
                self._command,
                stdout=subprocess.PIPE,
                stderr=told,
                text=True,
                # The terminal's Ctrl-C is the session's alone: it ends at an exchange that is
                # there.
                start_new_session=True,
            )
        self._process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            process.wait()
            words = self._log.read_text(encoding="utf-8").strip().splitlines()[-1:]
            said = " ".join(words).removeprefix("error: ") or "the exchange does not start"
            raise _FAULTS.get(process.returncode, DataError)(said)
        self.where = json.loads(line)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
