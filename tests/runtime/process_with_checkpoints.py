"""A process that can die and keeps checkpoints, and logic that can be frozen."""

import structlog

from pinnacle.core.journal_reader import HEADER_BYTES
from pinnacle.core.schema import EVENT
from pinnacle.runtime.checkpoint import Checkpoints
from tests.records import ORIGIN
from tests.runtime.mortal_process import Doubler, World


class Frozen(Doubler):
    """The doubler, with a state in two pieces."""

    def freeze(self):
        state = self.total.to_bytes(8, "little")
        return [state[:1], state[1:]]

    def thaw(self, state):
        self.total = int.from_bytes(b"".join(state), "little")
        return True


class Saved(World):
    """A world whose process keeps checkpoints."""

    origin = ORIGIN

    def start(self, logic=None):
        super().start_stage()
        self.logic = logic or Frozen()
        log = structlog.get_logger()
        self.checkpoints = Checkpoints(self.stage, self.logic, self.origin, 30, log)
        self.recover(checkpoints=self.checkpoints)

    def live(self, turns):
        for _ in range(turns):
            self.send(5)
            self.turn()
        return self

    def save(self):
        self.checkpoints.save()
        self.checkpoints.wait()


class Old(Saved):
    """A journal of many files; the last checkpoint is behind so many turns of ten records."""

    per_file = 64

    def path_of(self, record):
        return self.folder / "journal" / f"{record // 64:06d}.pmj"

    def damage(self, record):
        with self.path_of(record).open("r+b") as file:
            file.seek(HEADER_BYTES + record % 64 * EVENT.itemsize + 20)
            file.write(b"\xff")


def saved_and_dead(folder):
    """Five records before its last checkpoint and four behind it, all of them handed on."""
    made = Saved(folder)
    made.send(5)
    made.turn()
    made.save()
    made.send(4)
    made.turn()
    made.die()
    return made
