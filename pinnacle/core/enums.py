"""IntEnums derived from those of the C headers. A type checker sees enums.pyi (tools/stubs.py)."""

import enum

from pinnacle.core._native import ffi, lib


class _Told(enum.IntEnum):
    """What stands in shared memory is told even where no such value is known."""

    @classmethod
    def _missing_(cls, value: object) -> "_Told | None":
        if not isinstance(value, int):
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = value
        return unknown


def enum_of(name: str, prefix: str, kind: type[enum.IntEnum] = enum.IntEnum) -> enum.IntEnum:
    """The IntEnum of a C enum, its names without their common prefix."""
    elements = ffi.typeof(f"enum {name}").relements
    members = {key.removeprefix(prefix): value for key, value in elements.items()}
    return kind(name, members, module=__name__)


def flags_of(prefix: str) -> enum.IntFlag:
    """The IntFlag of the integer #defines that begin with a prefix."""
    names = [name for name in dir(lib) if name.startswith(prefix)]
    members = {name.removeprefix(prefix): getattr(lib, name) for name in names}
    return enum.IntFlag(prefix.strip("_").lower(), members, module=__name__)


Kind = enum_of("pmm_kind", "PMM_KIND_")
Class = enum_of("pmm_class", "PMM_CLASS_")
Side = enum_of("pmm_side", "PMM_SIDE_")
Source = enum_of("pmm_source", "PMM_SOURCE_")
Venue = enum_of("pmm_venue", "PMM_VENUE_")
Reason = enum_of("pmm_reason", "PMM_REASON_", _Told)
TimeInForce = enum_of("pmm_time_in_force", "PMM_TIF_")
OrderType = enum_of("pmm_order_type", "PMM_TYPE_")
SelfTrade = enum_of("pmm_self_trade", "PMM_STP_")
FeeOf = enum_of("pmm_fee_of", "PMM_FEE_")
BalanceOf = enum_of("pmm_balance_of", "PMM_BALANCE_")
TextOf = enum_of("pmm_text", "PMM_TEXT_")
Flag = flags_of("PMM_FLAG_")

SegmentKind = enum_of("pmm_segment_kind", "PMM_SEGMENT_")
Mode = enum_of("pmm_segment_mode", "PMM_OPEN_")
Sync = enum_of("pmm_sync", "PMM_SYNC_")
Wait = enum_of("pmm_wait", "PMM_WAIT_")
ProcessState = enum_of("pmm_process_state", "PMM_STATE_", _Told)
ClockNews = enum_of("pmm_clock_news", "PMM_CLOCK_")
Level = enum_of("pmm_notice_level", "PMM_NOTICE_")
FairValue = enum_of("pmm_fair_value", "PMM_FAIR_")
Parameter = enum_of("pmm_parameter", "PMM_PARAMETER_")
Beyond = enum_of("pmm_beyond", "PMM_BEYOND_")
OrderState = enum_of("pmm_order_state", "PMM_ORDER_")
Cancel = enum_of("pmm_paper_cancel", "PMM_PAPER_CANCEL_")
Listed = enum_of("pmm_listed", "PMM_LISTED_", _Told)
MessageKind = enum_of("pmm_wire_kind", "PMM_WIRE_")
