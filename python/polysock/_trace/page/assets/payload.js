/* Recorded bytes, as text with escapes and as a table of bytes. Each byte is the character of that number. */

const ESCAPES = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\" };
const BYTES_IN_LINE = 16;
const MOST_LINES = 32;

function escapedText(data) {
  let text = "";
  for (const character of data) {
    const code = character.charCodeAt(0);
    const isPlain = code >= 32 && code < 127;
    text += ESCAPES[code] ?? (isPlain ? character : `\\x${code.toString(16).padStart(2, "0")}`);
  }
  return text;
}

function byteTable(data) {
  const lines = [];
  for (let at = 0; at < data.length && lines.length < MOST_LINES; at += BYTES_IN_LINE) {
    const codes = [...data.slice(at, at + BYTES_IN_LINE)].map((character) => character.charCodeAt(0) & 255);
    const numbers = codes.map((code) => code.toString(16).padStart(2, "0")).join(" ");
    const letters = codes.map((code) => (code >= 32 && code < 127 ? String.fromCharCode(code) : "·")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${numbers.padEnd(BYTES_IN_LINE * 3 - 1)}  ${letters}`);
  }
  if (data.length > MOST_LINES * BYTES_IN_LINE) lines.push("…");
  return lines.join("\n");
}

function drawPayload(record) {
  const data = record.data;
  const recorded = data.length;
  const all = record.bytes ?? recorded;
  const title = recorded < all ? `Payload: the first ${byteCount(recorded)} of ${byteCount(all)}` : `Payload: ${byteCount(all)}`;
  return [
    element("h3", {}, title),
    element("p", { class: "text" }, escapedText(data)),
    element("pre", { class: "bytes", tabindex: "0", "aria-label": "Payload as bytes" }, byteTable(data)),
  ];
}
