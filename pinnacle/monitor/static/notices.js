// What the processes have to tell: their latest warnings and errors, newest first.
import { element, setClass } from "./dom.js";
import { integer, timeOfDay } from "./format.js";

let shown = "";

export function showNotices(panel, state) {
  // The same notices are not drawn again: somebody may be reading or copying them.
  const latest = JSON.stringify([state.notices, state.lost_log_lines]);
  if (latest === shown) return;
  shown = latest;
  panel.hidden = !state.notices.length;
  const bad = state.notices.some((notice) => notice.level === "error");
  setClass(panel, `panel notices${bad ? " bad" : ""}`);
  const rows = state.notices.map((notice) => {
    const row = element("div", `notice ${notice.level}`);
    row.append(
      element("time", "", timeOfDay(notice.time_ms)),
      element("span", "teller", notice.process),
      element("span", "said", notice.text),
    );
    if (notice.times > 1) row.append(element("span", "count", `${integer(notice.times)} times`));
    return row;
  });
  const earlier = state.notice_count - state.notices.length;
  const notes = [];
  if (earlier > 0) notes.push(`${integer(earlier)} earlier ones are in the logs.`);
  if (state.lost_log_lines) notes.push(`${integer(state.lost_log_lines)} lines of the logs could not be written.`);
  panel.replaceChildren(...rows, ...notes.map((text) => element("div", "notice quiet", text)));
}
