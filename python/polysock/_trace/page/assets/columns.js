/* Where each lane is, from left to right: its line, the bars beside it, and the boxes of its calls.

   The first of several lanes is mirrored, with its boxes on the left, so that there is room for arrows between a client
   and a server. */

const GUTTER = 92;
const TRACK = 15;
const BESIDE = 9; // between a line and what is beside it
const NARROWEST_BOX = 118;
const WIDEST_BOX = 640;
const OUTSIDE_WIDTH = 96;

class Columns {
  constructor(lanes, tracksOf, width) {
    const room = width - GUTTER - 14;
    const isMirrored = lanes.length > 1;
    const inside = lanes.filter((lane) => lane.number !== OUTSIDE).length;
    const gaps = Math.max(lanes.length - 1, 1);
    this.gap = clamp((room * 0.34) / gaps, 86, 360);
    let taken = gaps * this.gap + (lanes.length > inside ? OUTSIDE_WIDTH : 0);
    for (const lane of lanes) taken += tracksOf(lane) * TRACK + 2 * BESIDE;
    // Boxes reach into the gap beside them where no arrow is; the last has no gap, so it is wider.
    const last = inside > 2 ? 1.4 : 1;
    const share = (room - taken) / (Math.max(inside - 1, 0) + last);
    const widthOf = (index) => clamp(share * (index === inside - 1 ? last : 1), NARROWEST_BOX, WIDEST_BOX);
    this.all = [];
    this.of = new Map();
    let x = GUTTER;
    lanes.forEach((lane, index) => {
      const column = { lane, index, tracks: tracksOf(lane), mirrored: isMirrored && index === 0 };
      const beside = BESIDE + column.tracks * TRACK;
      column.left = x;
      column.box = lane.number === OUTSIDE ? OUTSIDE_WIDTH : widthOf(index);
      if (column.mirrored) {
        column.boxLeft = x;
        column.boxRight = x + column.box;
        column.line = column.boxRight + beside;
        x = column.line;
      } else {
        x += index === 0 ? BESIDE : this.gap;
        column.line = x;
        column.boxLeft = x + beside;
        column.boxRight = column.boxLeft + column.box;
        x = column.boxRight;
      }
      column.right = x;
      this.all.push(column);
      this.of.set(lane.number, column);
    });
    this.width = Math.max(x + 14, width);
    this.all.forEach((column, index) => {
      const next = this.all[index + 1];
      column.spare = Math.max((next ? next.line : this.width) - 12 - column.boxRight, 0);
    });
  }

  /* The left side of a bar beside a line. */
  trackLeft(column, track) {
    return column.mirrored ? column.line - BESIDE - (track + 1) * TRACK + 2 : column.line + BESIDE + track * TRACK - 1;
  }

  /* Those of which something is between two places. */
  between(left, right) {
    return this.all.filter((column) => column.right + this.gap >= left && column.left - this.gap <= right);
  }

  /* The columns in groups of one process each. */
  processes() {
    const groups = [];
    for (const column of this.all) {
      const last = groups[groups.length - 1];
      if (last && last[0].lane.process === column.lane.process) last.push(column);
      else groups.push([column]);
    }
    return groups;
  }
}
