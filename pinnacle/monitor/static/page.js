// The status page: asks for the state four times a second and shows it. It changes nothing.
import { LatencyChart, PnlChart, seriesColour } from "./charts.js";
import { direction, element, setClass, setText } from "./dom.js";
import { showNotices } from "./notices.js";
import {
  age, grouped, integer, micros, money, quantity, rate, timeOfDay, words,
} from "./format.js";
import { InstrumentCard } from "./instrument.js";
import { showVenues } from "./venues.js";

const PERIOD_MS = 250;
const TIMEOUT_MS = 3000;
const STALE_MS = 3000;

const $ = (id) => document.getElementById(id);
const pnlChart = new PnlChart($("pnl-chart"));
const latencyChart = new LatencyChart($("latency-chart"));
const cards = new Map();
const processTiles = new Map();
const figureTiles = new Map();
let etag = "";
let lastState = null;
let lastSeenMs = 0;
let lastFill = null;

function showHeader(state) {
  setText($("session"), state.session);
  setText($("venue"), `${state.venue} venue`);
  setText($("clock"), `${timeOfDay(state.time_ms)} UTC`);
  const kill = $("kill");
  setClass(kill, `badge ${state.kill.set ? "bad" : "good"}`);
  setText(kill, state.kill.set ? `Halted: ${words(state.kill.reason)}` : "Trading allowed");
  if (!state.kill.set && !state.ready) {
    const [who, why] = Object.entries(state.not_ready)[0];
    setClass(kill, "badge warn");
    setText(kill, `Not ready: ${who} ${why}`);
  }
  kill.title = Object.entries(state.not_ready).map(([who, why]) => `${who}: ${why}`).join("\n");
  setClass($("top"), state.kill.set ? "top halted" : "top");
  const mood = state.kill.set ? "halted" : state.ready ? "running" : "not ready";
  document.title = `${state.session} · ${mood} · Pinnacle`;
}

function health(process) {
  if (!process.alive) return "bad";
  if (process.state !== "ready" || process.heartbeat_age_ms > 1000) return "warn";
  return "good";
}

function showProcesses(processes) {
  for (const process of processes) {
    let tile = processTiles.get(process.name);
    if (!tile) {
      tile = { root: element("div"), state: element("span", "process-state") };
      tile.facts = element("div", "process-facts");
      const head = element("div", "process-head");
      head.append(element("span", "process-name", process.name), tile.state);
      tile.root.append(head, tile.facts);
      $("processes").append(tile.root);
      processTiles.set(process.name, tile);
    }
    setClass(tile.root, `process ${health(process)}`);
    setText(tile.state, process.state);
    const restarts = process.restarts
      ? ` · ${process.restarts} restart${process.restarts > 1 ? "s" : ""}` : "";
    const beat = process.heartbeat_age_ms > 1000 ? `silent ${age(process.heartbeat_age_ms)} · ` : "";
    setText(tile.facts, process.alive
      ? `${beat}${Math.round(process.rss_mb)} MB${restarts}` : `not running${restarts}`);
    tile.root.title = `pid ${process.pid}, heartbeat ${age(process.heartbeat_age_ms)} ago, `
      + `${process.rss_mb} MB, restarts ${process.restarts}`;
  }
}

function showFigure(name, value, unit, note, className = "") {
  let tile = figureTiles.get(name);
  if (!tile) {
    tile = { value: element("div"), note: element("div", "figure-note") };
    tile.number = element("span");
    tile.unit = element("small");
    tile.value.append(tile.number, tile.unit);
    const root = element("div", "figure");
    root.append(element("div", "figure-name", name), tile.value, tile.note);
    $("figures").append(root);
    figureTiles.set(name, tile);
  }
  setClass(tile.value, `figure-value ${className}`);
  setText(tile.number, value);
  setText(tile.unit, unit);
  setText(tile.note, note);
}

function showFigures(state) {
  const { totals, latency } = state;
  if (totals.pnl !== null) {
    showFigure("Session P&L", money(totals.pnl), totals.currency, "after fees", direction(totals.pnl));
  }
  showFigure("Fills", integer(totals.fills), "", `${integer(totals.bid_fills)} bought · ${integer(totals.ask_fills)} sold`);
  showFigure("Open orders", integer(totals.open_orders), "", `${integer(totals.refusals)} refused so far`);
  const orders = `${integer(latency.count)} orders`;
  showFigure("Tick to order, median", ...(latency.count ? micros(latency.p50_us) : ["–", ""]), orders);
  const [p999, unit] = micros(latency.p999_us);
  showFigure("Tick to order, p99", ...(latency.count ? micros(latency.p99_us) : ["–", ""]),
    latency.count ? `p99.9 ${p999} ${unit}` : "");
  showFigure("Market records", rate(totals.records_per_s), "/s", `${integer(totals.records)} in all`);
}

function showInstruments(state) {
  state.instruments.forEach((instrument, i) => {
    let card = cards.get(instrument.symbol);
    if (!card) {
      card = new InstrumentCard(instrument.symbol, seriesColour(i));
      cards.set(instrument.symbol, card);
      $("instruments").append(card.root);
    }
    card.update(instrument);
  });
}

function showLegends(state) {
  const legend = state.instruments.map((instrument, i) => {
    const item = element("span");
    const mark = element("i");
    mark.style.background = `var(${seriesColour(i)})`;
    item.append(mark, `${instrument.symbol} ${money(instrument.pnl.total)}`);
    return item;
  });
  if (state.totals.pnl !== null && state.instruments.length > 1) {
    const item = element("span");
    const mark = element("i");
    mark.style.background = "var(--total)";
    item.append(mark, `Total ${money(state.totals.pnl)}`);
    legend.push(item);
  }
  $("pnl-legend").replaceChildren(...legend);
  const { latency } = state;
  const quantiles = latency.count
    ? [["p50", latency.p50_us], ["p99", latency.p99_us], ["p99.9", latency.p999_us]] : [];
  $("latency-legend").replaceChildren(
    ...quantiles.map(([name, us]) => element("span", "", `${name} ${micros(us).join(" ")}`)),
  );
}

function showFills({ fills, totals, journal_trouble: why }) {
  const newest = fills.length ? fills[0].record : -1;
  setText($("fills-note"), why || (fills.length ? `the last ${fills.length} of ${integer(totals.fills)}` : ""));
  if (newest === lastFill) return;
  const seen = lastFill;
  lastFill = newest;
  const rows = fills.map((fill) => {
    const row = element("tr", seen !== null && fill.record > seen ? "fresh" : "");
    row.append(
      element("td", "", timeOfDay(fill.time_ms, true)),
      element("td", "", fill.symbol),
      element("td", `side ${fill.side}`, fill.side === "bid" ? "bought" : "sold"),
      element("td", "number", grouped(fill.price)),
      element("td", "number", quantity(fill.quantity)),
      element("td", "quiet", fill.maker ? "maker" : "taker"),
    );
    return row;
  });
  if (!rows.length) {
    const cell = element("td", "quiet", "No fill yet.");
    cell.colSpan = 6;
    rows.push(element("tr"));
    rows[0].append(cell);
  }
  $("fills").replaceChildren(...rows);
}

function showFacts(list, facts, none) {
  const nodes = facts.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]);
  if (!nodes.length) nodes.push(element("dd", "none", none));
  list.replaceChildren(...nodes);
}

function showCounters(state) {
  showFacts($("feed"), Object.entries(state.feed).map(([name, value]) => [words(name), integer(value)]),
    "The feed counts nothing yet.");
  const refusals = state.instruments.flatMap((instrument) =>
    Object.entries(instrument.refusals).map(
      ([reason, count]) => [`${instrument.symbol} · ${words(reason)}`, integer(count)],
    ));
  showFacts($("refusals"), refusals, "Nothing refused.");
}

function show(state) {
  showHeader(state);
  showProcesses(state.processes);
  showNotices($("notices"), state);
  showFigures(state);
  showVenues($("venues"), $("venues-head"), $("venues-body"), state);
  showInstruments(state);
  showLegends(state);
  pnlChart.update(state.pnl_history, state.totals.currency);
  latencyChart.update(state.latency);
  showFills(state);
  showCounters(state);
}

function trouble(text) {
  const bar = $("trouble");
  bar.hidden = !text;
  setText(bar, text);
  document.body.classList.toggle("old", Boolean(text));
}

async function ask() {
  const headers = etag ? { "If-None-Match": etag } : {};
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch("/api/state", { headers, cache: "no-store", signal });
  if (answer.status === 304) return lastState;
  if (!answer.ok) throw new Error(`the monitor answered ${answer.status}`);
  etag = answer.headers.get("ETag") ?? "";
  return answer.json();
}

async function turn() {
  try {
    const state = await ask();
    if (state !== lastState) {
      lastState = state;
      lastSeenMs = performance.now();
      show(state);
    }
    const old = performance.now() - lastSeenMs;
    trouble(old > STALE_MS ? `The monitor has had nothing new for ${age(old)}.` : "");
  } catch (error) {
    // One lost answer is nothing; a second without one is news.
    const since = lastState ? `What you see is from ${timeOfDay(lastState.time_ms)} UTC.` : "";
    if (!lastState || performance.now() - lastSeenMs > 1000) {
      trouble(`Monitor unreachable (${error.message}). ${since}`);
    }
  }
  setTimeout(turn, PERIOD_MS);
}

turn();
