/* The bar above the diagram: what is shown, and how. */

class Controls {
  constructor(trace, diagram) {
    this.trace = trace;
    this.diagram = diagram;
    this.filter = new Filter();
    const find = (id) => document.getElementById(id);
    this.search = find("search");
    this.byConnection = find("by-connection");
    this.byLane = find("by-lane");
    this.byCall = find("by-call");
    this.onlyProblems = find("only-problems");
    this.withQuiet = find("with-quiet");
    this.withSegments = find("with-segments");
    this.count = find("count");
    this.fill();
    find("filters").addEventListener("submit", (event) => event.preventDefault());
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.apply(), 100);
    });
    for (const node of [this.byConnection, this.byLane, this.byCall, this.onlyProblems, this.withQuiet, this.withSegments]) {
      node.addEventListener("change", () => this.apply());
    }
    for (const node of document.getElementsByName("scale")) {
      node.addEventListener("change", () => diagram.setEven(node.value === "steps"));
    }
    find("smaller").addEventListener("click", () => diagram.zoom(1 / 2));
    find("larger").addEventListener("click", () => diagram.zoom(2));
    find("help").addEventListener("click", () => find("keys").showModal());
    find("aside").addEventListener("click", () => this.toggleSide());
    find("theme").addEventListener("click", () => this.nextTheme());
    diagram.scroller.addEventListener("wheel", (turned) => this.wheel(turned), { passive: false });
    this.describe();
  }

  fill() {
    const { trace } = this;
    const option = (select, value, text) => select.append(element("option", { value }, text));
    const used = new Set(trace.events.map((event) => socketOf(trace, event)?.connection));
    trace.connections.forEach((name, number) => used.has(number) && option(this.byConnection, number, harmless(name)));
    trace.lanes.forEach((lane) => option(this.byLane, lane.number, lane.label));
    const calls = new Map();
    for (const event of trace.events) if (event.call) calls.set(event.call, (calls.get(event.call) ?? 0) + 1);
    for (const call of [...calls.keys()].sort()) option(this.byCall, call, `${harmless(call)} (${calls.get(call)})`);
    this.withQuiet.checked = trace.everything;
    this.withQuiet.parentElement.hidden = !trace.events.some((event) => event.quiet);
    this.withSegments.parentElement.hidden = !trace.events.some((event) => event.segment);
  }

  describe() {
    const { trace } = this;
    const processes = [...new Set(trace.lanes.map((lane) => lane.process))];
    const programs = [...new Set(processes.map((process) => process.replace(/ \d+$/, "")))].map(harmless);
    const title = programs.length > 4 ? `${programs.slice(0, 3).join(", ")} and ${programs.length - 3} more programs` : programs.join(" and ");
    document.getElementById("title").textContent = title || "Trace of sockets";
    document.title = `Trace of ${title || "sockets"}`;
    const facts = [counted(trace.events.length, "event"), counted(processes.length, "process", "processes")];
    facts.push(duration(trace.last));
    if (trace.wall_time) facts.push(new Date(trace.wall_time).toISOString().slice(0, 16).replace("T", " ") + " UTC");
    document.getElementById("summary").replaceChildren(facts.join(" · "), ...this.warnings());
  }

  warnings() {
    const { trace } = this;
    const texts = [];
    if (trace.left_out) texts.push(`${counted(trace.left_out, "later event is", "later events are")} left out (see show --from, --to and --most)`);
    if (trace.part.some((end) => end !== null)) texts.push("only a part of the trace is shown (show --from, --to)");
    if (trace.machines > 1) texts.push(`recorded on ${trace.machines} machines, whose clocks may differ`);
    if (trace.unreadable) texts.push(`${counted(trace.unreadable, "line")} could not be read`);
    return texts.map((text) => element("span", { class: "warning" }, text));
  }

  apply() {
    const { filter, trace, diagram } = this;
    filter.text = this.search.value;
    filter.connection = this.byConnection.value;
    filter.lane = this.byLane.value;
    filter.call = this.byCall.value;
    filter.onlyProblems = this.onlyProblems.checked;
    filter.withQuiet = this.withQuiet.checked;
    filter.withSegments = this.withSegments.checked;
    const rows = filter.rows(trace);
    diagram.show(rows);
    const all = trace.events.length;
    this.count.textContent = rows.length === all ? counted(all, "event") : `${rows.length.toLocaleString("en")} of ${counted(all, "event")}`;
    const nothing = document.getElementById("nothing");
    nothing.hidden = rows.length > 0;
    nothing.textContent = all ? "No event matches the search and the filters above. Esc in the search field clears the search." : "Nothing was recorded.";
  }

  /* Clears the search and all filters, so that any event can be shown. */
  clear() {
    this.search.value = this.byConnection.value = this.byLane.value = this.byCall.value = "";
    this.onlyProblems.checked = false;
    this.withSegments.checked = true;
    this.apply();
  }

  /* Only the connection of a socket, or all again. */
  onlyConnection(socket) {
    if (!socket) return;
    const wanted = String(socket.connection);
    this.byConnection.value = this.byConnection.value === wanted ? "" : wanted;
    this.apply();
  }

  toggle(box) {
    box.checked = !box.checked;
    this.apply();
  }

  toggleScale() {
    const [steps, time] = document.getElementsByName("scale");
    const next = this.diagram.isEven ? time : steps;
    next.checked = true;
    this.diagram.setEven(next === steps);
  }

  toggleSide() {
    const side = document.getElementById("side");
    side.hidden = !side.hidden;
    document.getElementById("aside").setAttribute("aria-pressed", String(!side.hidden));
  }

  nextTheme() {
    const root = document.documentElement;
    const next = { auto: "light", light: "dark", dark: "auto" }[root.dataset.theme ?? "auto"];
    root.dataset.theme = next;
    document.getElementById("theme-name").textContent = next;
    this.onTheme?.();
  }

  wheel(turned) {
    if (!turned.ctrlKey) return;
    turned.preventDefault();
    this.diagram.zoom(turned.deltaY < 0 ? 1.3 : 1 / 1.3);
  }
}
