"use strict";
// One example, large, with all that is known of it.

const LARGE_SIDE = 256;

class Detail {
  constructor() {
    this.panel = byId("detail");
    this.row = null;
    this.rows = new Int32Array();
  }

  // Show a row; `rows` are those among which the arrows go on, the current list by default.
  open(row, rows) {
    if (this.row === null) this.opener = document.activeElement;
    this.row = row;
    if (rows) this.rows = rows;
    this.show(row).catch(complain);
  }

  async show(row) {
    const vote = voteStatistic();
    if (vote) await load(vote.script);
    if (this.row !== row) return;
    this.panel.hidden = false;
    document.body.classList.add("has-detail");
    this.panel.replaceChildren(
      this.heading(row),
      this.picture(row),
      this.facts(row),
      markButtons(row),
    );
    this.panel.scrollTop = 0;
    this.panel.focus({preventScroll: true});
    await this.addParts(row);
  }

  close() {
    if (this.row === null) return;
    this.row = null;
    this.panel.hidden = true;
    document.body.classList.remove("has-detail");
    if (this.opener?.isConnected) this.opener.focus({preventScroll: true});
  }

  // The next or the previous example of the list.
  step(move) {
    const place = this.rows.indexOf(this.row) + move;
    if (place >= 0 && place < this.rows.length) this.open(this.rows[place]);
  }

  // Show the marks anew.
  refresh() {
    if (this.row === null) return;
    const before = this.panel.querySelector(".marks");
    const focused = before?.contains(document.activeElement) && document.activeElement.dataset.key;
    const after = markButtons(this.row);
    before?.replaceWith(after);
    if (focused) after.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  heading(row) {
    const title = element("h2", {}, `Example ${loaded("example")[row]}`);
    return element(
      "div",
      {class: "detail-head"},
      title,
      button("←", () => this.step(-1), {"aria-label": "Previous example", title: "Previous (←)"}),
      button("→", () => this.step(1), {"aria-label": "Next example", title: "Next (→)"}),
      button("×", () => this.close(), {"aria-label": "Close", title: "Close (Esc)"}),
    );
  }

  picture(row) {
    const shown = element("div", {class: showsTexts() ? "large text" : "large"});
    const inner = element("div", {class: "picture"});
    shown.append(inner);
    if (!showsTexts()) {
      inner.setAttribute("role", "img");
      inner.setAttribute("aria-label", spokenExample(row));
    }
    fillPicture(inner, row, LARGE_SIDE);
    return shown;
  }

  facts(row) {
    const list = element("dl", {class: "facts"});
    const add = (name, value) => list.append(element("dt", {}, name), element("dd", {}, value));
    add("Label", isolated(gallery().classes[classOf(row)].name));
    const suggested = suggestedClass(row);
    if (suggested !== null && suggested !== classOf(row)) {
      add("Models suggest", isolated(gallery().classes[suggested].name));
    }
    if (gallery().hasNames) {
      const name = element("dd", {class: "file"});
      list.append(element("dt", {}, "File"), name);
      load("names").then((names) => name.append(isolated(names[row])), complain);
    }
    return list;
  }

  // What has to be loaded first.
  async addParts(row) {
    const parts = [profilePart, votesPart, neighborsPart, helpersPart, statisticsPart];
    for (const part of parts) {
      const made = await part(row);
      if (this.row !== row) return;
      if (made) this.panel.append(made);
    }
  }
}

function markButtons(row) {
  const mark = marks.of(row)?.mark;
  const buttons = Object.entries(MARKS).map(([key, word]) => {
    const made = button(`${word[0].toUpperCase()}${word.slice(1)}`, () => marks.set(row, word), {
      class: `mark-${word}`,
      "aria-pressed": mark === word,
      "aria-keyshortcuts": key,
      "data-key": key,
    });
    made.append(element("kbd", {}, key));
    return made;
  });
  const group = element(
    "div",
    {class: "marks", role: "group", "aria-label": "This label is"},
    element("span", {}, "This label is"),
    ...buttons,
  );
  if (mark === "wrong") group.append(rightLabelChoice(row));
  return group;
}

// Which label is right, where the given one is wrong.
function rightLabelChoice(row) {
  const {label} = marks.of(row);
  const choice = element(
    "select",
    {"data-key": "label"},
    element("option", {value: ""}, "not known"),
  );
  for (const [place, entry] of gallery().classes.entries()) {
    // A list of thousands of classes would be of no use.
    const isListed = place < 300 || place === suggestedClass(row) || entry.label === label;
    if (!isListed || place === classOf(row)) continue;
    const isChosen = entry.label === label && label !== null;
    choice.append(element("option", {value: place, selected: isChosen}, entry.name));
  }
  choice.addEventListener("change", () =>
    marks.set(row, "wrong", choice.value === "" ? null : Number(choice.value)),
  );
  return element("label", {class: "right-label"}, "Right is ", choice);
}

const detail = new Detail();
