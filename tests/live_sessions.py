"""Live sessions for tests: Kraken's shipped configuration, on an exchange of ours, with a vault."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from pinnacle.core.paths import SessionPaths
from pinnacle.core.toml import read_toml, toml_text
from pinnacle.vault.vault import Entry
from tests.sessions import ROOT
from tests.vault.kept import PASSWORD, made_vault


def live_config(folder, where, *, change=lambda tables: None, keys=("key_file", "killer_key_file")):
    """(file, paths of the session x) of a session at the exchange that is served there; `change`
    changes its tables."""
    folder.mkdir(exist_ok=True)
    tables = read_toml(ROOT / "config/live-kraken.toml")
    tables["session"] |= {"runtime_dir": str(folder / "run"), "data_dir": str(folder / "data")}
    for section, addresses in (("feed", where["market"]), ("orders", where["orders"])):
        tables[section]["kraken"] |= addresses | {"ca_file": where["ca_file"]}
    (folder / "kept").mkdir()
    names = {"key_file": "kraken", "killer_key_file": "kraken-killer"}
    entries = {
        names[key]: Entry("kraken", time.time_ns(), json.loads(Path(where[key]).read_bytes()))
        for key in keys
    }
    vault, _ = made_vault(folder / "kept", **entries)
    password = folder / "password"
    password.write_bytes(PASSWORD + b"\n")
    password.chmod(0o600)
    tables["vault"] = {"file": str(vault), "password_file": str(password)}
    change(tables)
    file = folder / "live.toml"
    file.write_text(toml_text(tables), encoding="utf-8")
    return file, SessionPaths.of(str(folder / "run"), str(folder / "data"), "x")


def started(folder, *words, out):
    """`pinnacle` with these words, its output in `out`, its state in the test's own folder."""
    with out.open("wb") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "pinnacle", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            env=os.environ | {"XDG_STATE_HOME": str(folder / "state")},
        )
