"use strict";
// The view of suspects: given and suggested label, to be marked wrong, right or unsure.

const CARD_GAP = 12;

class SuspectsView {
  constructor() {
    this.section = byId("view-suspects");
    this.active = 0;
  }

  async start() {
    const names = ["suspect-row", "suspect-class", "suspect-share", "suspect-called"];
    [this.rows, this.suggested, this.share, this.called] = await Promise.all(names.map(load));
    // By which a mark knows the label that is right.
    if (voteStatistic()) await load(voteStatistic().script);
    this.rows = Int32Array.from(this.rows);
    const {called} = gallery().suspects;
    const words = this.rows.length
      ? `Models contradict the label of ${count(this.rows.length, "example")}; ` +
        `${count(called, "label")} ${called === 1 ? "is" : "are"} probably wrong. ` +
        "The most suspicious come first."
      : "Models contradict no label.";
    this.summary = element("output", {class: "marks-summary"});
    this.grid = element("div", {class: "rows"});
    this.box = element(
      "div",
      {
        class: "suspects",
        role: "listbox",
        tabindex: 0,
        "aria-label": "Suspicious labels",
      },
      this.grid,
    );
    this.section.append(element("p", {}, words), this.toolbar(), this.box);
    this.list = new VirtualList({
      scroller: window,
      content: this.grid,
      isHorizontal: false,
      size: this.cardHeight(),
      create: () => element("div", {class: "suspect-line", role: "presentation"}),
      fill: (line, index) => this.fillLine(line, index),
    });
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.box.addEventListener("focus", () => this.onFocus());
    this.box.addEventListener("click", (event) => this.onClick(event));
    new ResizeObserver(oncePerFrame(() => this.update())).observe(this.section);
  }

  toolbar() {
    const keys = element(
      "p",
      {class: "keys"},
      "Keys: ",
      element("kbd", {}, "w"),
      " wrong, ",
      element("kbd", {}, "r"),
      " right, ",
      element("kbd", {}, "u"),
      " unsure, arrows, ",
      element("kbd", {}, "Enter"),
      " for details",
    );
    return element(
      "div",
      {class: "toolbar"},
      this.summary,
      button("Download marks", () => marks.download().catch(complain), {id: "download"}),
      keys,
    );
  }

  cardWidth() {
    return showsTexts() ? 300 : 132;
  }

  cardHeight() {
    return (showsTexts() ? 84 + 22 : pictureHeight(96)) + 92;
  }

  update() {
    if (this.section.hidden) return;
    this.describe();
    const width = this.box.clientWidth;
    this.columns = Math.max(1, Math.floor((width + CARD_GAP) / (this.cardWidth() + CARD_GAP)));
    this.list.update(Math.ceil(this.rows.length / this.columns), this.cardHeight());
    this.activate(this.active, {isRevealed: false});
  }

  describe() {
    this.summary.textContent = marks.byExample.size ? marks.summary() : "No marks yet";
    byId("download").disabled = !marks.byExample.size;
  }

  fillLine(line, index) {
    const start = index * this.columns;
    const places = [];
    for (let place = start; place < Math.min(start + this.columns, this.rows.length); place += 1) {
      places.push(this.card(place));
    }
    line.replaceChildren(...places);
  }

  card(place) {
    const row = this.rows[place];
    const example = loaded("example")[row];
    const classes = gallery().classes;
    const given = classes[classOf(row)].name;
    const suggested = classes[this.suggested[place]]?.name ?? "?";
    const share = this.share[place];
    const agreement = Number.isNaN(share) ? "" : `${Math.round(100 * share)} % of models`;
    const mark = marks.of(row)?.mark ?? "";

    const picture = element("div", {class: showsTexts() ? "picture text" : "picture"});
    fillPicture(picture, row, 96);
    const spoken = [`example ${example}`, `label ${given}`, `models suggest ${suggested}`];
    if (agreement) spoken.push(agreement);
    if (mark) spoken.push(`marked ${mark}`);
    const card = element("div", {
      class: "card",
      role: "option",
      id: `suspect-${place}`,
      "data-place": place,
      "aria-selected": place === this.active,
      "aria-posinset": place + 1,
      "aria-setsize": this.rows.length,
      "aria-label": visible(spoken.join(", ")),
    });
    const certainty = this.called[place] ? "" : " · maybe";
    card.append(
      element("div", {class: "picture-box"}, picture),
      element("p", {class: "labels"}, isolated(given), " → ", isolated(suggested)),
      element("p", {class: "caption"}, agreement),
      element("p", {class: "caption"}, `#${example}${certainty}`),
      element("p", {class: "mark"}, mark),
    );
    showMark(card, row);
    return card;
  }

  // As in strips.
  onFocus() {
    this.activate(this.active, {isRevealed: this.box.matches(":focus-visible")});
  }

  activate(place, {isRevealed = true} = {}) {
    if (!this.rows.length) return;
    this.active = Math.min(Math.max(place, 0), this.rows.length - 1);
    if (isRevealed) this.list.reveal(Math.floor(this.active / this.columns));
    for (const card of this.grid.querySelectorAll(".card")) {
      card.setAttribute("aria-selected", Number(card.dataset.place) === this.active);
    }
    this.box.setAttribute("aria-activedescendant", `suspect-${this.active}`);
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const moves = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: this.columns,
      ArrowUp: -this.columns,
      Home: -this.active,
      End: this.rows.length,
    };
    if (event.key in moves) this.activate(this.active + moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.open();
    else if (event.key in MARKS) this.mark(MARKS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  open() {
    if (this.rows.length) detail.open(this.rows[this.active], this.rows);
  }

  // Mark the active suspect, and go on to the next.
  mark(word) {
    if (!this.rows.length) return;
    marks.set(this.rows[this.active], word);
    if (marks.of(this.rows[this.active])) this.activate(this.active + 1);
  }

  onClick(event) {
    const card = event.target.closest(".card");
    if (!card) return;
    this.activate(Number(card.dataset.place));
    this.open();
  }

  refresh() {
    if (!this.list || this.section.hidden) return;
    this.describe();
    this.list.refill();
  }
}

// Height of a picture with its longer side at most `side`.
function pictureHeight(side) {
  return gallery().picture.height * pictureScale(side);
}
