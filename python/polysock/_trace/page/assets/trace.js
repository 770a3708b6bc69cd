/* The trace: events in the order of time, the arrows between them, lanes, sockets and findings. */

const KINDS = {
  send: /^(send|write)/,
  receive: /^recv|^read|^peek/,
  open: /^(connect|accept)$/,
  close: /^(close|close_graceful|shutdown|drop|abort)$/,
  wait: /^(poll|select|epoll_wait|wait)/,
};
const OUTSIDE = -1;

function kindOf(call) {
  for (const [kind, pattern] of Object.entries(KINDS)) if (pattern.test(call)) return kind;
  return "setup";
}

function dataIn(name) {
  return [...document.querySelectorAll(`script.${name}`)].map((block) => JSON.parse(block.textContent));
}

function readTrace() {
  const trace = dataIn("about")[0];
  trace.events = dataIn("events").flat();
  trace.events.sort((one, other) => one.at - other.at || one.number - other.number);
  trace.lanes.forEach((lane) => {
    lane.label = harmless(lane.thread ? `${lane.process} ${lane.thread}` : lane.process);
  });
  trace.lane = new Map(trace.lanes.map((lane) => [lane.number, lane]));
  trace.outside = { number: OUTSIDE, process: "not traced", thread: "", label: "not traced" };
  trace.lane.set(OUTSIDE, trace.outside);
  const ends = trace.sockets.map((socket) => [`${socket.local} ${socket.peer}`, socket]);
  trace.socketAt = new Map(ends);
  trace.event = new Map(trace.events.map((event) => [event.number, event]));
  trace.events.forEach(complete);
  trace.events.forEach((event) => connectEvent(trace, event));
  for (const [from, to] of trace.accepted) addArrow("open", trace.event.get(from), trace.event.get(to));
  placeFindings(trace);
  return trace;
}

function complete(event) {
  event.call = event.record.call ?? event.record.event ?? "";
  event.kind = event.segment ? "wire" : event.record.call ? kindOf(event.call) : "note";
  event.into = [];
  event.out = [];
  event.findings = [];
  event.waited = event.waits || (event.record.waited ?? 0) > 0;
}

function addArrow(kind, from, to, more = {}) {
  if (!from || !to || from === to) return;
  const arrow = { kind, from, to, ...more };
  to.into.push(arrow);
  from.out.push(arrow);
}

/* Makes the arrows that end at an event. */
function connectEvent(trace, event) {
  for (const [source, first, after] of event.arrows ?? []) {
    addArrow("data", trace.event.get(source), event, { first, after, bytes: after - first });
  }
  for (const [kind, source] of event.links ?? []) addArrow(kind, trace.event.get(source), event);
  for (const lost of event.lost ?? []) {
    const source = trace.event.get(lost);
    if (source) {
      source.isLost = true;
      source.problem = true;
      source.lostTo = event.lane;
    }
  }
}

/* A finding is shown at its first event that is in the page. */
function placeFindings(trace) {
  for (const finding of trace.findings) {
    finding.places = finding.events.map((number) => trace.event.get(number)).filter(Boolean);
    finding.place = finding.places[0];
    if (finding.place) finding.place.findings.push(finding);
  }
  const first = (finding) => finding.place?.at ?? Infinity;
  trace.findings.sort((one, other) => first(one) - first(other));
}

function isProblem(event) {
  return Boolean(event.problem) || event.findings.length > 0;
}

function socketOf(trace, event) {
  if (event.segment) {
    const { source, target } = event.segment;
    return trace.socketAt.get(`${source} ${target}`) ?? trace.socketAt.get(`${target} ${source}`);
  }
  return event.on === undefined ? undefined : trace.sockets[event.on];
}
