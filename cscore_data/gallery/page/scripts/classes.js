"use strict";
// The view of classes: a strip for each.

class ClassesView {
  constructor() {
    this.section = byId("view-classes");
    this.classes = gallery().classes.filter((entry) => entry.count > 0);
    this.list = new VirtualList({
      scroller: window,
      content: this.section.querySelector(".rows"),
      isHorizontal: false,
      size: this.rowHeight(),
      create: () => this.create(),
      fill: (made, index) => this.fill(made, index),
    });
    this.strips = new WeakMap();
    window.matchMedia("(max-width: 700px)").addEventListener("change", () => this.update());
  }

  // On a narrow screen, names stand above the strips.
  rowHeight() {
    const isNarrow = window.matchMedia("(max-width: 700px)").matches;
    return tileSize().height + TILE_EXTRA + (isNarrow ? 58 : 28);
  }

  create() {
    const strip = new Strip(
      (row) => shortCaption(row),
      (row, rows) => detail.open(row, rows),
    );
    const jumps = element(
      "div",
      {class: "jumps"},
      button("⇤", () => strip.jump(false), {
        "aria-label": "To the beginning",
        title: "To the beginning",
      }),
      button("⇥", () => strip.jump(true), {"aria-label": "To the end", title: "To the end"}),
    );
    const head = element("div", {class: "class-head"}, element("h2"), element("p"), jumps);
    const made = element("div", {class: "class-row"}, head, strip.element);
    this.strips.set(made, strip);
    return made;
  }

  fill(made, index) {
    const entry = this.classes[index];
    const rows = selection.rows(entry.start, entry.count);
    const [title, note] = made.firstChild.children;
    title.replaceChildren(isolated(entry.name));
    title.title = visible(entry.name);
    note.textContent =
      rows.length === entry.count
        ? count(entry.count, "example")
        : `${rows.length.toLocaleString("en")} of ${entry.count.toLocaleString("en")}`;
    const order = selection.sort.statistic.title;
    const name = `Class ${entry.name}: ${count(rows.length, "example")}, by ${order}`;
    this.strips.get(made).show(rows, visible(name));
  }

  update() {
    this.list.update(this.classes.length, this.rowHeight());
  }

  // Show marks and colors anew, but leave the strips where they are.
  refresh() {
    for (const made of this.list.shown.values()) this.strips.get(made).list.refill();
  }
}

function shortCaption(row) {
  const {statistic, values} = selection.sort;
  if (statistic.isClass) return visible(gallery().classes[values[row]]?.name ?? "–");
  return shortNumber(values[row]);
}
