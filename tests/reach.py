"""Whether other users of this machine can come to the checkout and to its Python."""

import stat
import sys
from pathlib import Path


def reachable(path: str) -> bool:
    """Whether every user may come to the file, by its own path and by where that leads."""
    places = {*Path(path).absolute().parents, *Path(path).resolve().parents}
    return all(place.stat().st_mode & stat.S_IXOTH for place in places)


#: A test that goes on as somebody else loads modules as somebody else.
OTHERS_CAN_COME = reachable(sys.executable) and reachable(__file__)
