"use strict";
// What a person says of labels: wrong, right or unsure. Kept by the browser, and downloaded as csv.

const MARKS = {w: "wrong", r: "right", u: "unsure"};

class Marks {
  constructor() {
    this.byExample = new Map();
    this.listeners = [];
    // Whether the browser has kept the last change.
    this.isKept = true;
  }

  // Read those that the browser has kept, of the same data set.
  start() {
    this.example = loaded("example");
    try {
      const kept = JSON.parse(localStorage.getItem(gallery().marks) ?? "[]");
      for (const [example, mark, label] of kept) {
        if (Object.values(MARKS).includes(mark)) this.byExample.set(example, {mark, label});
      }
    } catch {
      // Of a browser that keeps nothing, or something that is not ours.
    }
  }

  of(row) {
    return this.byExample.get(this.example[row]);
  }

  // Mark a row; the same mark a second time removes it. The label is that which is right, null if
  // it is not known: a place among the classes, or undefined for the one that models suggest.
  set(row, mark, label) {
    const before = this.of(row);
    if (before?.mark === mark && label === undefined) this.byExample.delete(this.example[row]);
    else this.byExample.set(this.example[row], {mark, label: this.rightLabel(row, mark, label)});
    this.keep();
    for (const listener of this.listeners) listener(row);
    announce(this.of(row) ? `marked ${mark}` : "mark removed");
  }

  rightLabel(row, mark, label) {
    if (mark === "right") return gallery().classes[classOf(row)].label;
    if (mark === "unsure") return null;
    const place = label === undefined ? suggestedClass(row) : label;
    if (place === null || place < 0 || place === classOf(row)) return null;
    return gallery().classes[place].label;
  }

  keep() {
    const kept = Array.from(this.byExample, ([example, {mark, label}]) => [example, mark, label]);
    try {
      localStorage.setItem(gallery().marks, JSON.stringify(kept));
      this.isKept = true;
    } catch {
      this.isKept = false;
    }
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  summary() {
    const counts = {wrong: 0, right: 0, unsure: 0};
    for (const {mark} of this.byExample.values()) counts[mark] += 1;
    const words = Object.entries(counts).map(([mark, number]) => `${number} ${mark}`);
    if (!this.isKept) words.push("not kept by this browser: download them before you leave");
    return words.join(", ");
  }

  // A row for each mark: train-holdout --labels reads the column label, find-mislabelled --truth
  // FILE:wrong the column wrong; both go by filename or example, and take an empty cell for nothing
  // known.
  async csv() {
    const names = gallery().hasNames ? await load("names") : null;
    const header = ["example", "mark", "wrong", "label", "label_name", "given", "given_name"];
    const lines = [names ? [...header, "filename"] : header];
    const classes = gallery().classes;
    const nameOf = new Map(classes.map((entry) => [entry.label, entry.name]));
    for (let row = 0; row < gallery().examples; row += 1) {
      const found = this.of(row);
      if (!found) continue;
      const given = classes[classOf(row)];
      const wrong = {wrong: "true", right: "false", unsure: ""}[found.mark];
      const name = found.label === null ? "" : (nameOf.get(found.label) ?? "");
      const cells = [
        this.example[row],
        found.mark,
        wrong,
        found.label ?? "",
        unformulated(name),
        given.label,
        unformulated(given.name),
      ];
      lines.push(names ? [...cells, names[row]] : cells);
    }
    return lines.map((cells) => cells.map(csvCell).join(",") + "\r\n").join("");
  }

  async download() {
    const blob = new Blob([await this.csv()], {type: "text/csv;charset=utf-8"});
    const address = URL.createObjectURL(blob);
    const link = element("a", {href: address, download: "marks.csv"});
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    announce("marks.csv was downloaded");
  }
}

function csvCell(value) {
  const text = String(value);
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// Names are there for people only; programs for tables would take some of them for formulas.
function unformulated(name) {
  return /^[=+\-@\t\r]/.test(name) ? `'${name}` : name;
}

// The class that models suggest for a row, null for none.
function suggestedClass(row) {
  const vote = loadedVotes();
  return vote && vote[row] >= 0 ? vote[row] : null;
}

function voteStatistic() {
  return gallery().statistics.find((entry) => entry.name === "vote" && entry.side === "a");
}

function loadedVotes() {
  const statistic = voteStatistic();
  return statistic && loaded(statistic.script);
}

const marks = new Marks();
