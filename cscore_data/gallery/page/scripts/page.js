"use strict";
// The page as a whole: its views, its controls and its keys.

const VIEWS = {
  classes: {make: () => new ClassesView(), isThere: () => true},
  suspects: {make: () => new SuspectsView(), isThere: () => Boolean(gallery().suspects)},
  compare: {make: () => new CompareView(), isThere: () => Boolean(gallery().otherTitle)},
};

const views = {};

async function start() {
  if (!gallery()) throw new Error("data/gallery.js cannot be read: the folder is not complete");
  describe();
  await load("example");
  marks.start();
  await selection.start();
  const histogram = new Histogram();
  fillControls(histogram);
  new Search();
  for (const toggle of document.querySelectorAll("nav [data-view]")) {
    toggle.hidden = !VIEWS[toggle.dataset.view].isThere();
    toggle.addEventListener("click", () => show(toggle.dataset.view).catch(complain));
  }
  selection.onChange((isOrder) => {
    describeOrder(histogram);
    for (const view of Object.values(views)) {
      if (isOrder) view.update();
      else view.refresh();
    }
  });
  marks.onChange(() => {
    for (const view of Object.values(views)) view.refresh();
    detail.refresh();
  });
  document.addEventListener("keydown", onKey);
  describeOrder(histogram);
  await show("classes");
  document.body.dataset.ready = "";
  performance.mark("ready");
}

// Title, number of examples, and what there is to know before looking at them.
function describe() {
  const {title, dataset, examples, withScore, classes, picture} = gallery();
  document.title = visible(title);
  byId("title").replaceChildren(isolated(title));
  const number = classes.filter((entry) => entry.count > 0).length;
  byId("subtitle").replaceChildren(
    isolated(dataset),
    `, ${count(examples, "example")}, ${count(number, "class")}`,
  );
  const notes = [];
  if (withScore < examples) {
    notes.push(
      withScore
        ? `${count(examples - withScore, "example")} without a C-score: last in each class`
        : "No example has a C-score: none was held out at every ratio. Train more runs",
    );
  }
  if (picture.scaledDown) notes.push("pictures are scaled down");
  if (notes.length) byId("subtitle").append(` (${notes.join("; ")})`);
}

async function show(name) {
  if (!views[name]) {
    views[name] = VIEWS[name].make();
    await views[name].start?.();
  }
  document.body.dataset.view = name;
  for (const toggle of document.querySelectorAll("nav [data-view]")) {
    toggle.setAttribute("aria-pressed", toggle.dataset.view === name);
    byId(`view-${toggle.dataset.view}`).hidden = toggle.dataset.view !== name;
  }
  // Order and range are those of the classes; the other views have their own.
  byId("controls").hidden = name === "suspects";
  window.scrollTo(0, 0);
  views[name].update();
}

function fillControls(histogram) {
  const [sort, color] = [byId("sort"), byId("color")];
  for (const [place, statistic] of gallery().statistics.entries()) {
    const side = gallery().otherTitle ? `${statistic.side.toUpperCase()}: ` : "";
    for (const choice of [sort, color]) {
      choice.append(element("option", {value: place}, `${side}${statistic.title}`));
    }
  }
  const first = gallery().statistics.indexOf(selection.first);
  [sort.value, color.value] = [first, first];
  sort.addEventListener("change", async () => {
    await selection.sortBy(gallery().statistics[sort.value]).catch(complain);
    histogram.draw();
  });
  color.addEventListener("change", () => {
    selection.colorBy(gallery().statistics[color.value]).catch(complain);
  });
  byId("direction").addEventListener("click", () => selection.turn());
  histogram.draw();
}

// In words, what is shown in which order.
function describeOrder(histogram) {
  const direction = byId("direction");
  direction.textContent = selection.isDescending ? "high → low" : "low → high";
  direction.setAttribute("aria-label", `${direction.textContent}, turn round`);
  const shown = selection.countShown();
  const all = gallery().examples.toLocaleString("en");
  byId("range-text").textContent = selection.range
    ? `${shown.toLocaleString("en")} of ${all} examples, ${histogram.words}`
    : "Drag to choose a range";
  byId("meaning").textContent = visible(selection.sort.statistic.meaning);
  drawLegend();
}

function drawLegend() {
  const {statistic, values} = selection.color;
  const legend = byId("legend");
  if (statistic.isClass) {
    legend.replaceChildren("a color for each class");
    return;
  }
  const [low, high] = extent(values);
  legend.replaceChildren(shortNumber(low), element("span", {class: "scale"}), shortNumber(high));
}

// Keys that work wherever one is, except where one types.
function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select"))
    return;
  if (event.key === "Escape") detail.close();
  else if (event.key === "/") byId("search-text").focus();
  else if (detail.row === null) return;
  else if (event.key in MARKS) marks.set(detail.row, MARKS[event.key]);
  else if (byId("detail").contains(event.target) && event.key === "ArrowRight") detail.step(1);
  else if (byId("detail").contains(event.target) && event.key === "ArrowLeft") detail.step(-1);
  else return;
  event.preventDefault();
}

start().catch(complain);
