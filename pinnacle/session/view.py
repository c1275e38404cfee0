"""What `pinnacle run` shows while a session lives: a live screen, or lines where there is none."""

import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pinnacle.core.clock import monotonic_ns
from pinnacle.core.counters import HistogramSummary
from pinnacle.core.instruments import Instrument
from pinnacle.core.notices import Notice
from pinnacle.core.schema import Reason, in_words
from pinnacle.runtime.fitness import book_words, unfit
from pinnacle.runtime.observer import Observer, ProcessView
from pinnacle.runtime.rate import Rate
from pinnacle.runtime.venue_view import VenueView

LINE_PERIOD_S = 5.0
SCREEN_PERIOD_S = 0.25
SILENT_MS = 1000.0
#: Columns from which a bid and an ask stand beside each other.
WIDE = 100
#: What a narrow terminal does without, the least important first.
PROCESS_DROPPED = ("memory", "restarts", "heartbeat")
VENUE_DROPPED = ("last", "checksums", "gaps", "connected", "clock ahead", "p99", "stamp to record")
DROPPED = ("refused", "open", "fills b/a", "quotes", "P&L", "position")

#: Makes a table that lacks the columns of these names.
TableWithout = Callable[[tuple[str, ...]], Table]


class LiveView:
    """Call `update` as often as you like; it looks at the session only when something is due."""

    def __init__(self, observer: Observer, address: str, console: Console | None = None):
        self._observer = observer
        self._address = address
        self._console = console or Console()
        self._live: Live | None = None
        self._next = self._next_notices = 0.0
        self._told: dict[str, int] = {}
        self._rates: dict[str, Rate] = defaultdict(Rate)

    def __enter__(self) -> "LiveView":
        # A terminal that cannot move its cursor gets lines, as a file does.
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        self.tell()

    def update(self, remaining_s: float | None) -> None:
        """Show the session now; `remaining_s` is the time left, None if it has no end."""
        now = time.monotonic()
        if now >= self._next_notices:
            self._next_notices = now + SCREEN_PERIOD_S
            self.tell()
        if now < self._next:
            return
        self._next = now + (LINE_PERIOD_S if self._live is None else SCREEN_PERIOD_S)
        seen = _Seen(self._observer, self._rates)
        if self._live is not None:
            self._live.update(self._screen(seen, remaining_s), refresh=True)
        else:
            for line in lines(seen, remaining_s):
                self._print(line)

    def tell(self) -> None:
        """Print the warnings and errors that have come since the last time; they stay."""
        for notice in self._observer.notices():
            if notice.number > self._told.get(notice.process, 0):
                self._told[notice.process] = notice.number
                self._print(notice_line(notice), "red" if notice.level == "error" else "yellow")

    def _print(self, line: str, style: str | None = None) -> None:
        self._console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)

    def _screen(self, seen: "_Seen", remaining_s: float | None) -> Group:
        console = self._console
        return Group(
            self._header(seen, remaining_s),
            _fitting(console, partial(_instrument_table, seen, console.width), DROPPED),
            *self._venues(seen),
            _latency_line(seen.latency),
            _fitting(console, partial(_process_table, seen.processes), PROCESS_DROPPED),
        )

    def _venues(self, seen: "_Seen") -> list[Table]:
        if not seen.venues:
            return []
        return [_fitting(self._console, partial(_venue_table, seen.venues), VENUE_DROPPED)]

    def _header(self, seen: "_Seen", remaining_s: float | None) -> Text:
        header = Text()
        header.append(f" {seen.session} ", style="bold reverse")
        header.append(f"  {_left(remaining_s)}  ")
        header.append(self._address, style="underline")
        header.append("  ")
        if seen.killed != Reason.NONE:
            header.append(f"HALTED: {in_words(seen.killed)}", style="bold red")
        elif seen.unfit:
            header.append(f"NOT READY: {_first(seen.unfit)}", style="bold yellow")
        else:
            header.append("trading allowed", style="green")
        return header


class _Seen:
    """Everything that the view shows, read once."""

    def __init__(self, observer: Observer, rates: dict[str, Rate]):
        self.session = observer.paths.data.name
        self.killed = observer.killed()
        self.processes = observer.processes()
        self.unfit = unfit(observer, self.processes)
        histogram = observer.histograms("risk").get("tick_to_order")
        self.latency = histogram.summary() if histogram is not None else None
        self.rows = [_Row(observer, instrument) for instrument in observer.instruments]
        now_ns = monotonic_ns()
        self.venues = [
            (view, rates[view.name].of(now_ns, view.messages)) for view in observer.venues()
        ]


class _Row:
    """One instrument's figures as text."""

    def __init__(self, observer: Observer, instrument: Instrument):
        position = observer.position(instrument)
        quote = observer.quote(instrument)
        book = observer.book(instrument, 1)
        price = instrument.price_text
        self.label = instrument.label
        self.book_trouble = book_words(book)
        self.bid = price(int(book["bids"][0][0])) if len(book["bids"]) else "-"
        self.ask = price(int(book["asks"][0][0])) if len(book["asks"]) else "-"
        self.our_bid = price(quote.bid_price) if quote.bid_price else "-"
        self.our_ask = price(quote.ask_price) if quote.ask_price else "-"
        self.position = instrument.quantity_text(position.position)
        self.gain = position.total
        self.pnl = f"{float(instrument.money_text(position.total)):+.2f}"
        self.fills = f"{position.bid_fills}/{position.ask_fills}"
        self.open_orders = str(position.open_orders)
        self.refused = str(sum(position.refused.values()))


def lines(seen: _Seen, remaining_s: float | None) -> list[str]:
    """The session in plain lines: one an instrument, one a venue, one for the processes."""
    found = [
        f"{row.label}: market {row.bid} / {row.ask}"
        + (f" ({row.book_trouble})" if row.book_trouble else "")
        + f", quotes {row.our_bid} / {row.our_ask}, position {row.position}, P&L {row.pnl}, "
        f"fills {row.fills}, open orders {row.open_orders}, refused {row.refused}"
        for row in seen.rows
    ]
    found += [_venue_line(*venue) for venue in seen.venues]
    states = " ".join(_process_words(process) for process in seen.processes)
    if seen.killed != Reason.NONE:
        mood = f", HALTED: {in_words(seen.killed)}"
    else:
        mood = f", NOT READY: {_first(seen.unfit)}" if seen.unfit else ""
    found.append(
        f"{seen.session}: {_left(remaining_s)}{mood}, {_latency_words(seen.latency)}, {states}"
    )
    return found


def notice_line(notice: Notice) -> str:
    """What a process said, in a line."""
    at = time.strftime("%H:%M:%S", time.gmtime(notice.at_ns // 1_000_000_000))
    often = f" ({notice.times} times)" if notice.times > 1 else ""
    return f"{at} {notice.level}: {notice.process}: {notice.text}{often}"


def _first(unfit: dict[str, str]) -> str:
    (who, why), more = next(iter(unfit.items())), len(unfit) - 1
    return f"{who} {why}" + (f" and {more} more" if more else "")


def _process_words(process: ProcessView) -> str:
    restarts = f"({process.restarts} restarts)" if process.restarts else ""
    return f"{process.name}={process.state}{restarts}"


def _fitting(console: Console, table_without: TableWithout, dropped: tuple[str, ...]) -> Table:
    """Every figure whole: what a narrow terminal has no room for is left out as a column."""
    endless = console.options.update(max_width=10_000)
    for n in range(len(dropped) + 1):
        table = table_without(dropped[:n])
        if Measurement.get(console, endless, table).maximum <= console.width:
            break
    return table


def _instrument_table(seen: _Seen, width: int, left_out: tuple[str, ...]) -> Table:
    """Bids and asks beside each other; above each other where the terminal is narrow."""
    wide = width >= WIDE
    rows = [_cells(row, wide) for row in seen.rows]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("symbol", style="bold", no_wrap=True)
    names = [name for name in rows[0] if name not in left_out]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for row, cells in zip(seen.rows, rows, strict=True):
        table.add_row(row.label, *(cells[name] for name in names))
    return table


def _cells(row: _Row, wide: bool) -> dict[str, Text | Group]:
    """An instrument's figures by the names of their columns."""
    market = [Text(row.bid), Text(row.ask)]
    if row.book_trouble:
        market = [Text("book", style="yellow"), Text(row.book_trouble, style="yellow")]
    quotes = [Text(row.our_bid, style="cyan"), Text(row.our_ask, style="cyan")]
    prices: dict[str, Text | Group] = (
        dict(zip(("bid", "ask", "our bid", "our ask"), market + quotes, strict=True))
        if wide
        else {"market": Group(*market), "quotes": Group(*quotes)}
    )
    return prices | {
        "position": Text(row.position),
        "P&L": Text(row.pnl, style="green" if row.gain > 0 else "red" if row.gain < 0 else ""),
        "fills b/a": Text(row.fills),
        "open": Text(row.open_orders),
        "refused": Text(row.refused),
    }


def _latency_line(latency: HistogramSummary | None) -> Text:
    return Text(" " + _latency_words(latency))


def _latency_words(latency: HistogramSummary | None) -> str:
    if latency is None or not latency.count:
        return "tick to order: no order yet"
    p50, p99, p999 = (ns / 1000 for ns in (latency.p50, latency.p99, latency.p999))
    return f"tick to order us: p50 {p50:.1f} p99 {p99:.1f} p99.9 {p999:.1f} of {latency.count}"


def _process_table(processes: list[ProcessView], left_out: tuple[str, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("process", style="bold", no_wrap=True)
    table.add_column("state", no_wrap=True)
    names = [name for name in ("restarts", "heartbeat", "memory") if name not in left_out]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for process in processes:
        healthy = process.state == "ready" and process.heartbeat_age_ms <= SILENT_MS
        style = "green" if healthy else "yellow" if process.alive else "bold red"
        facts = {
            "restarts": str(process.restarts),
            "heartbeat": f"{process.heartbeat_age_ms:.0f} ms" if process.alive else "-",
            "memory": f"{process.rss_mb:.0f} MB",
        }
        cells = [facts[name] for name in names]
        table.add_row(process.name, Text(process.state, style=style), *cells)
    return table


def _venue_facts(view: VenueView, messages_per_s: float) -> dict[str, str]:
    """A venue's figures by the names of their columns."""
    clock, latency = "-", view.latency
    if view.clock_ahead_ms is not None:
        clock = f"{view.clock_ahead_ms:+.1f} ± {view.clock_error_ms:.1f} ms"
    known = latency is not None and latency.count
    return {
        "connected": f"{view.connected} of {view.connections}",
        "last": "-" if view.silent_ms is None else f"{view.silent_ms / 1000:.1f} s",
        "messages/s": f"{messages_per_s:.0f}",
        "gaps": str(view.gaps),
        "resyncs": str(view.resyncs),
        "checksums": str(view.checksum_failures),
        "clock ahead": clock,
        "stamp to record": _lasting(latency.p50) if latency and known else "-",
        "p99": _lasting(latency.p99) if latency and known else "-",
    }


def _lasting(ns: int) -> str:
    """Of a recording that is played again it may be years."""
    return f"{ns / 1e6:.2f} ms" if ns < 10_000_000_000 else f"{ns / 1e9:.0f} s"


def _venue_state(view: VenueView) -> str:
    return f"{view.state} ({view.reason})" if view.reason else view.state


def _venue_line(view: VenueView, messages_per_s: float) -> str:
    facts = _venue_facts(view, messages_per_s)
    return (
        f"{view.name}: {_venue_state(view)} for {max(view.state_ms, 0) / 1000:.0f} s, "
        f"{facts['connected']} connected, last message {facts['last']} ago, "
        f"{facts['messages/s']} messages/s, "
        f"gaps {facts['gaps']}, resyncs {facts['resyncs']}, "
        f"checksum failures {facts['checksums']}, clock ahead {facts['clock ahead']}, "
        f"stamp to record p50 {facts['stamp to record']} p99 {facts['p99']}"
    )


def _venue_table(venues: list[tuple[VenueView, float]], left_out: tuple[str, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("venue", style="bold", no_wrap=True)
    table.add_column("state", no_wrap=True)
    rows = [(view, _venue_facts(view, rate)) for view, rate in venues]
    names = [name for name in rows[0][1] if name not in left_out]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for view, facts in rows:
        state = Text(_venue_state(view), style="green" if view.live else "yellow")
        table.add_row(view.name, state, *(facts[name] for name in names))
    return table


def _left(remaining_s: float | None) -> str:
    if remaining_s is None:
        return "until stopped"
    seconds = max(0, round(remaining_s))
    if seconds < 120:
        return f"{seconds} s left"
    return f"{seconds // 60} min {seconds % 60:02d} s left"
