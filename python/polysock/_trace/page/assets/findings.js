/* The list of findings; each leads to its place. */

const SEVERITIES = ["error", "warning", "note"];

class Findings {
  constructor(trace, go) {
    const node = document.getElementById("findings");
    const list = node.querySelector("ol");
    const count = trace.findings.length;
    node.querySelector("h2").textContent = count ? `Findings (${count})` : "Findings";
    if (!count) list.replaceWith(element("p", {}, "None of the known mistakes was found in this trace."));
    for (const finding of trace.findings) list.append(element("li", {}, item(finding, go)));
    for (const [name, more] of Object.entries(trace.uncounted)) {
      list.append(element("li", {}, `and ${more.toLocaleString("en")} more ${harmless(name)}`));
    }
  }
}

function item(finding, go) {
  const where = finding.place ? clock(finding.place.at) : "not in this part";
  const button = element(
    "button",
    { type: "button", class: `finding ${severity(finding)}`, disabled: !finding.place },
    element("span", { class: "where" }, where),
    element("b", {}, finding.name),
    element("span", { class: "what" }, harmless(finding.text)),
  );
  button.addEventListener("click", () => go(finding.place));
  return button;
}

function severity(finding) {
  return SEVERITIES.includes(finding.severity) ? finding.severity : "note";
}

/* A finding in full, for the details of its event and for paper. */
function drawFinding(finding) {
  return [
    element(
      "div",
      { class: `finding-text ${severity(finding)}` },
      element("h3", {}, `${severity(finding)}: ${harmless(finding.name)}`),
      element("p", {}, harmless(finding.text)),
      element("p", { class: "advice" }, harmless(finding.advice)),
      element("p", { class: "page" }, harmless(finding.page)),
    ),
  ];
}
