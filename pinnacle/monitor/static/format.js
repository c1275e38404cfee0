// Numbers as text. Decimals arrive as exact strings and stay text wherever they can.

/** "-1234567.80" -> "−1,234,567.80": grouping without ever being a float. */
export function grouped(text) {
  const negative = text.startsWith("-");
  const [whole, fraction] = text.replace("-", "").split(".");
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (negative ? "−" : "") + digits + (fraction === undefined ? "" : "." + fraction);
}

/** Money to cents with its sign; the exact text belongs into the title. */
export function money(text) {
  const value = Number(text);
  const shown = grouped(value.toFixed(2));
  if (Number(value.toFixed(2)) === 0) return shown.replace("−", "");
  return value > 0 ? "+" + shown : shown;
}

/** A signed quantity without the zeros that its lot size leaves behind. */
export function quantity(text) {
  return grouped(text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text);
}

export function integer(value) {
  return grouped(String(Math.round(value)));
}

/** 1234 -> "1.2k": for rates, where the third digit is noise. */
export function rate(value) {
  if (value >= 1e6) return (value / 1e6).toFixed(1) + "M";
  if (value >= 1e4) return (value / 1e3).toFixed(1) + "k";
  return integer(value);
}

/** Microseconds in the unit that fits. */
export function micros(us) {
  if (us >= 1e8) return [integer(us / 1e6), "s"];
  if (us >= 1e6) return [(us / 1e6).toFixed(2), "s"];
  if (us >= 1e4) return [(us / 1e3).toFixed(1), "ms"];
  if (us >= 1e3) return [(us / 1e3).toFixed(2), "ms"];
  return [us >= 100 ? us.toFixed(0) : us.toFixed(1), "µs"];
}

export function age(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60000)} min`;
}

/** UTC time of day; milliseconds if asked. */
export function timeOfDay(ms, withMillis) {
  return new Date(ms).toISOString().slice(11, withMillis ? 23 : 19);
}

/** "price_collar" -> "price collar". */
export function words(name) {
  return name.replace(/_/g, " ").toLowerCase();
}
