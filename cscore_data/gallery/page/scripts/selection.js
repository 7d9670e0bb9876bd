"use strict";
// What is shown in which order: the statistics to sort and to color by, and the range of values.

class ExampleSelection {
  constructor() {
    this.listeners = [];
    this.isDescending = true;
    this.range = null;
  }

  // Load the statistic to begin with, by which the rows of the page are sorted already.
  async start() {
    const statistics = gallery().statistics;
    const first = statistics.find((statistic) => statistic.name === "cscore");
    this.first = first;
    this.sort = await this.withValues(first);
    this.setColor(this.sort);
  }

  async withValues(statistic) {
    return {statistic, values: await load(statistic.script)};
  }

  async sortBy(statistic) {
    this.sort = await this.withValues(statistic);
    this.range = null;
    this.changed();
  }

  async colorBy(statistic) {
    this.setColor(await this.withValues(statistic));
    this.changed({isOrder: false});
  }

  setColor(color) {
    this.color = color;
    this.scale = colorScale(color.statistic, color.values);
  }

  colorOf(row) {
    return this.scale(this.color.values[row]);
  }

  turn() {
    this.isDescending = !this.isDescending;
    this.changed();
  }

  // Show values from low to high only; null for all.
  limit(range) {
    this.range = range;
    this.changed();
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  // Tell the listeners, and whether other rows or another order are shown.
  changed({isOrder = true} = {}) {
    for (const listener of this.listeners) listener(isOrder);
  }

  isShown(row) {
    if (!this.range) return true;
    const value = this.sort.values[row];
    return value >= this.range[0] && value <= this.range[1];
  }

  // The rows from start on that are shown, in their order; those without a value come last.
  rows(start, number) {
    const found = [];
    for (let row = start; row < start + number; row += 1) if (this.isShown(row)) found.push(row);
    const rows = Int32Array.from(found);
    if (this.sort.statistic === this.first && this.isDescending) return rows;
    const {values} = this.sort;
    const sign = this.isDescending ? -1 : 1;
    const key = (row) => (Number.isNaN(values[row]) ? Infinity : sign * values[row]);
    return rows.sort((a, b) => {
      const [first, second] = [key(a), key(b)];
      // Turned round as a whole, so that ties are as well.
      if (first === second) return sign * (b - a);
      return first < second ? -1 : 1;
    });
  }

  // How many rows of all are shown.
  countShown() {
    if (!this.range) return gallery().examples;
    let shown = 0;
    for (let row = 0; row < gallery().examples; row += 1) if (this.isShown(row)) shown += 1;
    return shown;
  }
}

const selection = new ExampleSelection();
