/* Which events are shown. */

class Filter {
  constructor() {
    this.text = "";
    this.connection = "";
    this.lane = "";
    this.call = "";
    this.onlyProblems = false;
    this.withQuiet = false;
    this.withSegments = true;
  }

  rows(trace) {
    const words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
    return trace.events.filter((event) => this.accepts(trace, event) && words.every((word) => has(trace, event, word)));
  }

  accepts(trace, event) {
    if (event.quiet && !this.withQuiet && !isProblem(event) && this.call !== event.call) return false;
    if (event.segment && !this.withSegments) return false;
    if (this.onlyProblems && !isProblem(event)) return false;
    if (this.lane !== "" && event.lane !== Number(this.lane)) return false;
    if (this.call !== "" && event.call !== this.call) return false;
    return this.connection === "" || this.isOf(trace, event);
  }

  /* Whether an event belongs to the chosen connection: made on one of its sockets, or the accept that returned one. */
  isOf(trace, event) {
    const isOn = (one) => socketOf(trace, one)?.connection === Number(this.connection);
    return isOn(event) || event.into.some((arrow) => arrow.kind === "open" && isOn(arrow.from));
  }
}

function has(trace, event, word) {
  if (event.text.toLowerCase().includes(word)) return true;
  if (trace.lane.get(event.lane).label.toLowerCase().includes(word)) return true;
  if (event.findings.some((finding) => `${finding.name} ${finding.text}`.toLowerCase().includes(word))) return true;
  return JSON.stringify(event.record).toLowerCase().includes(word);
}
