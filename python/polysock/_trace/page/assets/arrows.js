/* The arrows: which are drawn, and their shapes. */

const MOST_ARROWS_OF_EVENT = 24;
const MOST_BEYOND = 3;
const MOST_ARROWS = 500;

/* The arrows that begin or end at these events, and whose other end is shown, too; of those that lead far beyond, a few. */
function arrowsAt(events) {
  const found = new Set();
  const drawn = new Set(events);
  for (const event of events) {
    let beyond = 0;
    for (const arrow of [...event.into.slice(0, MOST_ARROWS_OF_EVENT), ...event.out.slice(0, MOST_ARROWS_OF_EVENT)]) {
      if (arrow.from.row < 0 || arrow.to.row < 0) continue;
      const isBeyond = !drawn.has(arrow.from) || !drawn.has(arrow.to);
      if (isBeyond && ++beyond > MOST_BEYOND) continue;
      found.add(arrow);
      if (found.size >= MOST_ARROWS) return found;
    }
  }
  return found;
}

/* `edge(event, toTheRight)` is where an arrow leaves or reaches an event. */
function drawArrow(picture, arrow, edge) {
  const { columns, scale } = picture;
  const from = columns.of.get(arrow.from.lane);
  const to = columns.of.get(arrow.to.lane);
  if (!from || !to) return undefined;
  const y1 = scale.centres[arrow.from.row];
  const y2 = scale.centres[arrow.to.row];
  const isSelected = picture.selected && [arrow.from, arrow.to].includes(picture.selected);
  const classes = `arrow ${arrow.kind}${isSelected ? " selected" : ""}`;
  if (from === to) return withinLane(from, y1, y2, classes, arrow);
  const way = from.index < to.index ? 1 : -1;
  const x1 = edge(arrow.from, way > 0);
  const x2 = edge(arrow.to, way < 0);
  const bend = Math.min(Math.abs(y2 - y1) / 2 + 6, Math.abs(x2 - x1) / 2);
  const path = `M${x1} ${y1}C${x1 + way * bend} ${y1} ${x2 - way * bend} ${y2} ${x2 - way * 4} ${y2}`;
  const group = shape("g", { class: classes }, shape("path", { d: path }), head(x2, y2, way));
  const text = labelAt(picture, arrow);
  if (text) group.append(shape("text", { x: x2 - way * 14, y: y2 + 12, "text-anchor": way > 0 ? "end" : "start" }, text));
  return group;
}

/* What is written at the head of an arrow. Of several that arrive together, the last has the words for all. */
function labelAt(picture, arrow) {
  if (arrow.kind !== "data") return label(arrow);
  const together = arrow.to.into.filter((other) => other.kind === "data" && other.from.row >= 0);
  if (together.length < 2) return label(arrow);
  if (together[together.length - 1] !== arrow && together[MOST_ARROWS_OF_EVENT - 1] !== arrow) return "";
  const sizes = together.slice(0, 4).map((one) => one.bytes.toLocaleString("en")).join(" + ");
  return `${sizes}${together.length > 4 ? " + …" : ""} B · ${latency(together[together.length - 1])}`;
}

function withinLane(column, y1, y2, classes, arrow) {
  const way = column.mirrored ? 1 : -1;
  const x = column.line + way * 5;
  const out = x + way * 26;
  const path = `M${x} ${y1}C${out} ${y1} ${out} ${y2} ${x + way * 4} ${y2}`;
  const text = shape("text", { x: out + way * 2, y: (y1 + y2) / 2 + 4, "text-anchor": way > 0 ? "start" : "end" }, label(arrow));
  const isRoom = column.index > 0 || way > 0;
  return shape("g", { class: classes }, shape("path", { d: path }), head(x, y2, -way), isRoom ? text : "");
}

function head(x, y, way) {
  return shape("path", { class: "head", d: `M${x} ${y}l${-way * 9} -4.5l${way * 2.5} 4.5l${-way * 2.5} 4.5z` });
}

function latency(arrow) {
  return duration(Math.max(arrow.to.at - arrow.from.at, 0));
}

function label(arrow) {
  return {
    data: `${byteCount(arrow.bytes ?? 0)} · ${latency(arrow)}`,
    open: "",
    end: "end of stream",
    reset: "reset",
    woken: "ends the wait",
  }[arrow.kind] ?? "";
}

/* Bytes to or from a peer that is not traced. */
function drawOutside(picture, event, edge) {
  const outside = picture.columns.of.get(OUTSIDE);
  if (!outside || !event.outside || !["send", "receive", "open"].includes(event.kind)) return undefined;
  if (event.kind === "receive" && !event.record.bytes) return undefined;
  const y = picture.scale.centres[event.row];
  const comes = event.kind === "receive";
  const here = edge(event, true);
  const there = outside.line - 5;
  const text = event.record.bytes !== undefined ? byteCount(event.record.bytes) : "";
  return shape(
    "g",
    { class: `arrow ${event.kind === "open" ? "open" : "data"}` },
    shape("path", { d: comes ? `M${there} ${y}H${here + 4}` : `M${here} ${y}H${there - 4}` }),
    comes ? head(here, y, -1) : head(there, y, 1),
    shape("text", { x: there - 14, y: y + 12, "text-anchor": "end" }, text),
  );
}

/* A segment on the wire. */
function drawSegment(picture, event, edge) {
  if (!event.segment) return undefined;
  const from = picture.columns.of.get(event.segment.from);
  const to = picture.columns.of.get(event.segment.to);
  if (!from || !to || from === to) return undefined;
  const way = from.index < to.index ? 1 : -1;
  const y = picture.scale.centres[event.row];
  const x1 = event.lane === from.lane.number ? edge(event, way > 0) : from.line + way * 5;
  const x2 = event.lane === to.lane.number ? edge(event, way < 0) : to.line - way * 5;
  const classes = `arrow wire${event.problem ? " bad" : event.segment.notes.length ? " special" : ""}`;
  return shape("g", { class: classes }, shape("path", { d: `M${x1} ${y}H${x2 - way * 4}` }), head(x2, y, way));
}

/* A datagram that never arrived. */
function drawLost(picture, event, edge) {
  const target = picture.columns.of.get(event.lostTo);
  const source = picture.columns.of.get(event.lane);
  if (!event.isLost || !target || target === source) return undefined;
  const way = source.index < target.index ? 1 : -1;
  const y = picture.scale.centres[event.row];
  const x = edge(event, way > 0);
  const end = x + way * 60;
  return shape(
    "g",
    { class: "arrow lost" },
    shape("path", { d: `M${x} ${y}H${end}` }),
    shape("path", { class: "cross", d: `M${end - 5} ${y - 5}l10 10m0 -10l-10 10` }),
    shape("text", { x: end + way * 10, y: y + 4, "text-anchor": way > 0 ? "start" : "end" }, "lost"),
  );
}
