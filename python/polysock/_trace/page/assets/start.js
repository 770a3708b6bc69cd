/* Puts the page together. */

class Page {
  constructor() {
    this.trace = readTrace();
    this.diagram = new Diagram(this.trace);
    this.controls = new Controls(this.trace, this.diagram);
    this.overview = new Overview(this.diagram);
    this.details = new Details(
      this.trace,
      (event) => this.go(event),
      (socket) => this.controls.onlyConnection(socket),
    );
    this.findings = new Findings(this.trace, (event) => this.go(event));
    this.diagram.onLook = (event) => this.details.show(event);
    this.diagram.onChange = () => this.overview.draw();
    this.diagram.onScroll = () => this.overview.follow();
    this.controls.onTheme = () => this.overview.draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.overview.draw());
    if (!this.trace.events.some((event) => event.segment)) {
      for (const node of document.querySelectorAll("[data-needs=segments]")) node.hidden = true;
    }
    new Keys(this);
    new Paper(this);
    this.controls.apply();
  }

  /* Selects an event, which may not be among those that are shown now. */
  go(event) {
    if (event.row < 0 || event.row === undefined) this.controls.clear();
    if (event.row < 0) this.controls.toggle(this.controls.withQuiet);
    this.diagram.select(event);
    this.diagram.sheet.focus({ preventScroll: true });
  }

  /* To the other end of an arrow, where it came from rather than where it went. */
  across() {
    const event = this.diagram.selected;
    const arrow = event?.into[0] ?? event?.out[0];
    if (arrow) this.go(arrow.to === event ? arrow.from : arrow.to);
  }

  nextProblem(way) {
    const { rows, selected } = this.diagram;
    const problems = rows.filter(isProblem);
    const here = selected ? selected.row : -1;
    const next = way > 0 ? problems.find((event) => event.row > here) : problems.findLast((event) => event.row < here);
    const found = next ?? problems[way > 0 ? 0 : problems.length - 1];
    if (found) this.diagram.select(found);
    else document.getElementById("spoken").textContent = "There are no findings or problems.";
  }
}

new Page();
performance.mark("diagram");
