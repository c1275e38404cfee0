"""Made by tools/stubs.py from the compiled library."""

from enum import IntEnum, IntFlag

class Kind(IntEnum):
    PARAMETER = 60
    FLATTEN = 59
    END = 58
    DETACH = 57
    TEXT = 56
    STOP = 55
    RESUME = 54
    HALT = 53
    PEER_BACK = 52
    PEER_LOST = 51
    TIMER = 50
    ATTACH = 49
    START = 48
    BALANCE = 44
    UNSURE = 43
    FILLED_TOTAL = 42
    FEE = 41
    FILL_BUSTED = 40
    ORDER_STATUS = 39
    CANCEL_REJECTED = 38
    REPLACE_REJECTED = 37
    REJECTED = 36
    FILL = 35
    CANCELLED = 34
    REPLACED = 33
    ACK = 32
    QUERY = 20
    CANCEL_ALL = 19
    CANCEL = 18
    REPLACE = 17
    NEW = 16
    ORDER_EXECUTE = 12
    ORDER_REPLACE = 11
    ORDER_REMOVE = 10
    ORDER_REDUCE = 9
    ORDER_ADD = 8
    BOOK_INVALID = 6
    BOOK_END = 5
    BOOK_BEGIN = 4
    TOP = 3
    TRADE = 2
    DEPTH = 1
    NONE = 0

class Class(IntEnum):
    PROCESS = 3
    REPORT = 2
    ORDER = 1
    MARKET = 0

class Side(IntEnum):
    ASK = 2
    BID = 1
    NONE = 0

class Source(IntEnum):
    TRADERS = 8
    SUPERVISOR = 7
    MONITOR = 6
    GATEWAY = 5
    RISK = 4
    STRATEGY = 3
    FEED = 2
    EXCHANGE = 1
    NONE = 0

class Venue(IntEnum):
    OTHER = 255
    BITSTAMP = 7
    GEMINI = 6
    KRAKEN = 5
    COINBASE_EXCHANGE = 4
    COINBASE = 3
    BINANCE = 2
    SIMULATED = 1
    NONE = 0

class Reason(IntEnum):
    FOREIGN_ORDER = 85
    BALANCES = 84
    UNLISTED = 83
    CORRECTED = 82
    INFERRED = 81
    MARKET_MODE = 80
    EXPIRED = 79
    RATE_LIMIT = 78
    FUNDS = 77
    DAY_END = 76
    BACK_PRESSURE = 75
    JOURNAL = 74
    OPERATOR = 73
    SHUTDOWN = 72
    VENUE = 71
    CAPACITY = 70
    CANCEL_ON_DISCONNECT = 69
    REQUESTED = 68
    SELF_TRADE = 67
    FOK = 66
    NO_LIQUIDITY = 65
    WOULD_TAKE = 64
    TOO_LATE = 48
    NOT_SENT = 47
    PEER_LOST = 46
    TOO_OLD = 45
    BAD_ORDER = 44
    BAD_INSTRUMENT = 43
    BAD_QUANTITY = 42
    BAD_PRICE = 41
    DUPLICATE_ORDER = 40
    UNKNOWN_ORDER = 39
    NO_REFERENCE = 38
    KILL_SWITCH = 37
    MESSAGE_RATE = 36
    OPEN_ORDERS = 35
    PRICE_COLLAR = 34
    POSITION_LIMIT = 33
    ORDER_SIZE = 32
    DEFINITION = 11
    DELISTED = 10
    HALTED = 9
    RESYNC = 8
    STALE = 7
    OVERFLOW = 6
    CHECKSUM = 5
    DISCONNECTED = 4
    CROSSED = 3
    SEQUENCE_GAP = 2
    STARTING = 1
    NONE = 0

class TimeInForce(IntEnum):
    FOK = 3
    IOC = 2
    DAY = 1
    GTC = 0

class OrderType(IntEnum):
    MARKET = 1
    LIMIT = 0

class SelfTrade(IntEnum):
    CANCEL_BOTH = 3
    CANCEL_OLDEST = 2
    CANCEL_NEWEST = 1
    NONE = 0

class FeeOf(IntEnum):
    OTHER = 3
    QUOTE = 2
    BASE = 1

class BalanceOf(IntEnum):
    AVAILABLE = 2
    TOTAL = 1

class TextOf(IntEnum):
    CURRENCY = 2
    VENUE_ID = 1
    WORDS = 0

class Flag(IntFlag):
    BATCH_END = 4
    DECISION = 8
    FEE_TOLD = 128
    LAST = 1
    MAKER = 16
    POST_ONLY = 32
    SNAPSHOT = 2
    STALE = 64

class SegmentKind(IntEnum):
    QUOTES = 11
    POSITIONS = 10
    NOTICES = 9
    INSTRUMENTS = 6
    CONTROL = 5
    PROCESS = 4
    COUNTERS = 3
    BOOK = 2
    RING = 1

class Mode(IntEnum):
    OWN = 2
    SHARED = 1
    READ = 0

class Sync(IntEnum):
    BATCH = 2
    INTERVAL = 1
    NONE = 0

class Wait(IntEnum):
    PARK = 2
    YIELD = 1
    SPIN = 0

class ProcessState(IntEnum):
    WAITING = 5
    STOPPING = 4
    READY = 3
    RECOVERING = 2
    STARTING = 1
    ABSENT = 0

class ClockNews(IntEnum):
    BEGUN = 2
    FOLLOWED = 1
    KEPT = 0

class Level(IntEnum):
    ERROR = 2
    WARNING = 1

class FairValue(IntEnum):
    MICROPRICE = 1
    MID = 0

class Parameter(IntEnum):
    IMBALANCE_LEVELS = 14
    FAIR_VALUE = 13
    LEVELS = 12
    INVENTORY_MAX = 11
    QUOTE_QUANTITY = 10
    LEVEL_SPACING_TICKS = 9
    EDGE_MIN_BPS = 8
    SPREAD_MAX_TICKS = 7
    SPREAD_MIN_TICKS = 6
    IMBALANCE_LEAN_TICKS = 5
    VOLATILITY_FLOOR = 4
    VOLATILITY_HALFLIFE_S = 3
    FILL_RATE_PER_S = 2
    FILL_DECAY_PER_TICK = 1
    RISK_AVERSION = 0

class Beyond(IntEnum):
    OPEN_ASK = 128
    OPEN_BID = 64
    TURNOVER = 32
    FEES = 16
    UNREALISED = 8
    REALISED = 4
    COST = 2
    CASH = 1

class OrderState(IntEnum):
    CLOSING = 6
    UNKNOWN = 5
    PENDING_CANCEL = 4
    PENDING_REPLACE = 3
    LIVE = 2
    PENDING_NEW = 1
    FREE = 0

class Cancel(IntEnum):
    SQUARE = 3
    AHEAD = 2
    BEHIND = 1
    PROPORTIONAL = 0

class Listed(IntEnum):
    DELISTED = 4
    HALTED = 3
    LIMITED = 2
    TRADING = 1
    UNKNOWN = 0

class MessageKind(IntEnum):
    ORDER = 5
    TOP = 4
    TRADE = 3
    SNAPSHOT = 2
    DEPTH = 1
    OTHER = 0
