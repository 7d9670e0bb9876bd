"use strict";
// Search by index in the data set or by a part of a file name.

const MOST_FOUND = 20;

class Search {
  constructor() {
    this.text = byId("search-text");
    this.answer = byId("search-answer");
    this.list = byId("search-found");
    if (gallery().hasNames) this.text.placeholder = "index or file name";
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.open().catch(complain);
    });
    this.text.addEventListener("input", () => this.suggest().catch(complain));
  }

  // The rows that a text may mean, the best first.
  async rows(text) {
    const found = [];
    if (/^#?\d+$/.test(text)) {
      const row = loaded("example").indexOf(Number(text.replace("#", "")));
      if (row >= 0) found.push(row);
    }
    if (gallery().hasNames && text) {
      const names = await load("names");
      const wanted = text.toLowerCase();
      const exact = names.indexOf(text);
      if (exact >= 0) found.push(exact);
      for (let row = 0; row < names.length && found.length < MOST_FOUND; row += 1) {
        if (row !== exact && names[row].toLowerCase().includes(wanted)) found.push(row);
      }
    }
    return found;
  }

  async suggest() {
    const text = this.text.value.trim();
    this.answer.textContent = "";
    if (!gallery().hasNames || text.length < 2) return;
    const names = await load("names");
    const rows = await this.rows(text);
    if (this.text.value.trim() !== text) return;
    this.list.replaceChildren(...rows.map((row) => element("option", {value: names[row]})));
  }

  async open() {
    const text = this.text.value.trim();
    if (!text) return;
    const rows = await this.rows(text);
    this.answer.textContent = rows.length ? "" : "Nothing found";
    if (rows.length) detail.open(rows[0], Int32Array.from(rows));
  }
}
