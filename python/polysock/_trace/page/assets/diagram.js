/* The diagram on the screen: only what can be seen of it, and a little more, is in the document. */

const BEYOND = 300; // pixels drawn above and below what is seen
const STEPS = [18, 22, 28, 36, 48];

class Diagram {
  constructor(trace) {
    this.trace = trace;
    this.scroller = document.getElementById("scroller");
    this.sheet = document.getElementById("sheet");
    this.times = document.getElementById("times");
    this.heads = document.getElementById("heads");
    this.allBars = tracksOf(stateBars(trace));
    this.step = 2;
    this.perNs = 0;
    this.isEven = true;
    this.rows = [];
    this.selected = null;
    this.pointed = null;
    this.onChange = () => {};
    this.onLook = () => {};
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.arrange()).observe(this.scroller);
    this.sheet.addEventListener("pointerover", (moved) => this.point(this.eventOf(moved.target)));
    this.sheet.addEventListener("pointerleave", () => this.point(null));
    this.sheet.addEventListener("click", (clicked) => this.clicked(clicked));
  }

  /* Shows these events; a selection that is not among them ends. */
  show(rows) {
    const anchor = this.selected ?? this.rows[this.scale ? Math.min(this.scale.rowAt(this.scroller.scrollTop), this.rows.length - 1) : 0];
    for (const event of this.rows) event.row = -1;
    rows.forEach((event, row) => (event.row = row));
    this.rows = rows;
    if (this.selected && this.selected.row < 0) this.select(null);
    const isAll = rows.length === this.trace.events.length;
    this.shownSockets = isAll ? null : new Set(rows.map((event) => event.on));
    this.arrange();
    if (anchor) this.reveal(rows[Math.min(firstWhere(rows.length, (row) => rows[row].at >= anchor.at), rows.length - 1)]);
  }

  /* Computes all places anew. */
  arrange() {
    const shownLanes = this.lanes();
    const style = getComputedStyle(this.sheet);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    this.letter = pen.measureText("0".repeat(100)).width / 100;
    const seenHeight = this.scroller.clientHeight - this.heads.offsetHeight;
    const span = this.rows.length ? this.rows[this.rows.length - 1].at - this.rows[0].at : 0;
    this.fitting = span ? Math.max(seenHeight - 4 * EDGE, 200) / span : 1e-6;
    if (!this.perNs) this.perNs = this.fitting;
    this.scale = this.isEven ? new EqualSteps(this.rows, STEPS[this.step]) : new TrueTime(this.rows, this.perNs);
    this.columns = new Columns(shownLanes, (lane) => (this.allBars.get(lane.number) ?? []).length, this.scroller.clientWidth);
    this.bars = this.allBars;
    placeBars(this.bars, this.scale);
    this.waits = waitsOf(this.rows, this.scale);
    // What was drawn before would keep the scrolled area as large as it was.
    this.times.replaceChildren();
    this.sheet.replaceChildren(this.times);
    this.sheet.style.height = `${Math.max(this.scale.height, seenHeight)}px`;
    this.sheet.style.width = this.heads.style.width = `${this.columns.width}px`;
    this.heads.replaceChildren(...drawHeads(this.columns));
    this.heads.classList.toggle("has-threads", shownLanes.some((lane) => lane.thread));
    this.draw();
    this.onChange();
  }

  /* The lanes of the events that are shown, and those at the other ends of their arrows. */
  lanes() {
    const numbers = new Set();
    for (const event of this.rows) {
      numbers.add(event.lane);
      if (event.outside) numbers.add(OUTSIDE);
      if (event.lostTo !== undefined) numbers.add(event.lostTo);
      if (event.segment) numbers.add(event.segment.from).add(event.segment.to);
    }
    const lanes = this.trace.lanes.filter((lane) => numbers.has(lane.number));
    return numbers.has(OUTSIDE) ? [...lanes, this.trace.outside] : lanes;
  }

  draw() {
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.scroller;
    const bottom = Math.min(scrollTop + clientHeight + BEYOND, Math.max(this.scale.height, clientHeight));
    const right = Math.min(scrollLeft + clientWidth + BEYOND, this.columns.width);
    this.window = { top: Math.max(scrollTop - BEYOND, 0), bottom, left: Math.max(scrollLeft - BEYOND, 0), right };
    const part = drawPart(this, this.window);
    this.times.replaceChildren(...part.times);
    this.sheet.replaceChildren(this.times, part.drawing, ...part.boxes, ...part.cards);
    this.active();
  }

  scrolled() {
    if (this.isScheduled) return;
    this.isScheduled = true;
    requestAnimationFrame(() => {
      this.isScheduled = false;
      const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.scroller;
      const { top, bottom, left, right } = this.window;
      const isInside =
        (scrollTop >= top + BEYOND / 3 || top === 0) &&
        (scrollTop + clientHeight <= bottom - BEYOND / 3 || bottom >= this.scale.height) &&
        (scrollLeft >= left + BEYOND / 3 || left === 0) &&
        (scrollLeft + clientWidth <= right - BEYOND / 3 || right >= this.columns.width);
      if (!isInside) this.draw();
      this.onScroll?.();
    });
  }

  eventOf(node) {
    const holder = node instanceof Element ? node.closest("[data-number]") : null;
    return holder ? (this.trace.event.get(Number(holder.dataset.number)) ?? null) : null;
  }

  /* The pointer is on an event, or on none. */
  point(event) {
    if (this.pointed === event) return;
    this.pointed = event;
    this.onLook(event ?? this.selected);
  }

  clicked(clicked) {
    const event = this.eventOf(clicked.target);
    this.select(event, false);
    if (!clicked.target.closest("button")) this.sheet.focus({ preventScroll: true });
  }

  select(event, scrolls = true) {
    this.selected = event;
    if (event && scrolls) this.reveal(event);
    if (this.scale) this.draw();
    this.onLook(event ?? this.pointed);
    this.onChange();
  }

  active() {
    const event = this.selected;
    const node = event && document.getElementById(`event-${event.number}`);
    if (node) this.sheet.setAttribute("aria-activedescendant", node.id);
    else this.sheet.removeAttribute("aria-activedescendant");
  }

  /* Scrolls to an event unless it can be seen. */
  reveal(event) {
    if (!event || event.row < 0 || !this.scale) return;
    const { scroller, scale } = this;
    const y = scale.centres[event.row];
    const [top, bottom] = [scroller.scrollTop + 60, scroller.scrollTop + scroller.clientHeight - this.heads.offsetHeight - 60];
    if (y < top || y > bottom) scroller.scrollTop = y - scroller.clientHeight / 3;
    const column = this.columns.of.get(event.lane);
    if (column.boxLeft < scroller.scrollLeft + GUTTER || column.boxRight > scroller.scrollLeft + scroller.clientWidth) {
      scroller.scrollLeft = Math.min(column.left - GUTTER, column.boxRight);
    }
    this.draw();
  }

  /* Goes this many rows on from the selection; without one, to the first or last row that can be seen. */
  move(by) {
    if (!this.rows.length) return;
    const start = this.scale.rowAt(this.scroller.scrollTop);
    const row = this.selected ? this.selected.row + by : by > 0 ? start : start + Math.floor(this.scroller.clientHeight / this.scale.step) - 2;
    this.select(this.rows[clamp(row, 0, this.rows.length - 1)]);
  }

  setEven(isEven) {
    const anchor = this.selected ?? this.rows[Math.min(this.scale.rowAt(this.scroller.scrollTop + 80), this.rows.length - 1)];
    this.isEven = isEven;
    this.perNs = 0;
    this.arrange();
    this.reveal(anchor);
  }

  /* Further apart or closer together, around the selection or the middle of what is seen. */
  zoom(factor) {
    const middle = this.scroller.scrollTop + this.scroller.clientHeight / 2;
    const anchor = this.selected ?? this.rows[Math.min(this.scale.rowAt(middle), this.rows.length - 1)];
    if (!anchor) return;
    const offset = this.scale.centres[anchor.row] - this.scroller.scrollTop;
    if (this.isEven) this.step = clamp(this.step + (factor > 1 ? 1 : -1), 0, STEPS.length - 1);
    else this.perNs = Math.max(this.scale.perNs * factor, this.fitting);
    this.arrange();
    this.scroller.scrollTop = this.scale.centres[anchor.row] - offset;
    this.draw();
  }
}
