/* The keyboard. */

class Keys {
  constructor(page) {
    this.page = page;
    document.addEventListener("keydown", (pressed) => this.pressed(pressed));
  }

  pressed(pressed) {
    const { target, key } = pressed;
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || document.querySelector("dialog[open]")) return;
    const { controls, diagram } = this.page;
    if (target instanceof Element && target.closest("input[type=search], select")) {
      if (key === "Escape" || (key === "Enter" && target === controls.search)) {
        if (key === "Escape" && target === controls.search) controls.search.value = "";
        controls.apply();
        diagram.sheet.focus();
      }
      return;
    }
    const isOnControl = target instanceof Element && target.closest("button, input, a");
    if (isOnControl && (key === "Enter" || key === " " || key.startsWith("Arrow"))) return;
    const action = this.actions()[key];
    if (!action) return;
    pressed.preventDefault();
    action();
  }

  actions() {
    const { controls, diagram } = this.page;
    const move = (by) => () => diagram.move(by);
    return {
      j: move(1),
      ArrowDown: move(1),
      k: move(-1),
      ArrowUp: move(-1),
      PageDown: move(10),
      PageUp: move(-10),
      Home: () => diagram.select(diagram.rows[0] ?? null),
      End: () => diagram.select(diagram.rows[diagram.rows.length - 1] ?? null),
      Enter: () => this.page.across(),
      n: () => this.page.nextProblem(1),
      N: () => this.page.nextProblem(-1),
      "/": () => controls.search.select(),
      p: () => controls.toggle(controls.onlyProblems),
      c: () => diagram.selected && controls.onlyConnection(socketOf(this.page.trace, diagram.selected)),
      t: () => controls.toggleScale(),
      "+": () => diagram.zoom(2),
      "=": () => diagram.zoom(2),
      "-": () => diagram.zoom(1 / 2),
      s: () => controls.toggleSide(),
      d: () => controls.nextTheme(),
      Escape: () => diagram.select(null),
      "?": () => document.getElementById("keys").showModal(),
    };
  }
}
