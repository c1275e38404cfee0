"""What is counted of an instrument, or of a connection, while its market is followed."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """What became of one instrument's parts of frames; of a connection gaps, dropped and odd.

    gaps        the venue's numbers did not join on
    snapshots   that its book began with
    resyncs     its book was whole and had to begin anew
    dropped     depth updates that a live book had already
    early       depth updates of a book that is not whole, and will not need them
    odd         said what cannot be
    off_grid    of these, a number that is none of the instrument's steps, or far too large
    rounded     quantities finer than a lot, rounded down to lots: see csrc/wire/message.h
    good, bad   checksums of the venue's that were, and were not, of the rebuilt book
    compared, different: best prices of the venue's, with the rebuilt ones
    """

    gaps: int = 0
    snapshots: int = 0
    resyncs: int = 0
    dropped: int = 0
    early: int = 0
    odd: int = 0
    off_grid: int = 0
    rounded: int = 0
    good: int = 0
    bad: int = 0
    compared: int = 0
    different: int = 0
