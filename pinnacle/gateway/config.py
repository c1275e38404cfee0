"""[gateway]: how long an order may be on its way."""

from pinnacle.core.config import Section


class GatewayConfig(Section):
    """Timeouts of the order path."""

    #: An order decided longer ago than this is not sent.
    order_age_max_ms: int = 250
    #: An operation unanswered for so long makes its order unknown: it is queried.
    answer_timeout_ms: int = 1000
