// The two charts, drawn by uPlot in the page's own colours.
import { micros, money, timeOfDay } from "./format.js";

const HEIGHT = 200;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function seriesColour(i) {
  return `--series-${i % 4}`;
}

function axis(extra) {
  return {
    stroke: colour("--quiet"),
    grid: { stroke: colour("--grid"), width: 1 },
    ticks: { stroke: colour("--grid"), width: 1, size: 4 },
    font: "12px system-ui, sans-serif",
    ...extra,
  };
}

/** A chart that keeps its holder's width, and is built anew when theme or series change. */
class Chart {
  constructor(holder, emptyText) {
    this.holder = holder;
    this.key = "";
    this.plot = null;
    this.data = null;
    this.empty = document.createElement("div");
    this.empty.className = "empty";
    this.empty.textContent = emptyText;
    holder.append(this.empty);
    new ResizeObserver(() => this.resize()).observe(holder);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.key = "";
    });
  }

  resize() {
    if (this.plot) this.plot.setSize({ width: this.holder.clientWidth, height: HEIGHT });
  }

  show(key, options, data) {
    this.empty.hidden = true;
    if (key !== this.key) {
      if (this.plot) this.plot.destroy();
      this.key = key;
      const size = { width: this.holder.clientWidth, height: HEIGHT };
      this.plot = new uPlot({ ...options(), ...size, legend: { show: false } }, data, this.holder);
    } else {
      this.plot.setData(data);
    }
  }

  clear() {
    if (this.plot) this.plot.destroy();
    this.plot = null;
    this.key = "";
    this.empty.hidden = false;
  }
}

/** P&L of every instrument over time, and of the session where one currency makes it a sum. */
export class PnlChart {
  constructor(holder) {
    this.chart = new Chart(holder, "The first points come in a moment.");
  }

  update(history, currency) {
    const names = Object.keys(history.series);
    if (history.time_s.length < 2) return this.chart.clear();
    const columns = names.map((name) => history.series[name]);
    const summed = currency !== null && names.length > 1;
    const total = history.time_s.map((_, row) => columns.reduce((sum, c) => sum + c[row], 0));
    const data = [history.time_s, ...columns, ...(summed ? [total] : [])];
    this.chart.show(JSON.stringify([names, summed]), () => this.options(names, summed), data);
  }

  options(names, summed) {
    const line = (name, i) => ({
      label: name, stroke: colour(seriesColour(i)), width: 1.5, points: { show: false },
    });
    const total = { label: "Total", stroke: colour("--total"), width: 2.5, points: { show: false } };
    return {
      cursor: { y: false, points: { size: 7 } },
      padding: [8, 8, 0, 0],
      scales: { y: { range: (_, low, high) => padded(low, high) } },
      axes: [
        axis({ space: 90, size: 30, values: (_, ticks) => ticks.map((t) => timeOfDay(t * 1000)) }),
        axis({ size: 62, values: (_, ticks) => ticks.map((t) => shortMoney(t)) }),
      ],
      series: [{}, ...names.map(line), ...(summed ? [total] : [])],
    };
  }
}

function padded(low, high) {
  // Zero is always in view: a loss must look like one.
  const bottom = Math.min(low ?? 0, 0);
  const top = Math.max(high ?? 0, 0);
  const room = (top - bottom || 1) * 0.06;
  return [bottom < 0 ? bottom - room : 0, top > 0 || bottom === 0 ? top + room : 0];
}

function shortMoney(value) {
  return Math.abs(value) < 10 && value % 1 !== 0 ? money(String(value)) : money(String(value)).replace(/\.00$/, "");
}

/** Share of the orders by their time from market record to order, on a logarithmic scale. */
export class LatencyChart {
  constructor(holder) {
    this.chart = new Chart(holder, "No order yet.");
    this.marks = [];
  }

  update(latency) {
    if (!latency.count) return this.chart.clear();
    this.marks = [
      ["p50", latency.p50_us], ["p99", latency.p99_us], ["p99.9", latency.p999_us],
    ];
    const x = latency.buckets.map(([from]) => from);
    const y = latency.buckets.map(([, count]) => (100 * count) / latency.count);
    this.chart.show("latency", () => this.options(), [x, y]);
  }

  options() {
    const stroke = colour("--latency");
    return {
      cursor: { show: false },
      padding: [8, 8, 0, 0],
      scales: {
        x: { time: false, distr: 3, log: 10, range: (_, low, high) => [low * 0.8, high * 1.25] },
        y: { range: (_, low, high) => [0, Math.max(high, 1) * 1.18] },
      },
      axes: [
        axis({
          size: 30,
          splits: (_, __, low, high) => logSplits(low, high),
          filter: (_, splits) => splits,
          values: (_, splits) => splits.map((us) => decade(us, splits.length < 14)),
        }),
        axis({ size: 46, values: (_, ticks) => ticks.map((t) => `${t}%`) }),
      ],
      series: [
        {},
        {
          stroke, width: 1.5, fill: stroke + "44", points: { show: false },
          paths: uPlot.paths.stepped({ align: 1 }),
        },
      ],
      hooks: { draw: [(plot) => this.drawMarks(plot)] },
    };
  }

  drawMarks(plot) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("--own-edge");
    ctx.lineWidth = ratio;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    let free = -Infinity;
    this.marks.forEach(([name, us], i) => {
      const at = Math.round(plot.valToPos(us, "x", true));
      if (at < bbox.left || at > bbox.left + bbox.width) return;
      ctx.beginPath();
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
      const width = ctx.measureText(name).width;
      const right = bbox.left + bbox.width;
      const from = at + 4 * ratio + width > right ? at - width - 4 * ratio : at + 4 * ratio;
      const row = from < free ? i : 0;
      ctx.fillText(name, from, bbox.top + (11 + 12 * row) * ratio);
      free = from + width + 4 * ratio;
    });
    ctx.restore();
  }
}

/** 1 to 9 times every power of ten in view. */
function logSplits(low, high) {
  const splits = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
    for (let times = 1; times < 10; times += 1) {
      const us = times * 10 ** power;
      if (us >= low && us <= high) splits.push(us);
    }
  }
  return splits;
}

/** Text at the powers of ten; at 2 and 5 times them as well where few are in view. */
function decade(us, more) {
  const first = Number(us.toExponential()[0]);
  if (first !== 1 && !(more && (first === 2 || first === 5))) return "";
  const [value, unit] = micros(us);
  return `${Number(value)} ${unit}`;
}
