// How each feed stands with its venue: a row a feed, hidden where the market is simulated.
import { element, setClass, setText } from "./dom.js";
import { age, integer, micros, rate } from "./format.js";

const COLUMNS = [
  ["Venue", ""], ["State", ""], ["Connections", "number"], ["Last message", "number"], ["Messages/s", "number"],
  ["Gaps", "number"], ["Resyncs", "number"], ["Checksum failures", "number"],
  ["Clock ahead", "number"], ["Stamp to record, median", "number"], ["p99", "number"],
];
const rows = new Map();

function figures(venue) {
  const lasting = `${venue.state}${venue.reason ? `: ${venue.reason}` : ""} for ${age(venue.state_ms)}`;
  const clock = venue.clock_ahead_ms === null ? "–"
    : `${venue.clock_ahead_ms.toFixed(1)} ± ${venue.clock_error_ms.toFixed(1)} ms`;
  const latency = [venue.latency_p50_us, venue.latency_p99_us]
    .map((us) => (us === null ? "–" : micros(us).join(" ")));
  return [
    venue.name, lasting, `${venue.connected} of ${venue.connections}`, venue.silent_ms === null ? "none yet" : `${age(venue.silent_ms)} ago`,
    rate(venue.messages_per_s), integer(venue.gaps), integer(venue.resyncs),
    integer(venue.checksum_failures), clock, ...latency,
  ];
}

function rowOf(venue, body) {
  let cells = rows.get(venue.name);
  if (!cells) {
    const row = element("tr");
    cells = COLUMNS.map(([, className]) => element("td", className));
    row.append(...cells);
    body.append(row);
    rows.set(venue.name, cells);
  }
  return cells;
}

export function showVenues(panel, head, body, { venues }) {
  panel.hidden = !venues.length;
  if (!head.childNodes.length) {
    head.append(...COLUMNS.map(([name, className]) => element("th", className, name)));
  }
  for (const venue of venues) {
    const cells = rowOf(venue, body);
    figures(venue).forEach((text, i) => setText(cells[i], text));
    setClass(cells[1], venue.live ? "up" : "down");
  }
}
