"""The time that a fresh interpreter takes to import what a hot process runs."""

import subprocess
import sys

from bench.inside.measure import begin, emit

ROLES = ("feed", "strategy", "risk", "gateway")
PROGRAM = """
from time import perf_counter
begun = perf_counter()
import pinnacle.{role}.process
print(perf_counter() - begun)
"""


def main() -> None:
    arguments = begin()
    for _ in range(arguments.rounds + 1):
        for role in ROLES:
            command = [sys.executable, "-c", PROGRAM.format(role=role)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            # The first one fills the page cache.
            emit(role if _ else f"warm.{role}", float(done.stdout))


main()
