"""The loop under sockets to a venue: uvloop's where it is installed, which takes half the time."""

import asyncio
import gc
import importlib.util
from collections.abc import Callable, Coroutine
from typing import Any


def run(main: Coroutine[Any, Any, None]) -> None:
    """Until it is done, as asyncio.run.

    What stands in memory before, modules above all, is never looked through for garbage again: a
    collection that does takes as long as a hundred orders.
    """
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=_factory()) as runner:
        runner.run(main)


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop
