/* Draws a part of the picture: what is between two heights. The screen and the paper are drawn by the same code.

   A picture has the trace, its rows (the events that are shown), scale, columns, bars, waits, and `selected`. */

const BOX_HEIGHT = 22;
const PADDING = 24; // and borders
const LABEL_ROOM = 110;
const CARD_WIDTH = 290;

function drawPart(picture, box) {
  const { rows, scale } = picture;
  const first = scale.rowAt(box.top);
  const after = firstWhere(rows.length, (row) => scale.centres[row] > box.bottom);
  const shown = scale.isEven ? rows.slice(first, after) : withRoom(picture, rows.slice(first, after), box);
  const columns = picture.columns.between(box.left, box.right);
  const visible = new Set(columns.map((column) => column.lane.number));
  const here = shown.filter((event) => visible.has(event.lane));
  const boxed = new Set(here);
  const edge = (event, toTheRight) => edgeOf(picture, event, toTheRight, scale.isEven || boxed.has(event));
  const drawing = shape("svg", {
    class: "drawing",
    "aria-hidden": "true",
    width: box.right - box.left,
    height: box.bottom - box.top,
    viewBox: `${box.left} ${box.top} ${box.right - box.left} ${box.bottom - box.top}`,
  });
  place(drawing, box.left, box.top);
  drawing.append(drawPauses(picture, first, after, box));
  for (const column of columns) drawing.append(drawColumn(picture, column, box));
  const clear = scale.isEven ? shown : shown.filter((event) => !event.hides || event === picture.selected);
  const arrows = [...arrowsAt(clear)].map((arrow) => drawArrow(picture, arrow, edge));
  for (const event of clear) {
    arrows.push(drawOutside(picture, event, edge), drawLost(picture, event, edge), drawSegment(picture, event, edge));
  }
  drawing.append(shape("g", { class: "arrows" }, ...arrows.filter(Boolean)), drawDots(picture, here));
  return {
    drawing,
    boxes: here.map((event) => drawBox(picture, event)),
    cards: scale.isEven ? here.flatMap((event) => drawCards(picture, event)) : [],
    times: drawTimes(picture, first, after, box),
  };
}

/* In true time, many events may be at one place: the first, or one with a problem, stands for all of them. */
function withRoom(picture, rows, box) {
  const taken = new Map();
  const { centres, step } = picture.scale;
  const near = (event) => {
    const slot = Math.floor((centres[event.row] - box.top) / step);
    const found = [slot - 1, slot, slot + 1].map((one) => taken.get(`${event.lane} ${one}`));
    return [`${event.lane} ${slot}`, found.find((other) => other && Math.abs(centres[other.row] - centres[event.row]) < step)];
  };
  for (const important of [true, false]) {
    for (const event of rows) {
      if ((isProblem(event) || event === picture.selected) !== important) continue;
      const [slot, holder] = near(event);
      if (holder) holder.hides += 1;
      else {
        event.hides = 0;
        taken.set(slot, event);
      }
    }
  }
  return [...taken.values()].sort((one, other) => one.row - other.row);
}

function boxWidth(picture, event) {
  const more = (isProblem(event) ? 18 : 0) + (picture.scale.isEven || !event.hides ? 0 : 40);
  const most = picture.columns.of.get(event.lane).box + spare(picture, event);
  return Math.min(event.text.length * picture.letter + PADDING + more, most);
}

/* A box may extend towards the next line, as far as arrows leave room: in equal steps, it has its row to itself. */
function spare(picture, event) {
  const column = picture.columns.of.get(event.lane);
  if (!picture.scale.isEven || column.mirrored || event.outside || event.isLost || event.segment) return 0;
  const isRight = (other) => other.row >= 0 && (picture.columns.of.get(other.lane)?.index ?? 0) > column.index;
  const isFree = !event.into.some((arrow) => isRight(arrow.from)) && !event.out.some((arrow) => isRight(arrow.to));
  return isFree ? column.spare : Math.max(column.spare - LABEL_ROOM, 0);
}

function edgeOf(picture, event, toTheRight, hasBox) {
  const column = picture.columns.of.get(event.lane);
  if (hasBox && toTheRight !== column.mirrored) {
    const width = boxWidth(picture, event);
    return column.mirrored ? column.boxRight - width : column.boxLeft + width;
  }
  return column.line + (toTheRight ? 5 : -5);
}

function drawColumn(picture, column, box) {
  const group = shape("g", {}, shape("path", { class: "line", d: `M${column.line} ${box.top}V${box.bottom}` }));
  const tracks = picture.bars.get(column.lane.number) ?? [];
  tracks.forEach((track, index) => {
    const left = picture.columns.trackLeft(column, index);
    for (const bar of seen(track, box.top, box.bottom)) group.append(drawStates(picture, bar, left, box));
  });
  for (const wait of seen(picture.waits.get(column.lane.number) ?? [], box.top, box.bottom)) {
    const [top, bottom] = [Math.max(wait.top, box.top - 9), Math.min(wait.bottom, box.bottom + 9)];
    const classes = (wait.isWait ? "wait" : "busy") + (wait.event === picture.selected ? " selected" : "");
    group.append(shape("rect", { class: classes, x: column.line - 4, y: top, width: 8, height: Math.max(bottom - top, 1), rx: 3 }));
  }
  return group;
}

function drawStates(picture, bar, left, box) {
  const group = shape("g", {});
  if (picture.shownSockets && !picture.shownSockets.has(bar.on)) return group;
  bar.states.forEach(([state, moment], index) => {
    const next = bar.states[index + 1];
    const top = index === 0 ? bar.top : Math.max(picture.scale.yOf(moment), bar.top);
    const bottom = next ? picture.scale.yOf(next[1]) : bar.bottom;
    if (bottom - top < 1 || bottom < box.top || top > box.bottom) return;
    const [from, to] = [Math.max(top, box.top - 9), Math.min(bottom, box.bottom + 9)];
    const part = shape("rect", { class: `state ${stateClass(state)}`, x: left, y: from, width: TRACK - 3, height: to - from });
    part.append(shape("title", {}, harmless(`${state}: ${bar.socket.local} ⇄ ${bar.socket.peer}`)));
    group.append(part);
    if (to - from > state.length * 6.4 + 10) {
      const [x, y] = [left + TRACK / 2 + 1.5, (from + to) / 2];
      group.append(shape("text", { class: "state-name", x, y, transform: `rotate(-90 ${x} ${y})`, "text-anchor": "middle" }, harmless(state)));
    }
  });
  return group;
}

function drawDots(picture, events) {
  const group = shape("g", {});
  for (const event of events) {
    const column = picture.columns.of.get(event.lane);
    const y = picture.scale.centres[event.row];
    const boxSide = column.mirrored ? column.boxRight : column.boxLeft;
    group.append(shape("path", { class: "tie", d: `M${column.line} ${y}H${boxSide}` }));
    group.append(shape("circle", { class: `dot ${event.kind}${isProblem(event) ? " problem" : ""}`, cx: column.line, cy: y, r: 4 }));
  }
  return group;
}

function drawBox(picture, event) {
  const column = picture.columns.of.get(event.lane);
  const width = boxWidth(picture, event);
  const left = column.mirrored ? column.boxRight - width : column.boxLeft;
  const classes = ["box", event.kind];
  if (isProblem(event)) classes.push("problem");
  if (event.waits) classes.push("waits");
  const isSelected = event === picture.selected;
  const node = element("div", {
    class: classes.join(" "),
    role: "option",
    id: `event-${event.number}`,
    "data-number": event.number,
    "aria-selected": String(isSelected),
    "aria-posinset": event.row + 1,
    "aria-setsize": picture.rows.length,
    "aria-label": spoken(picture.trace, event),
  });
  if (isProblem(event)) node.append(element("span", { class: "sign" }, "▲"));
  node.append(...styled(event));
  if (!picture.scale.isEven && event.hides) node.append(element("span", { class: "hides" }, `+${event.hides}`));
  return place(node, left, picture.scale.centres[event.row] - BOX_HEIGHT / 2, width);
}

/* The line that describes an event, with its call and its payload marked. */
function styled(event) {
  const parts = [];
  let rest = event.text;
  if (event.record.call && rest.startsWith(event.call)) {
    parts.push(element("b", {}, harmless(event.call)));
    rest = rest.slice(event.call.length);
  }
  for (const piece of rest.split(/("(?:[^"\\]|\\.)*"…?)/)) {
    if (piece.startsWith('"')) parts.push(element("span", { class: "payload" }, harmless(piece)));
    else if (piece) parts.push(harmless(piece));
  }
  return parts;
}

/* What a screen reader says. */
function spoken(trace, event) {
  const words = [`${clock(event.at)} seconds`, trace.lane.get(event.lane).label, harmless(event.text)];
  for (const arrow of event.into.slice(0, 3)) {
    words.push(`${arrow.kind === "data" ? byteCount(arrow.bytes) : label(arrow)} from ${trace.lane.get(arrow.from.lane).label}`);
  }
  for (const finding of event.findings) words.push(`finding ${finding.name}: ${harmless(finding.text)}`);
  return words.join(", ");
}

function drawCards(picture, event) {
  const column = picture.columns.of.get(event.lane);
  const width = Math.max(column.box + (column.mirrored ? 0 : column.spare), CARD_WIDTH);
  const left = column.mirrored ? column.boxLeft : Math.max(Math.min(column.boxLeft, picture.columns.width - 10 - width), 0);
  return event.findings.slice(0, MOST_CARDS).map((finding, index) => {
    const text = [element("b", {}, finding.name), " ", harmless(finding.text)];
    const card = element("button", { type: "button", class: `card ${finding.severity}`, "data-number": event.number, title: harmless(finding.text) }, ...text);
    const top = picture.scale.centres[event.row] + picture.scale.step / 2 + index * CARD_HEIGHT;
    return place(card, left, top, width, CARD_HEIGHT - 6);
  });
}

/* Lines across, where nothing happened for a while. */
function drawPauses(picture, first, after, box) {
  const group = shape("g", {});
  if (!picture.scale.isEven) {
    for (const time of picture.scale.ticks(box.top, box.bottom)) {
      const y = picture.scale.yOf(time);
      group.append(shape("path", { class: "tick-line", d: `M${box.left} ${y}H${box.right}` }));
    }
    return group;
  }
  for (let row = first; row < after; row++) {
    if (!picture.scale.pauseBefore(row)) continue;
    const y = picture.scale.centres[row] - picture.scale.step / 2 - PAUSE_HEIGHT / 2;
    group.append(shape("path", { class: "pause", d: `M${Math.max(box.left, GUTTER)} ${y}H${box.right}` }));
  }
  return group;
}

function drawTimes(picture, first, after, box) {
  const { rows, scale } = picture;
  const found = [];
  const at = (y, text, classes) => found.push(place(element("span", { class: classes }, text), 0, y));
  if (!scale.isEven) {
    for (const time of scale.ticks(box.top, box.bottom)) at(scale.yOf(time), clock(time), "time");
    return found;
  }
  for (let row = first; row < after; row++) {
    const y = scale.centres[row];
    const pause = scale.pauseBefore(row);
    if (pause) at(y - scale.step / 2 - PAUSE_HEIGHT / 2, `${duration(pause)} later`, "later");
    at(y, clock(rows[row].at), "time");
  }
  return found;
}

function drawHeads(columns) {
  const left = (column) => (column.mirrored ? column.left : column.line - 8);
  const right = (column) => (column.mirrored ? column.line + 8 : column.right);
  const head = (name, text, columns, top) => {
    const side = columns.length > 1 ? "" : columns[0].mirrored ? " to-the-right" : " to-the-left";
    const from = left(columns[0]);
    const node = element("div", { class: name + side, title: harmless(text) }, harmless(text));
    return place(node, from, top, right(columns[columns.length - 1]) - from);
  };
  return columns.processes().flatMap((group) => {
    const isOutside = group[0].lane.number === OUTSIDE;
    const threads = group.filter((column) => column.lane.thread);
    return [
      head(isOutside ? "process outside" : "process", group[0].lane.process, group, 0),
      ...threads.map((column) => head("thread", column.lane.thread, [column], 26)),
    ];
  });
}
