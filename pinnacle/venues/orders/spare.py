"""What everything but a cancel leaves of a limit: all that may be open can be taken back."""

from pinnacle.venues.orders.limits import Cost, costs
from pinnacle.venues.orders.port import What

_TAKES_BACK = (What.CANCEL, What.CANCEL_ALL)


def spare(amount: float) -> Cost:
    """So much is left by each call that takes nothing back."""
    return costs(**{what.name: amount for what in What if what not in _TAKES_BACK})
