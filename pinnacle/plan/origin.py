"""What a process of a configured session is made from."""

from collections.abc import Sequence

from pinnacle.core.instruments import Instrument
from pinnacle.feed.config import SignedFeedConfig
from pinnacle.gateway.config import LiveConfig
from pinnacle.plan.config import SessionConfig
from pinnacle.runtime.origin import Origin, origin_of
from pinnacle.runtime.topology import Process
from pinnacle.strategy.chosen import code_of


def made_from(config: SessionConfig, process: Process, instruments: Sequence[Instrument]) -> Origin:
    """As the process itself says it; `instruments`: the session's. Errors as `chosen`."""
    code = b""
    if process.role == "strategy":
        plan = config.strategy_plans()[process.number]
        code = code_of(plan.config, plan.key)
    section = config.section(process)
    settings = section.table if isinstance(section, LiveConfig | SignedFeedConfig) else section
    return origin_of(settings, instruments, code)
