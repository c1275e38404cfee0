"""What `pinnacle run` shows while a session lives: a live screen, or lines where there is none."""

import time

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pinnacle.core.counters import HistogramSummary
from pinnacle.core.instruments import Instrument
from pinnacle.core.observer import Observer, ProcessView
from pinnacle.core.schema import Reason

LINE_PERIOD_S = 5.0
SCREEN_PERIOD_S = 0.25
SILENT_MS = 1000.0
#: Columns from which a bid and an ask stand beside each other.
WIDE = 100


class LiveView:
    """Call `update` as often as you like; it looks at the session only when something is due."""

    def __init__(self, observer: Observer, address: str, console: Console | None = None):
        self._observer = observer
        self._address = address
        self._console = console or Console()
        self._live: Live | None = None
        self._next = 0.0

    def __enter__(self) -> "LiveView":
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, remaining_s: float | None) -> None:
        """Show the session now; `remaining_s` is the time left, None if it has no end."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (LINE_PERIOD_S if self._live is None else SCREEN_PERIOD_S)
        seen = _Seen(self._observer)
        if self._live is not None:
            self._live.update(self._screen(seen, remaining_s), refresh=True)
        else:
            for line in lines(seen, remaining_s):
                self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _screen(self, seen: "_Seen", remaining_s: float | None) -> Group:
        return Group(
            self._header(seen, remaining_s),
            _instrument_table(seen, self._console.width),
            _latency_line(seen.latency),
            _process_table(seen.processes),
        )

    def _header(self, seen: "_Seen", remaining_s: float | None) -> Text:
        header = Text()
        header.append(f" {seen.session} ", style="bold reverse")
        header.append(f"  {_left(remaining_s)}  ")
        header.append(self._address, style="underline")
        header.append("  ")
        if seen.killed == Reason.NONE:
            header.append("trading allowed", style="green")
        else:
            header.append(f"HALTED: {_words(seen.killed.name)}", style="bold red")
        return header


class _Seen:
    """Everything that the view shows, read once."""

    def __init__(self, observer: Observer):
        self.session = observer.paths.data.name
        self.killed = observer.killed()
        self.processes = observer.processes()
        histogram = observer.histograms("risk").get("tick_to_order")
        self.latency = histogram.summary() if histogram is not None else None
        self.rows = [_Row(observer, instrument) for instrument in observer.instruments]


class _Row:
    """One instrument's figures as text."""

    def __init__(self, observer: Observer, instrument: Instrument):
        state = observer.instrument_state(instrument)
        quotes = observer.quotes(instrument)
        book = observer.book(instrument, 1)
        price = instrument.price_text
        self.symbol = instrument.symbol
        self.book_trouble = "" if book["valid"] else _words(str(book["reason"])) or "invalid"
        self.bid = price(int(book["bids"][0][0])) if len(book["bids"]) else "-"
        self.ask = price(int(book["asks"][0][0])) if len(book["asks"]) else "-"
        self.our_bid = price(quotes["wanted_bid"]) if quotes.get("wanted_bid") else "-"
        self.our_ask = price(quotes["wanted_ask"]) if quotes.get("wanted_ask") else "-"
        self.position = instrument.quantity_text(state.get("position", 0))
        total = state.get("realised", 0) + state.get("unrealised", 0) - state.get("fees", 0)
        self.gain = total
        self.pnl = f"{float(instrument.money_text(total)):+.2f}"
        self.fills = f"{state.get('bid_fills', 0)}/{state.get('ask_fills', 0)}"
        self.open_orders = str(state.get("open_orders", 0))
        self.refused = str(sum(n for name, n in state.items() if name.startswith("refused.")))


def lines(seen: _Seen, remaining_s: float | None) -> list[str]:
    """The session in plain lines: one for each instrument, one for the processes."""
    found = [
        f"{row.symbol}: market {row.bid} / {row.ask}"
        + (f" ({row.book_trouble})" if row.book_trouble else "")
        + f", quotes {row.our_bid} / {row.our_ask}, position {row.position}, P&L {row.pnl}, "
        f"fills {row.fills}, open orders {row.open_orders}, refused {row.refused}"
        for row in seen.rows
    ]
    states = " ".join(_process_words(process) for process in seen.processes)
    halted = "" if seen.killed == Reason.NONE else f", HALTED: {_words(seen.killed.name)}"
    found.append(
        f"{seen.session}: {_left(remaining_s)}{halted}, {_latency_words(seen.latency)}, {states}"
    )
    return found


def _process_words(process: ProcessView) -> str:
    restarts = f"({process.restarts} restarts)" if process.restarts else ""
    return f"{process.role}={process.state}{restarts}"


def _instrument_table(seen: _Seen, width: int) -> Table:
    """Bids and asks beside each other; above each other where the terminal is narrow."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("symbol", style="bold", overflow="ellipsis")
    wide = width >= WIDE
    names = ("bid", "ask", "our bid", "our ask") if wide else ("market", "quotes")
    for name in (*names, "position", "P&L", "fills b/a", "open", "refused"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in seen.rows:
        market = [Text(row.bid), Text(row.ask)]
        if row.book_trouble:
            market = [Text("book", style="yellow"), Text(row.book_trouble, style="yellow")]
        quotes = [Text(row.our_bid, style="cyan"), Text(row.our_ask, style="cyan")]
        table.add_row(
            row.symbol,
            *(market + quotes if wide else [Group(*market), Group(*quotes)]),
            row.position,
            Text(row.pnl, style="green" if row.gain > 0 else "red" if row.gain < 0 else ""),
            row.fills,
            row.open_orders,
            row.refused,
        )
    return table


def _latency_line(latency: HistogramSummary | None) -> Text:
    return Text(" " + _latency_words(latency))


def _latency_words(latency: HistogramSummary | None) -> str:
    if latency is None or not latency.count:
        return "tick to order: no order yet"
    p50, p99, p999 = (ns / 1000 for ns in (latency.p50, latency.p99, latency.p999))
    return f"tick to order us: p50 {p50:.1f} p99 {p99:.1f} p99.9 {p999:.1f} of {latency.count}"


def _process_table(processes: list[ProcessView]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("process", style="bold")
    table.add_column("state")
    for name in ("restarts", "heartbeat", "memory"):
        table.add_column(name, justify="right")
    for process in processes:
        healthy = process.state == "ready" and process.heartbeat_age_ms <= SILENT_MS
        style = "green" if healthy else "yellow" if process.alive else "bold red"
        beat = f"{process.heartbeat_age_ms:.0f} ms" if process.alive else "-"
        table.add_row(
            process.role,
            Text(process.state, style=style),
            str(process.restarts),
            beat,
            f"{process.rss_mb:.0f} MB",
        )
    return table


def _left(remaining_s: float | None) -> str:
    if remaining_s is None:
        return "until stopped"
    seconds = max(0, round(remaining_s))
    if seconds < 120:
        return f"{seconds} s left"
    return f"{seconds // 60} min {seconds % 60:02d} s left"


def _words(name: str) -> str:
    return name.replace("_", " ").lower()
