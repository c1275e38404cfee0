// One instrument: what we hold, what it earned, the book with our quotes in it.
import { direction, element, setClass, setText } from "./dom.js";
import { grouped, integer, money, quantity, words } from "./format.js";

const LEVELS = 10;

class Fact {
  constructor(list, name) {
    this.name = element("dt", "", name);
    this.value = element("dd");
    list.append(this.name, this.value);
  }

  set(text, className = "", title = "") {
    setText(this.value, text);
    setClass(this.value, className);
    if (this.value.title !== title) this.value.title = title;
  }
}

class Headline {
  constructor(name) {
    this.root = element("div", "headline");
    this.value = element("div", "headline-value");
    this.root.append(element("div", "headline-name", name), this.value);
  }

  set(text, className, title) {
    setText(this.value, text);
    setClass(this.value, `headline-value ${className}`);
    if (this.value.title !== title) this.value.title = title;
  }
}

/** One price level of one side. The price stands towards the middle of the ladder. */
class Level {
  constructor(side) {
    this.root = element("div");
    this.side = side;
    this.bar = element("span", "bar");
    this.price = element("span", "price");
    this.quantity = element("span");
    this.tag = element("span", "own-tag");
    const inner = element("span");
    if (side === "bid") {
      inner.append(this.tag, this.price);
      this.root.append(this.bar, this.quantity, inner);
    } else {
      inner.append(this.price, this.tag);
      this.root.append(this.bar, inner, this.quantity);
    }
  }

  set(level, widest, ours) {
    const own = level === undefined ? undefined : ours.get(level[0]);
    setClass(this.root, `level on-${this.side}${own ? " own" : ""}`);
    setText(this.price, level ? grouped(level[0]) : "");
    setText(this.quantity, level ? grouped(level[1]) : "");
    setText(this.tag, own ? (this.side === "bid" ? "▸" : "◂") : "");
    const title = own ? `ours: ${own} of ${level[1]}` : "";
    if (this.root.title !== title) this.root.title = title;
    this.bar.style.width = level ? `${(100 * Number(level[1])) / widest}%` : "0";
  }
}

class Ladder {
  constructor() {
    this.root = element("div", "ladder");
    this.levels = { bid: [], ask: [] };
    for (const [side, titles] of [["bid", ["Quantity", "Bid"]], ["ask", ["Ask", "Quantity"]]]) {
      const column = element("div");
      const head = element("div", "ladder-head");
      head.append(...titles.map((title) => element("span", "", title)));
      column.append(head);
      for (let i = 0; i < LEVELS; i += 1) {
        const level = new Level(side);
        this.levels[side].push(level);
        column.append(level.root);
      }
      this.root.append(column);
    }
    this.note = element("div", "ladder-note");
    this.root.append(this.note);
  }

  update(book, resting) {
    this.note.hidden = book.valid;
    setText(this.note, book.valid ? "" : "No prices until the next snapshot.");
    const shown = [...book.bids, ...book.asks].map((level) => Number(level[1]));
    const widest = Math.max(...shown, 1e-12);
    const ours = { bid: new Map(resting.bids), ask: new Map(resting.asks) };
    this.levels.bid.forEach((level, i) => level.set(book.bids[i], widest, ours.bid));
    this.levels.ask.forEach((level, i) => level.set(book.asks[i], widest, ours.ask));
  }
}

export class InstrumentCard {
  constructor(symbol, colourName) {
    this.root = element("article", "instrument");
    const head = element("header", "instrument-head");
    const name = element("h3", "", symbol);
    this.mid = element("span", "mid");
    this.spread = element("span", "quiet");
    this.state = element("span", "badge");
    head.append(name, this.mid, this.spread, this.state);
    const body = element("div", "instrument-body");
    const left = element("div");
    const headlines = element("div", "headlines");
    this.position = new Headline("Position");
    this.total = new Headline("P&L after fees");
    headlines.append(this.position.root, this.total.root);
    const facts = element("dl", "facts");
    this.realised = new Fact(facts, "Realised");
    this.unrealised = new Fact(facts, "Unrealised");
    this.fees = new Fact(facts, "Fees");
    this.turnover = new Fact(facts, "Turnover");
    this.fills = new Fact(facts, "Fills bought / sold");
    this.open = new Fact(facts, "Open orders");
    this.refused = new Fact(facts, "Refused");
    left.append(headlines, facts);
    const right = element("div");
    this.ladder = new Ladder();
    this.quotes = element("div");
    this.ourBid = element("span", "bid");
    this.ourAsk = element("span", "ask");
    this.ourWidth = element("span");
    this.quotes.append(this.ourBid, this.ourWidth, this.ourAsk);
    right.append(this.ladder.root, this.quotes);
    body.append(left, right);
    this.root.append(head, body);
    this.colourName = colourName;
  }

  update(instrument) {
    const { book, quotes, resting, pnl, fills } = instrument;
    setText(this.mid, book.mid === null ? "–" : grouped(book.mid));
    setText(this.spread, book.spread === null ? "no two-sided market" : `spread ${grouped(book.spread)}`);
    setClass(this.state, `badge ${book.valid ? "good" : "warn"}`);
    setText(this.state, book.valid ? "Book valid" : `Book invalid: ${words(book.reason)}`);
    this.position.set(signed(instrument.position), "", instrument.position);
    this.total.set(money(pnl.total), direction(pnl.total), pnl.total);
    this.realised.set(money(pnl.realised), direction(pnl.realised), pnl.realised);
    this.unrealised.set(money(pnl.unrealised), direction(pnl.unrealised), pnl.unrealised);
    const earned = pnl.fees.startsWith("-");
    setText(this.fees.name, earned ? "Rebates earned" : "Fees paid");
    this.fees.set(grouped(Math.abs(Number(pnl.fees)).toFixed(2)), "", pnl.fees);
    this.turnover.set(grouped(Number(instrument.turnover).toFixed(0)), "", instrument.turnover);
    this.fills.set(`${integer(fills.bid)} / ${integer(fills.ask)}`);
    this.open.set(integer(instrument.open_orders));
    const refused = Object.values(instrument.refusals).reduce((sum, count) => sum + count, 0);
    this.refused.set(integer(refused));
    this.ladder.update(book, resting);
    this.showQuotes(quotes);
  }

  showQuotes({ bid, ask, width }) {
    setClass(this.quotes, `quotes${bid === null && ask === null ? " none" : ""}`);
    setText(this.ourBid, bid === null ? "no bid wanted" : `wanted ${grouped(bid)}`);
    setText(this.ourAsk, ask === null ? "no ask wanted" : `wanted ${grouped(ask)}`);
    setText(this.ourWidth, width === null ? "" : `${grouped(width)} apart`);
  }
}

function signed(text) {
  const shown = quantity(text);
  return Number(text) > 0 ? `+${shown}` : shown;
}
