"use strict";
// The histogram of the statistic to sort by, on which one drags a range.

const BARS = 50;

class Histogram {
  constructor() {
    this.svg = document.querySelector("#histogram svg");
    this.low = byId("range-low");
    this.high = byId("range-high");
    this.svg.setAttribute("viewBox", `0 0 ${BARS} 100`);
    this.svg.addEventListener("pointerdown", (event) => this.onDown(event));
    this.svg.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.svg.addEventListener(name, () => {
        this.from = null;
      });
    }
    const onInput = oncePerFrame(() => this.onHandles());
    for (const handle of [this.low, this.high]) handle.addEventListener("input", onInput);
    byId("range-reset").addEventListener("click", () => this.select(0, 1));
    this.apply = oncePerFrame(() => selection.limit(this.range()));
  }

  // Draw the bars of a new statistic.
  draw() {
    const {statistic, values} = selection.sort;
    this.statistic = statistic;
    [this.first, this.last] = extent(values);
    const width = this.last - this.first || 1;
    const counts = new Uint32Array(BARS);
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      counts[Math.min(BARS - 1, Math.floor(((value - this.first) / width) * BARS))] += 1;
    }
    // On a logarithmic scale: most scores are near the highest.
    const most = Math.log1p(Math.max(...counts));
    this.bars = Array.from(counts, (number, place) => {
      const height = number ? Math.max(3, (100 * Math.log1p(number)) / most) : 0;
      return svgElement("rect", {x: place + 0.06, y: 100 - height, width: 0.88, height});
    });
    this.svg.replaceChildren(...this.bars);
    this.shares = [0, 1];
    this.describe();
  }

  valueAt(share) {
    return this.first + share * (this.last - this.first);
  }

  range() {
    const [low, high] = this.shares;
    if (low === 0 && high === 1) return null;
    // Numbers of 32 bits: the ends themselves must stay within.
    return [low === 0 ? -Infinity : this.valueAt(low), high === 1 ? Infinity : this.valueAt(high)];
  }

  select(low, high) {
    this.shares = [low, high];
    this.describe();
    this.apply();
  }

  shareAt(event) {
    const box = this.svg.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  }

  onDown(event) {
    this.from = this.shareAt(event);
    this.svg.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    if (this.from === null || this.from === undefined) return;
    const to = this.shareAt(event);
    this.select(Math.min(this.from, to), Math.max(this.from, to));
  }

  onHandles() {
    const [low, high] = [this.low, this.high].map((handle) => Number(handle.value) / 1000);
    this.select(Math.min(low, high), Math.max(low, high));
  }

  // Bars, handles and words for the range.
  describe() {
    const [low, high] = this.shares;
    this.bars.forEach((bar, place) => {
      const isIn = (place + 1) / BARS > low && place / BARS < high;
      bar.setAttribute("class", isIn ? "in" : "out");
    });
    this.low.value = Math.round(1000 * low);
    this.high.value = Math.round(1000 * high);
    const ends = [low, high].map((share) => shortNumber(this.valueAt(share)));
    this.low.setAttribute("aria-valuetext", ends[0]);
    this.high.setAttribute("aria-valuetext", ends[1]);
    this.svg.setAttribute(
      "aria-label",
      `Histogram of ${visible(this.statistic.title)}, ` +
        `from ${shortNumber(this.first)} to ${shortNumber(this.last)}`,
    );
    byId("range-reset").hidden = low === 0 && high === 1;
    this.words = `${ends[0]} to ${ends[1]}`;
  }
}
