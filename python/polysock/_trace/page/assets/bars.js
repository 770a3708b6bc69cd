/* The states of TCP connections and the waits of threads, as bars beside the lines. */

const MOST_TRACKS = 4;
const LEAST_DISTANCE = 4; // of bars, in pixels

/* For each socket with TCP states, a bar: the lane beside which it stands, and its states with their moments. */
function stateBars(trace) {
  const bars = new Map();
  trace.sockets.forEach((socket, on) => {
    if (socket.made?.state) {
      bars.set(on, { on, socket, begin: socket.made.at, until: Infinity, states: [[socket.made.state, socket.made.at]] });
    }
  });
  for (const event of trace.events) {
    if (event.on === undefined) continue;
    let bar = bars.get(event.on);
    if (bar && bar.lane === undefined) bar.lane = event.lane;
    const state = event.record.state;
    if (state && !bar) {
      const [begin, first] = event.call === "connect" ? [event.begin, "SYN_SENT"] : [event.at, state];
      bar = { on: event.on, lane: event.lane, socket: trace.sockets[event.on], begin, until: Infinity, states: [[first, begin]] };
      bars.set(event.on, bar);
    }
    if (!bar) continue;
    const isClosed = event.kind === "close" && event.call !== "shutdown" && !event.waits;
    if (state && state !== bar.states[bar.states.length - 1][0]) bar.states.push([state, isClosed ? event.at : event.end]);
    if (isClosed) bar.until = event.end;
  }
  return [...bars.values()].filter((bar) => bar.lane !== undefined).sort((one, other) => one.begin - other.begin);
}

/* Puts the bars of each lane into tracks in which none covers another; those beyond the last track are left out. */
function tracksOf(bars) {
  const lanes = new Map();
  for (const bar of bars) {
    if (!lanes.has(bar.lane)) lanes.set(bar.lane, []);
    const tracks = lanes.get(bar.lane);
    let track = tracks.find((one) => one[one.length - 1].until <= bar.begin);
    if (!track) {
      if (tracks.length === MOST_TRACKS) continue;
      tracks.push((track = []));
    }
    track.push(bar);
  }
  return lanes;
}

function placeBars(lanes, scale) {
  for (const tracks of lanes.values()) {
    for (const bar of tracks.flat()) {
      bar.top = scale.yOf(bar.begin);
      bar.bottom = bar.until === Infinity ? scale.height : Math.max(scale.yOf(bar.until), bar.top + 3);
    }
  }
}

/* The waits of each lane, with their places. */
function waitsOf(rows, scale) {
  const lanes = new Map();
  rows.forEach((event, row) => {
    const centre = scale.centres[row];
    const isWait = event.waited;
    const top = event.begin < event.at ? Math.min(scale.yOf(event.begin), centre) : centre;
    const bottom = event.waits ? scale.height : event.end > event.at ? Math.max(scale.yOf(event.end), centre) : centre;
    if (bottom - top < 4 || (!isWait && bottom - top < scale.step)) return;
    if (!lanes.has(event.lane)) lanes.set(event.lane, []);
    lanes.get(event.lane).push({ event, top, bottom, isWait });
  });
  for (const waits of lanes.values()) waits.sort((one, other) => one.bottom - other.bottom);
  return lanes;
}

function stateClass(state) {
  return state.replace(/[^A-Z_].*$/, "").replace(/\d/, "");
}

/* The bars of one lane that are seen between two places, as many as there is room for. */
function* seen(bars, top, bottom) {
  let last = -Infinity;
  for (let at = firstWhere(bars.length, (one) => bars[one].bottom >= top); at < bars.length; at++) {
    const bar = bars[at];
    if (bar.top > bottom) break;
    if (bar.bottom - last < LEAST_DISTANCE) continue;
    last = bar.bottom;
    yield bar;
  }
}
