"use strict";
// The view of two sets of scores: one against the other, and where they differ most.

class CompareView {
  constructor() {
    this.section = byId("view-compare");
  }

  async start() {
    const [a, b] = ["a", "b"].map((side) =>
      gallery().statistics.find(
        (statistic) => statistic.name === "cscore" && statistic.side === side,
      ),
    );
    this.a = await load(a.script);
    this.b = await load(b.script);
    this.rows = [];
    for (let row = 0; row < gallery().examples; row += 1) {
      if (Number.isFinite(this.a[row]) && Number.isFinite(this.b[row])) this.rows.push(row);
    }
    this.limits = [extent(this.a), extent(this.b)];
    this.difference = this.differences();
    this.canvas = element("canvas", {
      width: 640,
      height: 640,
      role: "img",
      "aria-label": `C-scores of B against those of A, ${count(this.rows.length, "example")}`,
    });
    this.canvas.addEventListener("click", (event) => this.onClick(event));
    const caption = (row) => [this.a, this.b].map((values) => twoDecimals(values[row])).join("|");
    const strips = [1, -1].map((sign) => {
      const strip = new Strip(caption, (row, rows) => detail.open(row, rows));
      const title = sign > 0 ? "Higher in A" : "Higher in B";
      const rows = this.rows
        .filter((row) => sign * this.difference[row] > 0)
        .sort((x, y) => sign * (this.difference[y] - this.difference[x]));
      return {strip, title, rows: Int32Array.from(rows)};
    });
    this.strips = strips;
    const {title, otherTitle} = gallery();
    this.section.append(
      element("p", {}, "A: ", isolated(title), element("br"), "B: ", isolated(otherTitle)),
      element(
        "div",
        {class: "scatter"},
        element("span", {class: "y"}, "B"),
        this.canvas,
        element("span", {class: "x"}, "A: C-score; click a dot to see its example"),
      ),
      ...strips.map(({strip, title: name, rows}) =>
        element(
          "div",
          {class: "compare-row"},
          element("h2", {}, name),
          element(
            "p",
            {},
            `${count(rows.length, "example")}, the largest difference first; C-scores in A | B`,
          ),
          strip.element,
        ),
      ),
    );
  }

  // Score in A minus score in B; on different scales, the ranks: ties have the mean of theirs.
  differences() {
    const found = new Float32Array(gallery().examples);
    const areShares = this.limits.every(([low, high]) => low >= 0 && high <= 1);
    if (areShares) return found.map((_, row) => this.a[row] - this.b[row]);
    const ranks = [this.a, this.b].map((values) => meanRanks(this.rows, values));
    for (const row of this.rows)
      found[row] = (ranks[0].get(row) - ranks[1].get(row)) / this.rows.length;
    return found;
  }

  update() {
    if (this.section.hidden) return;
    for (const {strip, title, rows} of this.strips) strip.show(rows, title);
    this.draw();
  }

  refresh() {
    if (!this.strips || this.section.hidden) return;
    for (const {strip} of this.strips) strip.list.refill();
    this.draw();
  }

  draw() {
    const context = this.canvas.getContext("2d");
    const {width, height} = this.canvas;
    context.clearRect(0, 0, width, height);
    // The more dots, the fainter each.
    context.globalAlpha = Math.max(0.08, Math.min(0.8, 40 / Math.sqrt(this.rows.length)));
    for (const row of this.rows) {
      const [x, y] = this.position(row);
      context.fillStyle = selection.colorOf(row);
      context.fillRect(x - 2.5, y - 2.5, 5, 5);
    }
  }

  position(row) {
    const share = ([low, high], value) => (value - low) / (high - low || 1);
    const [x, y] = [share(this.limits[0], this.a[row]), share(this.limits[1], this.b[row])];
    return [
      10 + x * (this.canvas.width - 20),
      this.canvas.height - 10 - y * (this.canvas.height - 20),
    ];
  }

  // Open the example whose dot is nearest.
  onClick(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    let nearest = null;
    let least = Infinity;
    for (const row of this.rows) {
      const [left, top] = this.position(row);
      const distance = (left - x) ** 2 + (top - y) ** 2;
      if (distance < least) [least, nearest] = [distance, row];
    }
    if (nearest !== null) detail.open(nearest, Int32Array.from(this.rows));
  }
}

function twoDecimals(value) {
  return Math.abs(value) < 10 ? value.toFixed(2) : shortNumber(value);
}

function meanRanks(rows, values) {
  const sorted = rows.slice().sort((a, b) => values[a] - values[b]);
  const ranks = new Map();
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && values[sorted[end]] === values[sorted[start]]) end += 1;
    for (let place = start; place < end; place += 1)
      ranks.set(sorted[place], (start + end - 1) / 2);
    start = end;
  }
  return ranks;
}
