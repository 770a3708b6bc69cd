/* Numbers as text, and functions that make elements. All text that comes from a trace becomes text nodes, never markup. */

function duration(ns) {
  const text = (number, unit) => `${number} ${unit}`;
  if (ns < 1e3) return text(Math.round(ns), "ns");
  if (ns < 1e6) return text(Math.round(ns / 1e3), "µs");
  if (ns < 1e9) return text((ns / 1e6).toFixed(ns < 1e8 ? 1 : 0), "ms");
  return text((ns / 1e9).toFixed(2), "s");
}

function counted(number, one, several = one + "s") {
  return `${number.toLocaleString("en")} ${number === 1 ? one : several}`;
}

function byteCount(number) {
  return `${number.toLocaleString("en")} B`;
}

/* Seconds since the beginning, with microseconds. */
function clock(ns) {
  return (ns / 1e9).toFixed(6);
}

function element(name, properties = {}, ...children) {
  return filled(document.createElement(name), properties, children);
}

function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}

function place(node, left, top, width, height) {
  node.style.left = `${left}px`;
  node.style.top = `${top}px`;
  if (width !== undefined) node.style.width = `${width}px`;
  if (height !== undefined) node.style.height = `${height}px`;
  return node;
}

/* Characters that have an effect where they are shown, as escapes: controls, and those that change the direction of
   writing. */
function harmless(text) {
  return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (one) => {
    const code = one.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/* The first place in `length` sorted places where `isBeyond` holds, or `length`. */
function firstWhere(length, isBeyond) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBeyond(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function clamp(value, least, most) {
  return Math.max(least, Math.min(most, value));
}
