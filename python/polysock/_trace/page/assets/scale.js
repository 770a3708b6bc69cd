/* Where each event is, from top to bottom: in equal steps, or in true time. */

const EDGE = 18;
const PAUSE_NS = 10e6;
const PAUSE_HEIGHT = 24;
const CARD_HEIGHT = 44;
const MOST_CARDS = 3;
const TALLEST = 12e6; // what browsers can scroll

class Scale {
  constructor(rows) {
    this.rows = rows;
    this.centres = new Float64Array(rows.length);
  }

  /* The first row at or below a place. */
  rowAt(y) {
    return firstWhere(this.rows.length, (row) => this.centres[row] >= y);
  }

  /* The place of a moment. */
  yOf(time) {
    const { rows, centres } = this;
    const next = firstWhere(rows.length, (row) => rows[row].at > time);
    if (next === 0) return rows.length && time < rows[0].at ? centres[0] - EDGE / 2 : EDGE;
    if (next === rows.length) return time > rows[next - 1].at ? centres[next - 1] + EDGE / 2 : centres[next - 1];
    const [before, after] = [rows[next - 1].at, rows[next].at];
    const part = after > before ? (time - before) / (after - before) : 0;
    return centres[next - 1] + part * (centres[next] - centres[next - 1]);
  }
}

class EqualSteps extends Scale {
  constructor(rows, step) {
    super(rows);
    this.isEven = true;
    this.step = step;
    let y = EDGE;
    rows.forEach((event, row) => {
      if (this.pauseBefore(row)) y += PAUSE_HEIGHT;
      this.centres[row] = y + step / 2;
      y += step + Math.min(event.findings.length, MOST_CARDS) * CARD_HEIGHT;
    });
    this.height = y + EDGE;
  }

  /* How long nothing happened before a row, if that is worth a mark. */
  pauseBefore(row) {
    const pause = row > 0 ? this.rows[row].at - this.rows[row - 1].at : 0;
    return pause >= PAUSE_NS ? pause : 0;
  }
}

class TrueTime extends Scale {
  constructor(rows, perNs) {
    super(rows);
    this.isEven = false;
    this.step = 24;
    this.first = rows.length ? rows[0].at : 0;
    this.span = rows.length ? rows[rows.length - 1].at - this.first : 0;
    this.perNs = Math.min(perNs, this.span ? (TALLEST - 3 * EDGE) / this.span : perNs);
    rows.forEach((event, row) => {
      this.centres[row] = 2 * EDGE + (event.at - this.first) * this.perNs;
    });
    this.height = this.span * this.perNs + 4 * EDGE;
  }

  yOf(time) {
    return clamp(2 * EDGE + (time - this.first) * this.perNs, EDGE, this.height - EDGE);
  }

  /* Round moments about 60 pixels apart. */
  ticks(top, bottom) {
    const atLeast = 60 / this.perNs;
    const power = 10 ** Math.floor(Math.log10(atLeast));
    const distance = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= atLeast);
    const timeOf = (y) => this.first + (y - 2 * EDGE) / this.perNs;
    const found = [];
    const until = Math.min(timeOf(bottom), this.first + this.span);
    for (let time = Math.ceil(Math.max(timeOf(top), this.first) / distance) * distance; time <= until; time += distance) {
      found.push(time);
    }
    return found;
  }
}
