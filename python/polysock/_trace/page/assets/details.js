/* The whole record of an event. */

class Details {
  constructor(trace, go, onlyConnection) {
    this.trace = trace;
    this.go = go;
    this.onlyConnection = onlyConnection;
    this.node = document.getElementById("details");
    this.legend = document.getElementById("legend");
  }

  show(event) {
    this.node.hidden = !event;
    this.legend.hidden = Boolean(event);
    if (!event) return;
    this.node.replaceChildren(
      element("h2", { class: event.kind }, ...styled(event)),
      ...event.findings.flatMap((finding) => drawFinding(finding)),
      table(this.facts(event)),
      ...this.arrows(event, event.into, "from", "Where it came from"),
      ...this.arrows(event, event.out, "to", "Where it went"),
      ...(typeof event.record.data === "string" && event.record.data ? drawPayload(event.record) : []),
      element("h3", {}, "The whole record"),
      table(Object.entries(event.record).filter(([name]) => name !== "data").map(([name, value]) => [name, shown(name, value)])),
    );
  }

  facts(event) {
    const { trace } = this;
    const { record } = event;
    const socket = socketOf(trace, event);
    const facts = [
      ["program", trace.lane.get(event.lane).label],
      ["when", `${clock(event.at)} s after the start of the trace${wallTime(trace, event)}`],
    ];
    if (record.at) facts.push(["called at", harmless(record.at)]);
    if (event.waits) facts.push(["took", "still waiting at the end of the trace"]);
    else if (record.call) facts.push(["took", duration(event.end - event.begin) + waitText(record)]);
    if (record.error) facts.push(["failed with", harmless(record.error) + (record.detail ? ` (${harmless(record.detail)})` : "")]);
    if (socket) {
      facts.push(["connection", this.connection(socket)]);
      if (socket.fd !== null) facts.push(["descriptor", String(socket.fd)]);
    }
    if (event.segment) {
      facts.push(["from", harmless(event.segment.source)], ["to", harmless(event.segment.target)]);
      facts.push(["relative numbers", `seq ${event.segment.seq}, ACK ${event.segment.ack ?? "none"}`]);
    }
    if (record.state) facts.push(["TCP state", harmless(record.state)]);
    if (event.isLost) facts.push(["lost", "a datagram that never arrived"]);
    return facts;
  }

  connection(socket) {
    const button = element("button", { type: "button", class: "link", title: "Only this connection, or all again (c)" }, harmless(this.trace.connections[socket.connection]));
    button.addEventListener("click", () => this.onlyConnection(socket));
    return button;
  }

  arrows(event, arrows, end, title) {
    if (!arrows.length) return [];
    const items = arrows.slice(0, 12).map((arrow) => {
      const other = arrow[end];
      const button = element("button", { type: "button" }, arrowText(arrow), " ", element("b", {}, harmless(other.call)), ` in ${this.trace.lane.get(other.lane).label}`);
      button.addEventListener("click", () => this.go(other));
      return element("li", {}, button);
    });
    if (arrows.length > 12) items.push(element("li", {}, `and ${arrows.length - 12} more`));
    return [element("h3", {}, title), element("ul", { class: "arrows" }, ...items)];
  }
}

function arrowText(arrow) {
  if (arrow.kind === "data") return `bytes ${arrow.first.toLocaleString("en")} to ${arrow.after.toLocaleString("en")}, ${label(arrow)}:`;
  return `${{ open: "connection", woken: "ended the wait" }[arrow.kind] ?? label(arrow)}:`;
}

function waitText(record) {
  if (!record.waited) return "";
  return `, of which it waited ${duration(record.waited)}` + (record.waits > 1 ? ` in ${record.waits} waits` : "");
}

function wallTime(trace, event) {
  const date = new Date(trace.wall_time + event.at / 1e6);
  return Number.isNaN(date.getTime()) || !trace.wall_time ? "" : ` (${date.toISOString().slice(11, 23)} UTC)`;
}

const DURATIONS = new Set(["duration", "waited", "timeout"]);

function shown(name, value) {
  if (DURATIONS.has(name) && typeof value === "number") return `${value.toLocaleString("en")} ns`;
  return harmless(typeof value === "object" ? JSON.stringify(value) : value);
}

function table(facts) {
  return element("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [element("dt", {}, harmless(name)), element("dd", {}, value)]));
}
