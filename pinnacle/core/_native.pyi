"""Made by tools/stubs.py from the compiled library."""

from typing import Any

class _Lib:
    PMM_BALANCE_AVAILABLE: int
    PMM_BALANCE_TOTAL: int
    PMM_BELL_PATH_BYTES: int
    PMM_BEYOND_CASH: int
    PMM_BEYOND_COST: int
    PMM_BEYOND_FEES: int
    PMM_BEYOND_OPEN_ASK: int
    PMM_BEYOND_OPEN_BID: int
    PMM_BEYOND_REALISED: int
    PMM_BEYOND_TURNOVER: int
    PMM_BEYOND_UNREALISED: int
    PMM_BOUND_ASKS: int
    PMM_BOUND_BIDS: int
    PMM_CLASS_MARKET: int
    PMM_CLASS_ORDER: int
    PMM_CLASS_PROCESS: int
    PMM_CLASS_REPORT: int
    PMM_CLASS_SHIFT: int
    PMM_CLOCK_BEGUN: int
    PMM_CLOCK_FOLLOWED: int
    PMM_CLOCK_INTERVAL_NS_MAX: int
    PMM_CLOCK_INTERVAL_NS_MIN: int
    PMM_CLOCK_KEPT: int
    PMM_CLOCK_STEP_NS: int
    PMM_CLOCK_VALID_NS: int
    PMM_CLOCK_WIDTH_TICKS_MAX: int
    PMM_CURRENCY_BYTES: int
    PMM_DECIMAL_DECIMALS_MAX: int
    PMM_DECIMAL_TEXT_BYTES: int
    PMM_DESK_DECISIONS_MAX: int
    PMM_DESK_INSTRUMENTS_MAX: int
    PMM_DESK_NO_ROW: int
    PMM_DESK_SENT_MAX: int
    PMM_DESK_TRIES_MAX: int
    PMM_ERR_AGAIN: int
    PMM_ERR_ARGUMENT: int
    PMM_ERR_CORRUPT: int
    PMM_ERR_EXISTS: int
    PMM_ERR_FOREIGN: int
    PMM_ERR_FULL: int
    PMM_ERR_INVALID: int
    PMM_ERR_LAYOUT: int
    PMM_ERR_NOT_FOUND: int
    PMM_ERR_NOT_READY: int
    PMM_ERR_OWNED: int
    PMM_ERR_RANGE: int
    PMM_ERR_STALE: int
    PMM_ERR_SYNTAX: int
    PMM_ERR_SYSTEM: int
    PMM_ERR_TRUNCATED: int
    PMM_ERR_VERSION: int
    PMM_EVENT_BYTES: int
    PMM_EXECUTIONS_RISING: int
    PMM_EXECUTIONS_SEEN: int
    PMM_FAIR_MICROPRICE: int
    PMM_FAIR_MID: int
    PMM_FEE_BASE: int
    PMM_FEE_DECIMALS_MAX: int
    PMM_FEE_OTHER: int
    PMM_FEE_QUOTE: int
    PMM_FEE_WHOLE_E8: int
    PMM_FLAG_BATCH_END: int
    PMM_FLAG_DECISION: int
    PMM_FLAG_FEE_TOLD: int
    PMM_FLAG_LAST: int
    PMM_FLAG_MAKER: int
    PMM_FLAG_POST_ONLY: int
    PMM_FLAG_SNAPSHOT: int
    PMM_FLAG_STALE: int
    PMM_FOLLOW_ANY: int
    PMM_FOLLOW_LATER: int
    PMM_FOLLOW_NUMBERED: int
    PMM_HISTOGRAM_BUCKETS: int
    PMM_INSTRUMENTS_MAX: int
    PMM_INSTRUMENT_ALL: int
    PMM_JOURNAL_HEADER_BYTES: int
    PMM_JOURNAL_NAME_BYTES: int
    PMM_JOURNAL_OPEN_FILES: int
    PMM_JOURNAL_PATH_MAX: int
    PMM_JOURNAL_RECORDS_MAX: int
    PMM_JOURNAL_RECORDS_MIN: int
    PMM_JOURNAL_VERSION: int
    PMM_KIND_ACK: int
    PMM_KIND_ATTACH: int
    PMM_KIND_BALANCE: int
    PMM_KIND_BOOK_BEGIN: int
    PMM_KIND_BOOK_END: int
    PMM_KIND_BOOK_INVALID: int
    PMM_KIND_CANCEL: int
    PMM_KIND_CANCELLED: int
    PMM_KIND_CANCEL_ALL: int
    PMM_KIND_CANCEL_REJECTED: int
    PMM_KIND_DEPTH: int
    PMM_KIND_DETACH: int
    PMM_KIND_END: int
    PMM_KIND_FEE: int
    PMM_KIND_FILL: int
    PMM_KIND_FILLED_TOTAL: int
    PMM_KIND_FILL_BUSTED: int
    PMM_KIND_FLATTEN: int
    PMM_KIND_HALT: int
    PMM_KIND_NEW: int
    PMM_KIND_NONE: int
    PMM_KIND_ORDER_ADD: int
    PMM_KIND_ORDER_EXECUTE: int
    PMM_KIND_ORDER_REDUCE: int
    PMM_KIND_ORDER_REMOVE: int
    PMM_KIND_ORDER_REPLACE: int
    PMM_KIND_ORDER_STATUS: int
    PMM_KIND_PARAMETER: int
    PMM_KIND_PEER_BACK: int
    PMM_KIND_PEER_LOST: int
    PMM_KIND_QUERY: int
    PMM_KIND_REJECTED: int
    PMM_KIND_REPLACE: int
    PMM_KIND_REPLACED: int
    PMM_KIND_REPLACE_REJECTED: int
    PMM_KIND_RESUME: int
    PMM_KIND_START: int
    PMM_KIND_STOP: int
    PMM_KIND_TEXT: int
    PMM_KIND_TIMER: int
    PMM_KIND_TOP: int
    PMM_KIND_TRADE: int
    PMM_KIND_UNSURE: int
    PMM_KRAKEN_DEPTH_MAX: int
    PMM_KRAKEN_TEXT_BYTES: int
    PMM_L3LEVELS_AGAIN: int
    PMM_L3LEVELS_CROSSED_NS: int
    PMM_L3LEVELS_TOUCHED: int
    PMM_L3_ID_RING_MAX: int
    PMM_L3_ID_RING_MIN: int
    PMM_L3_ORDERS_MAX: int
    PMM_L3_PRICE_MAX: int
    PMM_L3_QUANTITY_MAX: int
    PMM_LABEL_BYTES: int
    PMM_LISTED_DELISTED: int
    PMM_LISTED_HALTED: int
    PMM_LISTED_LIMITED: int
    PMM_LISTED_TRADING: int
    PMM_LISTED_UNKNOWN: int
    PMM_MARKET_PENDING_MAX: int
    PMM_MARKET_STEPS_MAX: int
    PMM_MATCH_ORDERS_MAX: int
    PMM_MATCH_PRICE_MAX: int
    PMM_MATCH_QUANTITY_MAX: int
    PMM_MESSAGE_MAX: int
    PMM_NOTICES: int
    PMM_NOTICE_ERROR: int
    PMM_NOTICE_TEXT_BYTES: int
    PMM_NOTICE_WARNING: int
    PMM_NS_PER_S: int
    PMM_NUMBERS_MAX: int
    PMM_NUMBER_SHIFT: int
    PMM_OK: int
    PMM_OPEN_OWN: int
    PMM_OPEN_READ: int
    PMM_OPEN_SHARED: int
    PMM_ORDERS_CAPACITY_MAX: int
    PMM_ORDERS_GONE_MAX: int
    PMM_ORDERS_INFER_AFTER: int
    PMM_ORDER_CLOSING: int
    PMM_ORDER_FREE: int
    PMM_ORDER_LIVE: int
    PMM_ORDER_PENDING_CANCEL: int
    PMM_ORDER_PENDING_NEW: int
    PMM_ORDER_PENDING_REPLACE: int
    PMM_ORDER_UNKNOWN: int
    PMM_OUTLET_CAPACITY_MIN: int
    PMM_OUTLET_SCRATCH: int
    PMM_OWNER_ANY: int
    PMM_OWNER_SHIFT: int
    PMM_PAPER_CANCEL_AHEAD: int
    PMM_PAPER_CANCEL_BEHIND: int
    PMM_PAPER_CANCEL_PROPORTIONAL: int
    PMM_PAPER_CANCEL_SQUARE: int
    PMM_PAPER_LEVELS: int
    PMM_PAPER_SETTLE_NS: int
    PMM_PARAMETER_EDGE_MIN_BPS: int
    PMM_PARAMETER_FAIR_VALUE: int
    PMM_PARAMETER_FILL_DECAY_PER_TICK: int
    PMM_PARAMETER_FILL_RATE_PER_S: int
    PMM_PARAMETER_IMBALANCE_LEAN_TICKS: int
    PMM_PARAMETER_IMBALANCE_LEVELS: int
    PMM_PARAMETER_INVENTORY_MAX: int
    PMM_PARAMETER_LEVELS: int
    PMM_PARAMETER_LEVEL_SPACING_TICKS: int
    PMM_PARAMETER_QUOTE_QUANTITY: int
    PMM_PARAMETER_RISK_AVERSION: int
    PMM_PARAMETER_SPREAD_MAX_TICKS: int
    PMM_PARAMETER_SPREAD_MIN_TICKS: int
    PMM_PARAMETER_VOLATILITY_FLOOR: int
    PMM_PARAMETER_VOLATILITY_HALFLIFE_S: int
    PMM_PLACE_ASKS: int
    PMM_PLACE_BEGIN: int
    PMM_PLACE_BIDS: int
    PMM_PLACE_DONE: int
    PMM_PLACE_END: int
    PMM_QUOTE_DISTANCE_MAX: int
    PMM_QUOTE_LEVELS_MAX: int
    PMM_QUOTE_LOTS_MAX: int
    PMM_REASONS: int
    PMM_REASON_BACK_PRESSURE: int
    PMM_REASON_BAD_INSTRUMENT: int
    PMM_REASON_BAD_ORDER: int
    PMM_REASON_BAD_PRICE: int
    PMM_REASON_BAD_QUANTITY: int
    PMM_REASON_BALANCES: int
    PMM_REASON_CANCEL_ON_DISCONNECT: int
    PMM_REASON_CAPACITY: int
    PMM_REASON_CHECKSUM: int
    PMM_REASON_CORRECTED: int
    PMM_REASON_CROSSED: int
    PMM_REASON_DAY_END: int
    PMM_REASON_DEFINITION: int
    PMM_REASON_DELISTED: int
    PMM_REASON_DISCONNECTED: int
    PMM_REASON_DUPLICATE_ORDER: int
    PMM_REASON_EXPIRED: int
    PMM_REASON_FOK: int
    PMM_REASON_FOREIGN_ORDER: int
    PMM_REASON_FUNDS: int
    PMM_REASON_HALTED: int
    PMM_REASON_INFERRED: int
    PMM_REASON_JOURNAL: int
    PMM_REASON_KILL_SWITCH: int
    PMM_REASON_MARKET_MODE: int
    PMM_REASON_MESSAGE_RATE: int
    PMM_REASON_NONE: int
    PMM_REASON_NOT_SENT: int
    PMM_REASON_NO_LIQUIDITY: int
    PMM_REASON_NO_REFERENCE: int
    PMM_REASON_OPEN_ORDERS: int
    PMM_REASON_OPERATOR: int
    PMM_REASON_ORDER_SIZE: int
    PMM_REASON_OVERFLOW: int
    PMM_REASON_PEER_LOST: int
    PMM_REASON_POSITION_LIMIT: int
    PMM_REASON_PRICE_COLLAR: int
    PMM_REASON_RATE_LIMIT: int
    PMM_REASON_REQUESTED: int
    PMM_REASON_RESYNC: int
    PMM_REASON_SELF_TRADE: int
    PMM_REASON_SEQUENCE_GAP: int
    PMM_REASON_SHUTDOWN: int
    PMM_REASON_STALE: int
    PMM_REASON_STARTING: int
    PMM_REASON_TOO_LATE: int
    PMM_REASON_TOO_OLD: int
    PMM_REASON_UNKNOWN_ORDER: int
    PMM_REASON_UNLISTED: int
    PMM_REASON_VENUE: int
    PMM_REASON_WOULD_TAKE: int
    PMM_RING_CAPACITY_MAX: int
    PMM_RISK_LOTS_MAX: int
    PMM_RISK_ORDERS_MAX: int
    PMM_ROLES: int
    PMM_SEGMENT_BOOK: int
    PMM_SEGMENT_CONTROL: int
    PMM_SEGMENT_COUNTERS: int
    PMM_SEGMENT_HEADER_BYTES: int
    PMM_SEGMENT_INSTRUMENTS: int
    PMM_SEGMENT_NAME_BYTES: int
    PMM_SEGMENT_NOTICES: int
    PMM_SEGMENT_POSITIONS: int
    PMM_SEGMENT_PROCESS: int
    PMM_SEGMENT_QUOTES: int
    PMM_SEGMENT_RING: int
    PMM_SEGMENT_VERSION: int
    PMM_SIDE_ASK: int
    PMM_SIDE_BID: int
    PMM_SIDE_NONE: int
    PMM_SIMULATED_VENUE_GAP_NS: int
    PMM_SLOT_CANCELLING: int
    PMM_SLOT_FREE: int
    PMM_SLOT_LEAVING: int
    PMM_SLOT_LIVE: int
    PMM_SLOT_NEW: int
    PMM_SLOT_REPLACING: int
    PMM_SOURCE_EXCHANGE: int
    PMM_SOURCE_FEED: int
    PMM_SOURCE_GATEWAY: int
    PMM_SOURCE_MONITOR: int
    PMM_SOURCE_NONE: int
    PMM_SOURCE_RISK: int
    PMM_SOURCE_STRATEGY: int
    PMM_SOURCE_SUPERVISOR: int
    PMM_SOURCE_TRADERS: int
    PMM_STAGE_LEAP_NS: int
    PMM_STAGE_RINGS_MAX: int
    PMM_STATE_ABSENT: int
    PMM_STATE_READY: int
    PMM_STATE_RECOVERING: int
    PMM_STATE_STARTING: int
    PMM_STATE_STOPPING: int
    PMM_STATE_WAITING: int
    PMM_STP_CANCEL_BOTH: int
    PMM_STP_CANCEL_NEWEST: int
    PMM_STP_CANCEL_OLDEST: int
    PMM_STP_NONE: int
    PMM_SYMBOL_BYTES: int
    PMM_SYNC_BATCH: int
    PMM_SYNC_INTERVAL: int
    PMM_SYNC_NONE: int
    PMM_TALLY_PAUSE_NS: int
    PMM_TEXT_BYTES: int
    PMM_TEXT_CURRENCY: int
    PMM_TEXT_VENUE_ID: int
    PMM_TEXT_WORDS: int
    PMM_TIF_DAY: int
    PMM_TIF_FOK: int
    PMM_TIF_GTC: int
    PMM_TIF_IOC: int
    PMM_TOPS_MAX: int
    PMM_TYPE_LIMIT: int
    PMM_TYPE_MARKET: int
    PMM_VENUE_BINANCE: int
    PMM_VENUE_BITSTAMP: int
    PMM_VENUE_BYTES: int
    PMM_VENUE_COINBASE: int
    PMM_VENUE_COINBASE_EXCHANGE: int
    PMM_VENUE_GEMINI: int
    PMM_VENUE_ID_BYTES: int
    PMM_VENUE_KRAKEN: int
    PMM_VENUE_NONE: int
    PMM_VENUE_OTHER: int
    PMM_VENUE_SIMULATED: int
    PMM_WAIT_PARK: int
    PMM_WAIT_SPIN: int
    PMM_WAIT_YIELD: int
    PMM_WIRE_BINANCE: Any
    PMM_WIRE_BITSTAMP: Any
    PMM_WIRE_COINBASE: Any
    PMM_WIRE_COINBASE_EXCHANGE: Any
    PMM_WIRE_DEPTH: int
    PMM_WIRE_GEMINI: Any
    PMM_WIRE_GEMINI_V2: Any
    PMM_WIRE_KRAKEN: Any
    PMM_WIRE_NO_ROW: int
    PMM_WIRE_NO_SEQUENCE: int
    PMM_WIRE_ORDER: int
    PMM_WIRE_OTHER: int
    PMM_WIRE_SNAPSHOT: int
    PMM_WIRE_TOP: int
    PMM_WIRE_TRADE: int
    @staticmethod
    def pmm_bell_awake(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_bell_close(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_bell_create(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_bell_doze(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_bell_open(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_bell_open_pipe(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_bell_progress(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_bell_ring(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_bell_set_state(_0: Any, _1: int, /) -> None: ...
    @staticmethod
    def pmm_bell_wait(_0: Any, _1: Any, _2: int, _3: int, _4: int, _5: int, /) -> int: ...
    @staticmethod
    def pmm_bell_warm_writer(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_book_apply(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_book_create(_0: Any, _1: int, _2: int, _3: int, _4: Any, /) -> int: ...
    @staticmethod
    def pmm_book_depth(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_book_fingerprint() -> int: ...
    @staticmethod
    def pmm_book_get_stats(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_book_imbalance(_0: Any, _1: int, /) -> float: ...
    @staticmethod
    def pmm_book_init(_0: Any, _1: int, _2: int, _3: int, _4: int, /) -> int: ...
    @staticmethod
    def pmm_book_knows(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_book_memsize(_0: int, _1: int, /) -> int: ...
    @staticmethod
    def pmm_book_open(_0: Any, _1: Any, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_book_part(_0: Any, _1: int, _2: Any, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_book_quantity(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_book_read_depth(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_book_read_top(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_book_repair(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_book_snapshot(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_book_top(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_book_valid(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_book_warm(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_clock_adjust(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_clock_anchor(_0: Any, _1: int, _2: int, /) -> None: ...
    @staticmethod
    def pmm_clock_at(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_clock_init(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_clock_monotonic_ns() -> int: ...
    @staticmethod
    def pmm_clock_read_monotonic_ns(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_clock_read_session_ns(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_clock_recalibrate(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_clock_sample(_0: Any, /) -> Any: ...
    @staticmethod
    def pmm_clock_trusted(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_clock_wall_ns() -> int: ...
    @staticmethod
    def pmm_control_clear(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_control_close(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_control_create(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_control_kill(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_control_killed(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_control_now_ns(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_control_open(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_counter_add(_0: Any, _1: int, _2: int, /) -> None: ...
    @staticmethod
    def pmm_counter_find(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_counter_get(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_counter_set(_0: Any, _1: int, _2: int, /) -> None: ...
    @staticmethod
    def pmm_counters_close(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_counters_create(_0: Any, _1: int, _2: int, _3: Any, /) -> int: ...
    @staticmethod
    def pmm_counters_open(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_crc32(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_crc32_init(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_crc32c(_0: int, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_crc32c_table(_0: int, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_decimal_format(_0: int, _1: int, _2: int, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_decimal_parse(_0: Any, _1: int, _2: int, _3: int, _4: Any, /) -> int: ...
    @staticmethod
    def pmm_decimal_scan(_0: Any, _1: int, _2: int, _3: int, _4: Any, /) -> int: ...
    @staticmethod
    def pmm_desk_apply(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_desk_cancel(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_desk_closing(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_desk_decide(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_desk_init(_0: Any, _1: Any, _2: Any, _3: int, _4: int, /) -> int: ...
    @staticmethod
    def pmm_desk_look(_0: Any, _1: int, /) -> None: ...
    @staticmethod
    def pmm_desk_quotable(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_desk_quote(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_desk_send(_0: Any, _1: int, _2: int, _3: int, _4: int, _5: int, _6: int, _7: int, /) -> int: ...
    @staticmethod
    def pmm_desk_tune(_0: Any, _1: Any, _2: Any, _3: int, /) -> None: ...
    @staticmethod
    def pmm_desk_warm(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_desk_working(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_event_ends_message(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_fee(_0: int, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_feed_publish(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_feed_resync(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_feed_warm(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_fingerprint(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_follow_run(_0: Any, _1: Any, _2: int, _3: int, /) -> int: ...
    @staticmethod
    def pmm_glft(_0: float, _1: float, _2: float, _3: float, _4: Any, _5: Any, /) -> None: ...
    @staticmethod
    def pmm_histogram_bucket_floor(_0: int, /) -> int: ...
    @staticmethod
    def pmm_histogram_find(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_histogram_quantile(_0: Any, _1: float, /) -> int: ...
    @staticmethod
    def pmm_histogram_record(_0: Any, _1: int, /) -> None: ...
    @staticmethod
    def pmm_instrument_list(_0: Any, _1: Any, _2: Any, _3: int, /) -> None: ...
    @staticmethod
    def pmm_instrument_listed(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_journal_append(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_journal_check(_0: Any, _1: int, _2: int, _3: int, /) -> int: ...
    @staticmethod
    def pmm_journal_close(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_journal_keep(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_journal_open(_0: Any, _1: Any, _2: Any, _3: int, _4: int, _5: int, _6: int, /) -> int: ...
    @staticmethod
    def pmm_journal_prepare(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_journal_scan(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_journal_scan_end(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_journal_sync(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_journal_warm(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_judge_frames(_0: Any, _1: Any, _2: int, /) -> None: ...
    @staticmethod
    def pmm_judge_take(_0: Any, _1: Any, _2: int, _3: Any, _4: int, _5: Any, /) -> int: ...
    @staticmethod
    def pmm_kraken_book_init(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_kraken_book_memsize(_0: int, /) -> int: ...
    @staticmethod
    def pmm_kraken_book_take(_0: Any, _1: Any, _2: int, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_kraken_book_text(_0: Any, _1: Any, _2: int, _3: int, _4: Any, /) -> int: ...
    @staticmethod
    def pmm_kraken_follow(_0: Any, _1: Any, _2: int, _3: int, _4: Any, _5: Any, _6: int, _7: Any, /) -> int: ...
    @staticmethod
    def pmm_l3book_apply(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_l3book_apply_tops(_0: Any, _1: Any, _2: int, _3: Any, /) -> int: ...
    @staticmethod
    def pmm_l3book_check(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_l3book_depth(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_l3book_get_stats(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_l3book_init(_0: Any, _1: int, _2: int, _3: int, _4: int, _5: int, _6: int, /) -> int: ...
    @staticmethod
    def pmm_l3book_memsize(_0: int, _1: int, _2: int, _3: int, /) -> int: ...
    @staticmethod
    def pmm_l3book_order(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_l3book_quantity(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_l3book_queue(_0: Any, _1: int, _2: int, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_l3book_queue_ahead(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_l3book_snapshot(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_l3book_top(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_l3levels_init(_0: Any, _1: int, /) -> None: ...
    @staticmethod
    def pmm_l3levels_look(_0: Any, _1: int, /) -> None: ...
    @staticmethod
    def pmm_l3levels_take(_0: Any, _1: Any, _2: Any, _3: int, _4: Any, _5: int, /) -> int: ...
    @staticmethod
    def pmm_loop_again(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_maker_init(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_maker_quote(_0: Any, _1: Any, _2: int, _3: int, _4: Any, /) -> int: ...
    @staticmethod
    def pmm_maker_set(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_market_advance(_0: Any, _1: int, _2: Any, _3: int, _4: Any, _5: Any, _6: int, /) -> int: ...
    @staticmethod
    def pmm_market_begin(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_market_engine(_0: Any, _1: int, /) -> Any: ...
    @staticmethod
    def pmm_market_get_stats(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_market_init(_0: Any, _1: int, _2: Any, _3: Any, /) -> int: ...
    @staticmethod
    def pmm_market_memsize(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_market_next(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_market_now(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_market_part(_0: Any, _1: int, _2: int, _3: Any, _4: Any, _5: int, /) -> int: ...
    @staticmethod
    def pmm_market_resync(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_market_snapshot(_0: Any, _1: int, _2: int, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_match_check(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_match_depth(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_match_end_day(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_match_init(_0: Any, _1: int, _2: int, _3: int, _4: int, _5: int, /) -> int: ...
    @staticmethod
    def pmm_match_memsize(_0: int, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_match_order_count(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_match_orders(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_match_part(_0: Any, _1: int, _2: Any, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_match_queue_ahead(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_match_run(_0: Any, _1: Any, _2: int, _3: Any, _4: int, _5: Any, /) -> int: ...
    @staticmethod
    def pmm_match_snapshot(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_match_top(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_memory_lock(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_notices_close(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_notices_count(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_notices_create(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_notices_lost_line(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_notices_lost_lines(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_notices_open(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_notices_put(_0: Any, _1: int, _2: int, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_notices_read(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_orders_find(_0: Any, _1: int, /) -> Any: ...
    @staticmethod
    def pmm_orders_gone(_0: Any, _1: int, /) -> Any: ...
    @staticmethod
    def pmm_orders_init(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_orders_memsize(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_orders_next(_0: Any, _1: Any, /) -> Any: ...
    @staticmethod
    def pmm_orders_room(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_orders_run(_0: Any, _1: Any, _2: int, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_outlet_init(_0: Any, _1: Any, _2: Any, _3: Any, _4: Any, _5: int, _6: int, /) -> None: ...
    @staticmethod
    def pmm_outlet_push(_0: Any, _1: Any, _2: int, /) -> None: ...
    @staticmethod
    def pmm_outlet_settled(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_check(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_init(_0: Any, _1: int, _2: Any, _3: int, _4: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_memsize(_0: int, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_order_count(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_orders(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_paper_out_min(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_queue_ahead(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_paper_run(_0: Any, _1: Any, _2: int, _3: Any, _4: int, _5: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_valid(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_paper_venue_init(_0: Any, _1: int, _2: Any, _3: int, _4: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_venue_memsize(_0: int, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_venue_paper(_0: Any, /) -> Any: ...
    @staticmethod
    def pmm_paper_venue_run(_0: Any, _1: Any, _2: int, _3: Any, _4: int, _5: Any, /) -> int: ...
    @staticmethod
    def pmm_paper_venue_waits(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_positions_publish(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_process_dumpable() -> int: ...
    @staticmethod
    def pmm_process_undumpable() -> int: ...
    @staticmethod
    def pmm_quotes_publish(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_report_fault(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_attaches(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_close(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_ring_create(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_depth(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_open_observer(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_open_reader(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_open_writer(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_push_bulk(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_ring_push_burst(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_ring_ready(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_release(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_ring_request_resync(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_ring_resync_requests(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_ring_skip(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_ring_take(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_ring_warm_reader(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_ring_warm_writer(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_risk_init(_0: Any, _1: int, _2: int, _3: Any, _4: Any, _5: int, _6: Any, /) -> int: ...
    @staticmethod
    def pmm_risk_memsize(_0: int, _1: int, /) -> int: ...
    @staticmethod
    def pmm_risk_open_orders(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_risk_position(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_risk_refused(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_risk_run(_0: Any, _1: Any, _2: int, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_risk_run_turn(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_risk_turns(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_risk_warm(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_rows_close(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_rows_create(_0: Any, _1: int, _2: int, _3: Any, /) -> int: ...
    @staticmethod
    def pmm_rows_open(_0: Any, _1: Any, _2: int, _3: int, /) -> int: ...
    @staticmethod
    def pmm_rows_put(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_rows_read(_0: Any, _1: int, _2: Any, _3: int, /) -> int: ...
    @staticmethod
    def pmm_segment_beat(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_segment_claim(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_segment_close(_0: Any, /) -> None: ...
    @staticmethod
    def pmm_segment_create(_0: Any, _1: int, _2: int, _3: int, _4: Any, /) -> int: ...
    @staticmethod
    def pmm_segment_create_with(_0: Any, _1: int, _2: int, _3: int, _4: Any, _5: Any, _6: int, /) -> int: ...
    @staticmethod
    def pmm_segment_open(_0: Any, _1: Any, _2: int, _3: int, _4: int, /) -> int: ...
    @staticmethod
    def pmm_segment_owned(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_segment_owner_alive(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_simulated_venue_init(_0: Any, _1: int, _2: Any, _3: Any, _4: int, /) -> int: ...
    @staticmethod
    def pmm_simulated_venue_market(_0: Any, /) -> Any: ...
    @staticmethod
    def pmm_simulated_venue_memsize(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_simulated_venue_run(_0: Any, _1: Any, _2: int, _3: Any, _4: int, _5: Any, /) -> int: ...
    @staticmethod
    def pmm_simulated_venue_skipped_ns(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_stage_commit(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_stage_give(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_stage_poll(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_stage_push(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_stage_take(_0: Any, _1: Any, _2: int, _3: int, /) -> int: ...
    @staticmethod
    def pmm_stage_warm(_0: Any, _1: Any, _2: Any, /) -> None: ...
    @staticmethod
    def pmm_steps_take(_0: Any, _1: int, _2: Any, _3: int, /) -> None: ...
    @staticmethod
    def pmm_strategy_run_turn(_0: Any, _1: int, /) -> int: ...
    @staticmethod
    def pmm_strategy_turns(_0: Any, _1: int, _2: Any, /) -> int: ...
    @staticmethod
    def pmm_strerror(_0: int, /) -> Any: ...
    @staticmethod
    def pmm_tally_init(_0: Any, _1: int, _2: int, _3: int, _4: int, /) -> int: ...
    @staticmethod
    def pmm_tally_memsize(_0: int, _1: int, /) -> int: ...
    @staticmethod
    def pmm_tally_of(_0: Any, _1: int, /) -> Any: ...
    @staticmethod
    def pmm_tally_read_times(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_tally_run(_0: Any, _1: Any, _2: int, /) -> int: ...
    @staticmethod
    def pmm_tops_advance(_0: Any, _1: int, /) -> None: ...
    @staticmethod
    def pmm_tops_at(_0: Any, _1: int, /) -> Any: ...
    @staticmethod
    def pmm_tops_wait(_0: Any, _1: Any, /) -> None: ...
    @staticmethod
    def pmm_venue_run_turn(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_venue_turns(_0: Any, _1: Any, /) -> int: ...
    @staticmethod
    def pmm_venue_wait_for(_0: Any, _1: int, _2: int, /) -> int: ...
    @staticmethod
    def pmm_wire_plain(_0: Any, /) -> int: ...
    @staticmethod
    def pmm_wire_scan(_0: Any, _1: Any, _2: Any, _3: int, _4: int, /) -> int: ...
    @staticmethod
    def pmm_wire_scan_one(_0: Any, _1: Any, _2: int, _3: int, /) -> int: ...

ffi: Any
lib: _Lib
