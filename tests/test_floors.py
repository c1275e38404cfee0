"""Imports run downward only, and what a hot process imports stays small."""

import ast
import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pinnacle

ROOT = Path(pinnacle.__file__).parent
FLOORS = {
    "core": 1,
    "runtime": 2,
    "quant": 2,
    "execution": 2,
    "sim": 2,
    "venues": 2,
    "vault": 2,
    "feed": 3,
    "strategy": 3,
    "risk": 3,
    "gateway": 3,
    "exchange": 3,
    "monitor": 3,
    "capture": 3,
    "killer": 3,
    "plan": 4,
    "session": 5,
    "replay": 5,
    "rehearsal": 6,
    "cli": 7,
    "__main__": 8,  # `python -m pinnacle`
}
HOT = ["core", "runtime", "quant", "execution", "sim"]
HOT += ["feed", "strategy", "risk", "gateway", "exchange"]
HEAVY = ["flask", "click", "rich"]


@functools.cache
def imports_of(source):
    """The nodes of a module's imports: each module is read for several rules."""
    kinds = ast.Import, ast.ImportFrom
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]


def imported_modules(source, package):
    """(line, dotted name) of each import in a module of `package`, relative ones made absolute."""
    for node in imports_of(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        else:
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            prefix = ".".join(base) + "." if node.level else ""
            for alias in node.names:
                yield node.lineno, f"{prefix}{node.module + '.' if node.module else ''}{alias.name}"


def violations(module, source, is_package=False):
    """What is wrong with the imports of one module, as sentences."""
    package = module if is_package else module.rpartition(".")[0]
    parts = module.split(".")
    here = parts[1] if len(parts) > 1 else None
    for line, name in imported_modules(source, package):
        target = name.split(".")
        if target[0] != "pinnacle" or len(target) < 2:
            continue
        there = target[1]
        if there not in FLOORS or there == here:
            continue
        if here is None:
            yield f"{module}:{line} the package itself imports {name}"
        elif FLOORS[there] > FLOORS[here]:
            yield f"{module}:{line} imports upward: {name}"
        elif FLOORS[there] == FLOORS[here]:
            yield f"{module}:{line} imports a sibling: {name}"


def modules():
    """(dotted name, source, is a package's __init__) of every module."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = ["pinnacle", *path.relative_to(ROOT).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        yield (
            ".".join(parts[:-1] if is_package else parts),
            path.read_text(encoding="utf-8"),
            is_package,
        )


def test_every_package_has_a_floor():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == FLOORS.keys() - {"__main__"}
    assert {path.stem for path in ROOT.glob("*.py")} == {"__init__", "__main__"}


def test_the_documented_floors_are_these():
    text = (ROOT.parent / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^ ([1-9])  (.{42})", text[text.index("## Floors") :], re.M)
    documented = {name: int(floor) for floor, names in rows for name in names.split()}
    assert documented == {name: floor for name, floor in FLOORS.items() if name != "__main__"}


def test_imports_run_downward_and_siblings_never_import_each_other():
    found = [
        v for name, source, is_package in modules() for v in violations(name, source, is_package)
    ]
    assert found == []


def test_of_the_processes_only_gateways_and_feeds_can_open_the_vault():
    """The others come by no way from a password or a pipe to a key."""
    found = {
        module.split(".")[1]
        for module, source, is_package in modules()
        for _, name in imported_modules(source, module if is_package else module.rpartition(".")[0])
        if name.startswith("pinnacle.vault")
    }
    assert found == {"vault", "feed", "gateway", "session", "rehearsal", "cli"}


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("pinnacle.core.ring", "from pinnacle.venues.binance import codec", "upward"),
        ("pinnacle.core.ring", "def f():\n    import pinnacle.feed.process", "upward"),
        ("pinnacle.feed.process", "from pinnacle.risk import gate", "a sibling"),
        ("pinnacle.feed.process", "from pinnacle import risk", "a sibling"),
        ("pinnacle.feed.process", "from ..gateway import orders", "a sibling"),
        ("pinnacle.replay.show", "from pinnacle.cli import lazy", "upward"),
        ("pinnacle", "from pinnacle.core import ring", "itself"),
        ("pinnacle.feed.process", "from pinnacle.core import ring\nfrom . import config", None),
        ("pinnacle.feed.process", "from pinnacle import __version__\nimport json", None),
    ],
)
def test_the_check_sees_what_it_must(module, source, wrong):
    found = list(violations(module, source, is_package=module == "pinnacle"))
    assert bool(found) == bool(wrong)
    assert all(wrong in text for text in found)


@pytest.fixture(scope="module")
def loaded():
    """By package, what a process has loaded that has imported all of it and nothing else.

    What structlog brings by itself is not counted: structlog.dev imports rich if it is there.
    """
    names = {
        package: [name for name, _, _ in modules() if name.split(".")[1:2] == [package]]
        for package in HOT
    }
    program = (
        "import importlib, json, os, sys, structlog\n"
        "given = set(sys.modules)\n"
        f"for package, names in {names!r}.items():\n"
        "    if os.fork():\n"
        "        if os.wait()[1]: sys.exit(f'{package} cannot be imported')\n"
        "        continue\n"
        "    for name in names: importlib.import_module(name)\n"
        "    found = sorted({name.split('.')[0] for name in set(sys.modules) - given})\n"
        "    print(json.dumps([package, found]), flush=True)\n"
        "    os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.mark.parametrize("package", HOT)
def test_a_hot_process_imports_no_web_server_and_no_terminal(loaded, package):
    assert "pinnacle" in loaded[package]
    assert [name for name in HEAVY if name in loaded[package]] == []


def test_nothing_below_the_fourth_floor_but_the_monitor_asks_for_a_web_server_or_a_terminal():
    found = [
        f"{module}:{line} imports {name}"
        for module, source, _ in modules()
        for line, name in imported_modules(source, module)
        if FLOORS.get(part := module.partition(".")[2].partition(".")[0], 0) < 4
        and part != "monitor"
        and name.partition(".")[0] in HEAVY
    ]
    assert found == []
