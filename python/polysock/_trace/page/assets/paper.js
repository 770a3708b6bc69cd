/* Paper: every event that is shown, in sheets that each have a head; then the findings. */

const PAPER_WIDTH = 960;
const PAPER_HEIGHT = 610;
const MOST_ON_PAPER = 2000;

class Paper {
  constructor(page) {
    this.page = page;
    this.node = document.getElementById("paper");
    window.addEventListener("beforeprint", () => this.fill());
    window.addEventListener("afterprint", () => this.node.replaceChildren());
  }

  fill() {
    const { diagram } = this.page;
    const rows = diagram.rows.slice(0, MOST_ON_PAPER);
    const scale = new EqualSteps(rows, STEPS[2]);
    const lanes = diagram.lanes();
    const columns = new Columns(lanes, (lane) => (diagram.allBars.get(lane.number) ?? []).length, PAPER_WIDTH);
    const { trace, letter, shownSockets } = diagram;
    placeBars(diagram.allBars, scale);
    const picture = { trace, rows, scale, columns, bars: diagram.allBars, waits: waitsOf(rows, scale), letter, shownSockets, selected: null };
    this.node.replaceChildren(...this.sheets(picture), ...this.findings(), ...this.rest(diagram.rows.length - rows.length));
    placeBars(diagram.allBars, diagram.scale);
  }

  sheets(picture) {
    const { scale, rows, columns } = picture;
    const sheets = [];
    let top = 0;
    for (let row = 0; row < rows.length; ) {
      const next = Math.max(firstWhere(rows.length, (one) => scale.centres[one] > top + PAPER_HEIGHT - scale.step), row + 1);
      const bottom = next < rows.length ? scale.centres[next] - scale.step / 2 - (scale.pauseBefore(next) ? PAUSE_HEIGHT : 0) : scale.height;
      sheets.push(sheetOfPaper(picture, { top, bottom, left: 0, right: columns.width }));
      top = bottom;
      row = next;
    }
    return sheets;
  }

  findings() {
    const { findings } = this.page.trace;
    return findings.length ? [element("section", { class: "findings" }, element("h2", {}, "Findings"), ...findings.flatMap(drawFinding))] : [];
  }

  rest(count) {
    return count > 0 ? [element("p", {}, `${counted(count, "later event is", "later events are")} not printed; use the filters to print fewer.`)] : [];
  }
}

function sheetOfPaper(picture, box) {
  const part = drawPart(picture, box);
  const heads = element("div", { class: "heads" }, ...drawHeads(picture.columns));
  heads.classList.toggle("has-threads", picture.columns.all.some((column) => column.lane.thread));
  const inner = element("div", { class: "inner" }, part.drawing, ...part.boxes, ...part.cards, ...part.times);
  inner.style.height = `${box.bottom - box.top}px`;
  for (const node of inner.children) node.style.top = `${parseFloat(node.style.top) - box.top}px`;
  for (const node of part.boxes) node.removeAttribute("id");
  const sheet = element("section", { class: "sheet" }, heads, inner);
  sheet.style.width = `${picture.columns.width}px`;
  sheet.style.zoom = Math.min(1, PAPER_WIDTH / picture.columns.width);
  return sheet;
}
