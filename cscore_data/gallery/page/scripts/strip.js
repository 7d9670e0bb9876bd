"use strict";
// A strip of examples side by side, which scrolls through all of them.

// Height of the color and of the caption under a picture.
const TILE_EXTRA = 28;

let strips = 0;

class Strip {
  // caption(row): what is written under an example; onOpen(row, rows).
  constructor(caption, onOpen) {
    strips += 1;
    Object.assign(this, {
      caption,
      onOpen,
      id: `strip-${strips}`,
      rows: new Int32Array(),
      active: 0,
    });
    this.content = element("div", {class: "strip-content", role: "presentation"});
    this.element = element(
      "div",
      {
        class: showsTexts() ? "strip texts" : "strip",
        role: "listbox",
        tabindex: 0,
        "aria-orientation": "horizontal",
      },
      this.content,
    );
    this.content.style.height = `${tileSize().height + TILE_EXTRA}px`;
    this.list = new VirtualList({
      scroller: this.element,
      content: this.content,
      isHorizontal: true,
      size: tileSize().width + 6,
      create: () => this.create(),
      fill: (made, index) => this.fill(made, index),
    });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("focus", () => this.onFocus());
    this.content.addEventListener("click", (event) => this.onClick(event));
  }

  show(rows, name) {
    this.rows = rows;
    this.active = 0;
    this.element.setAttribute("aria-label", name);
    this.element.scrollLeft = 0;
    this.list.update(rows.length);
  }

  create() {
    const tile = element(
      "div",
      {class: "tile", role: "option"},
      element("div", {class: "picture"}),
      element("div", {class: "bar"}),
      element("div", {class: "caption"}),
    );
    tile.style.width = `${this.list.size - 2}px`;
    return tile;
  }

  fill(tile, index) {
    const row = this.rows[index];
    const [picture, bar, caption] = tile.children;
    fillPicture(picture, row);
    bar.style.backgroundColor = selection.colorOf(row);
    caption.textContent = this.caption(row);
    tile.id = `${this.id}-${index}`;
    tile.dataset.index = index;
    tile.setAttribute("aria-label", spokenExample(row));
    tile.setAttribute("aria-posinset", index + 1);
    tile.setAttribute("aria-setsize", this.rows.length);
    tile.setAttribute("aria-selected", index === this.active);
    showMark(tile, row);
  }

  // Who comes by the keyboard sees where; under a pointer nothing must move before the click.
  onFocus() {
    this.activate(this.active, {isRevealed: this.element.matches(":focus-visible")});
  }

  activate(index, {isRevealed = true} = {}) {
    if (!this.rows.length) return;
    this.active = Math.min(Math.max(index, 0), this.rows.length - 1);
    if (isRevealed) this.list.reveal(this.active);
    for (const [place, tile] of this.list.shown) {
      tile.setAttribute("aria-selected", place === this.active);
    }
    this.element.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientWidth / this.list.size) - 1);
    const moves = {ArrowRight: 1, ArrowLeft: -1, PageDown: page, PageUp: -page};
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in moves) this.activate(this.active + moves[event.key]);
    else if (event.key === "Home") this.activate(0);
    else if (event.key === "End") this.activate(this.rows.length - 1);
    else if (event.key === "Enter" || event.key === " ") this.open(this.active);
    else return;
    event.preventDefault();
  }

  onClick(event) {
    const tile = event.target.closest(".tile");
    if (!tile) return;
    this.activate(Number(tile.dataset.index));
    this.open(this.active);
  }

  jump(isEnd) {
    this.element.scrollLeft = isEnd ? this.list.length : 0;
  }

  open(index) {
    if (index < this.rows.length) this.onOpen(this.rows[index], this.rows);
  }
}

// What a screen reader says of an example.
function spokenExample(row) {
  const {statistic, values} = selection.sort;
  const label = gallery().classes[classOf(row)].name;
  const mark = marks.of(row)?.mark;
  return visible(
    `example ${loaded("example")[row]}, label ${label}, ` +
      `${statistic.title} ${shortNumber(values[row])}${mark ? `, marked ${mark}` : ""}`,
  );
}

function showMark(target, row) {
  const mark = marks.of(row)?.mark;
  if (mark) target.dataset.mark = mark;
  else delete target.dataset.mark;
}
