"""Records of single orders, and short questions to the book of them, for its tests."""

from pinnacle.core.schema import Flag, Kind, Reason, Side
from tests.records import event

INSTRUMENT = 4


def record(kind, order_id=0, **fields):
    return event(kind, order_id=order_id, instrument_id=INSTRUMENT, **fields)


def add(order_id, side, price, quantity, flags=0):
    fields = {"side": side, "price": price, "quantity": quantity, "flags": flags}
    return record(Kind.ORDER_ADD, order_id, **fields)


def bid(order_id, price, quantity, flags=0):
    return add(order_id, Side.BID, price, quantity, flags)


def ask(order_id, price, quantity, flags=0):
    return add(order_id, Side.ASK, price, quantity, flags)


def reduce(order_id, by):
    return record(Kind.ORDER_REDUCE, order_id, quantity=by)


def execute(order_id, quantity):
    return record(Kind.ORDER_EXECUTE, order_id, quantity=quantity)


def remove(order_id):
    return record(Kind.ORDER_REMOVE, order_id)


def replace(old, new, price, quantity):
    return record(Kind.ORDER_REPLACE, new, aux=old, price=price, quantity=quantity)


BEGIN, END = record(Kind.BOOK_BEGIN), record(Kind.BOOK_END, flags=Flag.LAST)


def state(book):
    top = book.top()
    return top.valid, Reason(top.reason)


def ids(book, side, price):
    return book.queue(side, price)["order_id"].tolist()


def best(book):
    return book.top()[:4]
