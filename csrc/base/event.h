/*
 * event.h: the record, and every enum that it uses.
 *
 * One event is one cache line, everywhere: a ring slot, a journal record and a row of a numpy array are these same 64
 * bytes. This file is read by the C compiler and by cffi, so it holds fixed-width types, enums, plain structs and
 * integer #defines only; numpy dtypes and Python enums are derived from it and never typed again. The offsets below are
 * held by static_assert in layout.h.
 *
 * Prices are ticks and quantities lots of the instrument that instrument_id names. No process gives another a float.
 *
 *   offset bytes field          meaning
 *   0      8     recv_ns        session time when it was made: UTC ns (clock.h)
 *   8      8     venue_ns       the venue's own time, 0 if none; in a decision, recv_ns of the market record behind it
 *   16     8     price          ticks
 *   24     8     quantity       lots
 *   32     8     order_id       by kind, see enum pmm_kind
 *   40     8     aux            by kind, see enum pmm_kind
 *   48     4     instrument_id  row of the instrument table
 *   52     2     reason         enum pmm_reason
 *   54     1     kind           enum pmm_kind
 *   55     1     side           enum pmm_side; the aggressor's side for a trade
 *   56     1     flags          PMM_FLAG_*
 *   57     1     venue_id       enum pmm_venue
 *   58     2     source         which process made it: its role and its number (source.h)
 *   60     4     commit         written last: in a ring the low 32 bits of (cursor + 1), in a journal a CRC32C
 */
#ifndef PMM_EVENT_H
#define PMM_EVENT_H

#include <stddef.h>
#include <stdint.h>

#define PMM_EVENT_BYTES     64
#define PMM_INSTRUMENTS_MAX 256 /* of a session */
#define PMM_SYMBOL_BYTES    32
#define PMM_VENUE_BYTES     16
#define PMM_CURRENCY_BYTES  12

struct pmm_event {
    int64_t recv_ns;
    int64_t venue_ns;
    int64_t price;
    int64_t quantity;
    uint64_t order_id;
    int64_t aux;
    uint32_t instrument_id;
    uint16_t reason;
    uint8_t kind;
    uint8_t side;
    uint8_t flags;
    uint8_t venue_id;
    uint16_t source;
    uint32_t commit;
};

/* What kinds have in common: the upper bits of a kind (kinds.h). A new one is put among the sixteen of its class. */
#define PMM_CLASS_SHIFT 4
enum pmm_class {
    PMM_CLASS_MARKET = 0,  /* from a venue, of everybody's trading */
    PMM_CLASS_ORDER = 1,   /* towards a venue */
    PMM_CLASS_REPORT = 2,  /* from a venue, of our orders */
    PMM_CLASS_PROCESS = 3  /* within and between processes */
};

/* What a record is, and what its free fields mean. */
enum pmm_kind {
    PMM_KIND_NONE = 0,
    /* Market data. aux is the venue's sequence number unless said otherwise. */
    PMM_KIND_DEPTH = 1,        /* the level at price now holds quantity (absolute, 0 removes) */
    PMM_KIND_TRADE = 2,        /* order_id is the venue's trade id; side is the aggressor's */
    PMM_KIND_TOP = 3,          /* price, quantity: best bid; order_id, aux: best ask price, quantity */
    PMM_KIND_BOOK_BEGIN = 4,   /* the book is cleared; DEPTH records of a snapshot follow; bounds: PMM_BOUND_* */
    PMM_KIND_BOOK_END = 5,     /* the snapshot is whole; the book is valid from here */
    PMM_KIND_BOOK_INVALID = 6, /* the book must not be used until the next BOOK_END; see reason */
    /*
     * Market data of single orders (l3book.h); order_id is the venue's. aux as above, but in ORDER_REPLACE.
     * Price and side count in ADD, the price in REPLACE too; elsewhere the book has them.
     */
    PMM_KIND_ORDER_ADD = 8,     /* rests at the back of its level */
    PMM_KIND_ORDER_REDUCE = 9,  /* quantity: what is taken away; the order keeps its place */
    PMM_KIND_ORDER_REMOVE = 10, /* all of it */
    PMM_KIND_ORDER_REPLACE = 11, /* aux: the id that goes; order_id: the one that comes, at the back */
    PMM_KIND_ORDER_EXECUTE = 12, /* quantity: what was traded of it */
    /* Orders, towards the venue. order_id is the client order id. */
    PMM_KIND_NEW = 16,         /* aux: its terms (terms.h): time in force, type, self-trade rule */
    PMM_KIND_REPLACE = 17,     /* price, quantity: the new ones; quantity is the order's new total */
    PMM_KIND_CANCEL = 18,
    PMM_KIND_CANCEL_ALL = 19,  /* every open order of source at the instrument, or of all if PMM_INSTRUMENT_ALL */
    PMM_KIND_QUERY = 20,       /* asks for ORDER_STATUS (or REJECTED, UNKNOWN_ORDER) of order_id */
    /* Execution reports, from the venue. aux is the venue's execution sequence. */
    PMM_KIND_ACK = 32,         /* resting or about to match: price, quantity as accepted */
    PMM_KIND_REPLACED = 33,    /* price, quantity: the order's new price and total */
    PMM_KIND_CANCELLED = 34,   /* quantity: what was left and is gone; reason says why */
    PMM_KIND_FILL = 35,        /* price, quantity: of this fill; FLAG_MAKER if it was resting */
    PMM_KIND_REJECTED = 36,    /* the NEW had no effect */
    PMM_KIND_REPLACE_REJECTED = 37, /* the order stands as it was */
    PMM_KIND_CANCEL_REJECTED = 38,
    PMM_KIND_ORDER_STATUS = 39, /* price; quantity: leaves */
    PMM_KIND_FILL_BUSTED = 40, /* a FILL is taken back: its price, quantity, side, flags and aux */
    /* What the FILL with this aux cost: quantity x 10^-price of what side says (enum pmm_fee_of); negative: earned */
    PMM_KIND_FEE = 41, /* the name of a third currency follows as TEXT */
    /* quantity: all that is filled, as the venue says; aux: its notional in ticks x lots, 0: not said */
    PMM_KIND_FILLED_TOTAL = 42,
    PMM_KIND_UNSURE = 43, /* the venue's answer does not say what became of the order; its words follow as TEXT */
    /* The account's money, of no order: quantity + aux x 1e-18, both of one sign; side: what of it. TEXT: which */
    PMM_KIND_BALANCE = 44,
    /*
     * Within and between processes. START is the first record of a run. order_id: process epoch; aux: journal index;
     * and from what it was made (pinnacle/runtime/origin.py): price: its configuration, quantity: the instrument table,
     * venue_ns: the build. END is the last of a run that ended in order. order_id: process epoch.
     */
    PMM_KIND_START = 48,
    /* Behind START. side 0: a ring that source writes, 1: an output; order_id: created_ns; aux: cursor, output << 56 */
    PMM_KIND_ATTACH = 49,
    PMM_KIND_TIMER = 50, /* nothing but the clock moved; order_id: monotonic clock, aux: wall clock, ns */
    PMM_KIND_PEER_LOST = 51, /* aux: the source that is gone; reason: SHUTDOWN if it ended in order */
    PMM_KIND_PEER_BACK = 52, /* aux: the source that is back */
    PMM_KIND_HALT = 53, /* the kill switch is set; reason */
    PMM_KIND_RESUME = 54, /* the kill switch is clear */
    PMM_KIND_STOP = 55, /* orderly end asked for: quotes go, nothing new */
    /* Bytes 16..47 are text of the last record that is none; reason: enum pmm_text; side: its part; LAST: no more */
    PMM_KIND_TEXT = 56,
    PMM_KIND_DETACH = 57, /* before END: as ATTACH, where the run stopped */
    PMM_KIND_END = 58,
    /* The position is to be closed. price: slippage, 1e-8; quantity: lots an order at most; aux: orders in vain */
    PMM_KIND_FLATTEN = 59,
    PMM_KIND_PARAMETER = 60 /* of the instrument's maker. reason: enum pmm_parameter (quote.h), price: its value */
};

enum pmm_side {
    PMM_SIDE_NONE = 0,
    PMM_SIDE_BID = 1,
    PMM_SIDE_ASK = 2
};

#define PMM_FLAG_LAST      1 /* last record of a venue's message: the book is consistent here */
#define PMM_FLAG_SNAPSHOT  2 /* part of a snapshot */
#define PMM_FLAG_BATCH_END 4 /* last input of a turn: the process decided after this record */
#define PMM_FLAG_DECISION  8 /* in a journal: made by the journal's owner, an output and not an input */
#define PMM_FLAG_MAKER     16 /* fill of a resting order */
#define PMM_FLAG_POST_ONLY 32 /* order: rejected if it would take */
#define PMM_FLAG_STALE     64 /* the value comes from a book that must not be trusted */
#define PMM_FLAG_FEE_TOLD  128 /* FILL: a FEE says what it cost; without it the instrument's fees hold */

/* Records of one message that a ring's reader must have room for; what is longer goes as a snapshot in pieces. */
#define PMM_MESSAGE_MAX 2048

#define PMM_INSTRUMENT_ALL 0xFFFFFFFF

/*
 * BOOK_BEGIN.quantity: which sides the snapshot does not show to their end. price is then the worst bid that is
 * known, order_id the worst ask (as int64): what rests beyond is unknown.
 */
#define PMM_BOUND_BIDS 1
#define PMM_BOUND_ASKS 2

/* NEW.aux = time in force | type << 8 | self-trade rule << 16 (terms.h) */
enum pmm_time_in_force {
    PMM_TIF_GTC = 0,
    PMM_TIF_DAY = 1,
    PMM_TIF_IOC = 2,
    PMM_TIF_FOK = 3
};
enum pmm_order_type {
    PMM_TYPE_LIMIT = 0,
    PMM_TYPE_MARKET = 1
};
enum pmm_self_trade {
    PMM_STP_NONE = 0,
    PMM_STP_CANCEL_NEWEST = 1,
    PMM_STP_CANCEL_OLDEST = 2,
    PMM_STP_CANCEL_BOTH = 3
};

/* In which currency of its instrument a FEE was paid. */
enum pmm_fee_of {
    PMM_FEE_BASE = 1,
    PMM_FEE_QUOTE = 2,
    PMM_FEE_OTHER = 3 /* a third one: neither position nor cash */
};
#define PMM_FEE_DECIMALS_MAX 18
enum pmm_balance_of {
    PMM_BALANCE_TOTAL = 1, /* with what open orders hold */
    PMM_BALANCE_AVAILABLE = 2
};

/* What a TEXT is. */
#define PMM_TEXT_BYTES 32 /* of one record */
enum pmm_text {
    PMM_TEXT_WORDS = 0, /* the venue's own */
    PMM_TEXT_VENUE_ID = 1, /* what the venue calls the order from here on */
    PMM_TEXT_CURRENCY = 2
};

/* The role of a process: the low byte of a source. */
enum pmm_source {
    PMM_SOURCE_NONE = 0,
    PMM_SOURCE_EXCHANGE = 1,
    PMM_SOURCE_FEED = 2,
    PMM_SOURCE_STRATEGY = 3,
    PMM_SOURCE_RISK = 4,
    PMM_SOURCE_GATEWAY = 5,
    PMM_SOURCE_MONITOR = 6,
    PMM_SOURCE_SUPERVISOR = 7,
    PMM_SOURCE_TRADERS = 8 /* the simulated exchange's other participants */
};

enum pmm_venue {
    PMM_VENUE_NONE = 0,
    PMM_VENUE_SIMULATED = 1,
    PMM_VENUE_BINANCE = 2,
    PMM_VENUE_COINBASE = 3,
    PMM_VENUE_COINBASE_EXCHANGE = 4,
    PMM_VENUE_KRAKEN = 5,
    PMM_VENUE_GEMINI = 6,
    PMM_VENUE_BITSTAMP = 7,
    PMM_VENUE_OTHER = 255 /* one whose package is not this one's */
};

enum pmm_reason {
    PMM_REASON_NONE = 0,
    /* why a book is invalid */
    PMM_REASON_STARTING = 1,
    PMM_REASON_SEQUENCE_GAP = 2,
    PMM_REASON_CROSSED = 3,
    PMM_REASON_DISCONNECTED = 4,
    PMM_REASON_CHECKSUM = 5,
    PMM_REASON_OVERFLOW = 6,
    PMM_REASON_STALE = 7,
    PMM_REASON_RESYNC = 8,
    PMM_REASON_HALTED = 9, /* the venue takes no orders of the instrument */
    PMM_REASON_DELISTED = 10, /* the venue does not list it (any more) */
    PMM_REASON_DEFINITION = 11, /* the venue's steps are not those of the instrument table */
    /* why an order was refused before it left */
    PMM_REASON_ORDER_SIZE = 32,
    PMM_REASON_POSITION_LIMIT = 33,
    PMM_REASON_PRICE_COLLAR = 34,
    PMM_REASON_OPEN_ORDERS = 35,
    PMM_REASON_MESSAGE_RATE = 36,
    PMM_REASON_KILL_SWITCH = 37,
    PMM_REASON_NO_REFERENCE = 38, /* the book that a collar needs is absent, stale or invalid */
    PMM_REASON_UNKNOWN_ORDER = 39,
    PMM_REASON_DUPLICATE_ORDER = 40,
    PMM_REASON_BAD_PRICE = 41,
    PMM_REASON_BAD_QUANTITY = 42,
    PMM_REASON_BAD_INSTRUMENT = 43,
    PMM_REASON_BAD_ORDER = 44, /* a field that no venue could accept: kind, side, type */
    PMM_REASON_TOO_OLD = 45, /* decided too long ago to be sent */
    PMM_REASON_PEER_LOST = 46,
    PMM_REASON_NOT_SENT = 47,
    PMM_REASON_TOO_LATE = 48, /* the order is done, or is being changed already */
    /* why the venue did what it did */
    PMM_REASON_WOULD_TAKE = 64,
    PMM_REASON_NO_LIQUIDITY = 65, /* IOC or market remainder */
    PMM_REASON_FOK = 66,
    PMM_REASON_SELF_TRADE = 67,
    PMM_REASON_REQUESTED = 68,
    PMM_REASON_CANCEL_ON_DISCONNECT = 69,
    PMM_REASON_CAPACITY = 70,
    PMM_REASON_VENUE = 71, /* the venue's own words follow as TEXT */
    PMM_REASON_SHUTDOWN = 72,
    PMM_REASON_OPERATOR = 73,
    PMM_REASON_JOURNAL = 74, /* the journal cannot be written */
    PMM_REASON_BACK_PRESSURE = 75, /* an order or report ring stayed full */
    PMM_REASON_DAY_END = 76,
    PMM_REASON_FUNDS = 77, /* not enough of a currency, by the venue's count */
    PMM_REASON_RATE_LIMIT = 78, /* the venue takes no more for now */
    PMM_REASON_EXPIRED = 79, /* its time was over */
    PMM_REASON_MARKET_MODE = 80, /* the venue takes no such order of this instrument now */
    PMM_REASON_INFERRED = 81, /* a FILL: by FILLED_TOTAL; a FILLED_TOTAL: nothing tells of fills sooner */
    PMM_REASON_CORRECTED = 82, /* it takes the place of an inferred one, or of a part of one */
    PMM_REASON_UNLISTED = 83, /* UNSURE: the venue lists its open orders, and this one is not there */
    /* why trading halts by itself */
    PMM_REASON_BALANCES = 84, /* the venue's count of money is not what fills and fees make it */
    PMM_REASON_FOREIGN_ORDER = 85 /* the account has an open order that no session has made */
};
#define PMM_REASONS 96 /* every reason is below: rows of what is counted by reason */

/*
 * A row of the instrument table. tick_size = tick_mantissa x 10^-tick_decimals, and the same for lots. Fees are in 1e-8
 * of notional; a negative fee is a rebate.
 *
 *   offset bytes field
 *   0      32    symbol (NUL-padded UTF-8)
 *   32     8     tick_mantissa
 *   40     8     lot_mantissa
 *   48     8     quantity_min (lots)
 *   56     8     maker_fee_e8
 *   64     8     taker_fee_e8
 *   72     4     instrument_id
 *   76     1     venue_id
 *   77     1     tick_decimals
 *   78     1     lot_decimals
 *   79     1     venue_number (of its gateway and exchange; below PMM_NUMBERS_MAX)
 *   80     16    venue (the venue's name in this session, NUL-padded UTF-8)
 *   96     1    feed_offset (its feed's number less venue_number: 0 where each venue has one feed)
 *   97     3    reserved, zero
 *   100    12   base (currency, NUL-padded UTF-8, as far as there is room; empty: not said yet)
 *   112    12   quote (the same)
 *   124    4    listed (enum pmm_listed)
 *
 * From 100 on the venue's feed writes what the venue says, listed last (listing.h). The rest stays as it was made.
 */
struct pmm_instrument {
    char symbol[PMM_SYMBOL_BYTES];
    int64_t tick_mantissa;
    int64_t lot_mantissa;
    int64_t quantity_min;
    int64_t maker_fee_e8;
    int64_t taker_fee_e8;
    uint32_t instrument_id;
    uint8_t venue_id;
    uint8_t tick_decimals;
    uint8_t lot_decimals;
    uint8_t venue_number;
    char venue[PMM_VENUE_BYTES];
    uint8_t feed_offset;
    uint8_t reserved[3];
    char base[PMM_CURRENCY_BYTES];
    char quote[PMM_CURRENCY_BYTES];
    uint32_t listed;
};

/* Whether the venue takes orders of an instrument. */
enum pmm_listed {
    PMM_LISTED_UNKNOWN = 0, /* nobody could ask it yet */
    PMM_LISTED_TRADING = 1,
    PMM_LISTED_LIMITED = 2, /* not every kind of order */
    PMM_LISTED_HALTED = 3,
    PMM_LISTED_DELISTED = 4
};

/*
 * What a fill costs, in ticks x lots: notional x fee, rounded up (towards the venue), so that every process arrives at
 * the same integer. fee_e8: at most FEE_WHOLE_E8 either way. What 64 bits do not hold is the end of them.
 */
#define PMM_FEE_WHOLE_E8 100000000
int64_t pmm_fee(int64_t price, int64_t quantity, int64_t fee_e8);

/*
 * 0, or why a FILL, a FILL_BUSTED, a REPLACED or a FEE is none that a venue could mean: BAD_ORDER (a fill of no side, a
 * fee of no currency or of more than FEE_DECIMALS_MAX decimals), BAD_QUANTITY or BAD_PRICE (not positive). Whoever
 * takes reports believes none of these. 0 for every other kind.
 */
uint16_t pmm_report_fault(const struct pmm_event *report);

/* 1 if a reader may decide after this record; 0: it needs the next, behind market data without LAST or SNAPSHOT. */
int pmm_event_ends_message(const struct pmm_event *event);

#endif
