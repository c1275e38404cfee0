"""The pages lead somewhere: links, targets and commands that they name are there."""

import re
from pathlib import Path

import click
import pytest

from pinnacle.cli.main import pinnacle
from pinnacle.cli.replay import COMMANDS as REPLAY_COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M)) <= targets
    for words in re.findall(r"(?:`|^|/)pinnacle ([a-z][a-z-]*(?: [a-z]+)?)", text, re.M):
        first, _, second = words.partition(" ")
        command = pinnacle.get_command(click.Context(pinnacle), first)
        assert command is not None, words
        if isinstance(command, click.Group) and second:
            assert command.get_command(click.Context(command), second) is not None, words
    assert set(re.findall(r"pinnacle-replay ([a-z]+)", text)) <= REPLAY_COMMANDS.keys()


def test_the_decisions_are_numbered_without_a_gap_and_listed_in_their_order():
    folder = ROOT / "docs/decisions"
    written = sorted(folder.glob("[0-9]*.md"))
    numbers = [f"{n:04}" for n in range(1, len(written) + 1)]
    assert [path.name[:4] for path in written] == numbers
    assert [path.read_text(encoding="utf-8")[:7] for path in written] == [
        f"# {n}:" for n in numbers
    ]
    index = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d{4})\]\((\d{4}-[\w-]+\.md)\)", index, re.M)
    assert listed == [(path.name[:4], path.name) for path in written]


def test_the_changelog_says_each_thing_once():
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    changes = [line for line in lines if line.startswith("- ")]
    assert changes and sorted(set(changes)) == sorted(changes)
