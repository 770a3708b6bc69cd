/* The whole trace in a narrow strip beside the diagram: a mark for each event, red where there are problems. */

class Overview {
  constructor(diagram) {
    this.diagram = diagram;
    this.strip = document.getElementById("overview");
    this.canvas = this.strip.querySelector("canvas");
    this.lens = document.getElementById("lens");
    this.strip.addEventListener("pointerdown", (pressed) => this.drag(pressed));
  }

  get ratio() {
    return this.height / Math.max(this.diagram.scale.height, 1);
  }

  draw() {
    const { diagram, strip, canvas } = this;
    const { scale, rows, scroller, columns } = diagram;
    strip.hidden = scale.height <= scroller.clientHeight;
    if (strip.hidden) return;
    this.height = strip.clientHeight;
    const width = strip.clientWidth;
    const sharp = window.devicePixelRatio || 1;
    canvas.width = width * sharp;
    canvas.height = this.height * sharp;
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    const colours = coloursOf(["send", "receive", "open", "close", "setup", "wait", "note", "problem"]);
    const lane = (width - 12) / Math.max(columns.all.length, 1);
    const thick = clamp(this.height / Math.max(rows.length, 1), 1, 4);
    for (const problems of [false, true]) {
      pen.globalAlpha = problems ? 1 : 0.65;
      for (const event of rows) {
        if (isProblem(event) !== problems) continue;
        const y = scale.centres[event.row] * this.ratio - thick / 2;
        pen.fillStyle = problems ? colours.problem : (colours[event.kind] ?? colours.note);
        pen.fillRect(6 + (columns.of.get(event.lane)?.index ?? 0) * lane, y, Math.max(lane - 1.5, 1), problems ? Math.max(thick, 2) : thick);
        if (problems) pen.fillRect(0, y, 4, 2);
      }
    }
    this.follow();
  }

  follow() {
    if (this.strip.hidden) return;
    const { scroller } = this.diagram;
    this.lens.style.top = `${scroller.scrollTop * this.ratio}px`;
    this.lens.style.height = `${Math.max(scroller.clientHeight * this.ratio, 8)}px`;
  }

  drag(pressed) {
    const { strip, diagram } = this;
    const go = (moved) => {
      const y = moved.clientY - strip.getBoundingClientRect().top;
      diagram.scroller.scrollTop = y / this.ratio - diagram.scroller.clientHeight / 2;
    };
    const stop = () => strip.removeEventListener("pointermove", go);
    strip.setPointerCapture(pressed.pointerId);
    strip.addEventListener("pointermove", go);
    strip.addEventListener("pointerup", stop, { once: true });
    strip.addEventListener("pointercancel", stop, { once: true });
    go(pressed);
  }
}

/* The colours of the present theme, as a canvas needs them. */
function coloursOf(names) {
  const probe = document.body.appendChild(element("span", { class: "unseen" }));
  const found = {};
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}
