"use strict";
// The parts of what is known of one example: each is a section, or null where nothing is known.

const NEIGHBORS = 8;

function section(title, note, ...children) {
  const head = element("h3", {}, title);
  return element(
    "section",
    {},
    head,
    ...children,
    ...(note ? [element("p", {class: "note"}, note)] : []),
  );
}

async function profilePart(row) {
  const sides = [
    ["a", gallery().profile],
    ["b", gallery().otherProfile],
  ];
  const curves = [];
  for (const [side, known] of sides) {
    if (!known) continue;
    const {ratios} = known;
    const profile = await loadRow(`profile-${side}`, row, ratios.length);
    const counts = await loadRow(`count-${side}`, row, ratios.length);
    const name = gallery().otherTitle ? side.toUpperCase() : "";
    curves.push({ratios, profile, counts, name});
  }
  if (!curves.length) return null;
  const note = "Held-out accuracy by subset ratio, ± 1 standard error";
  return section("Profile", note, profileChart(curves));
}

async function votesPart(row) {
  if (!gallery().votes) return null;
  const shown = gallery().votes.classes;
  const places = await loadRow("vote-class", row, shown);
  const counts = await loadRow("vote-count", row, shown + 1);
  const total = counts[shown];
  if (!total) return section("Votes", "No model has been asked about this example.");
  const entries = [];
  let listed = 0;
  places.forEach((place, index) => {
    if (!counts[index]) return;
    listed += counts[index];
    const {name} = gallery().classes[place];
    entries.push({name, votes: counts[index], isGiven: place === classOf(row)});
  });
  if (listed < total) entries.push({name: "other classes", votes: total - listed, isGiven: false});
  const note = `${count(total, "held-out model")}; the label is in bold`;
  return section("Votes", note, voteBars(entries, total));
}

// Examples just above and below in the current order.
async function neighborsPart(row) {
  const start = gallery().classes[classOf(row)];
  const rows = selection.rows(start.start, start.count);
  const place = rows.indexOf(row);
  if (place < 0 || rows.length < 2) return null;
  const first = Math.max(0, Math.min(place - NEIGHBORS / 2, rows.length - NEIGHBORS - 1));
  const near = Array.from(rows.subarray(first, first + NEIGHBORS + 1)).filter(
    (other) => other !== row,
  );
  const {statistic} = selection.sort;
  return section(
    "Neighbors",
    `of the same class, by ${statistic.title}`,
    examplesRow(near, (other) => shortNumber(selection.sort.values[other])),
  );
}

// The examples that help this one most, where influence is known.
async function helpersPart(row) {
  if (!gallery().helpers) return null;
  const {places} = gallery().helpers;
  const helpers = await loadRow("helper", row, places);
  const influence = await loadRow("influence", row, places);
  const entries = new Map();
  helpers.forEach((helper, index) => {
    if (helper >= 0) entries.set(helper, influence[index]);
  });
  if (!entries.size) return section("Helpers", "No example helps this one more than chance would.");
  const note = "Models that were trained on these do better on this example, by so much";
  return section(
    "Helpers",
    note,
    examplesRow([...entries.keys()], (other) => shortNumber(entries.get(other))),
  );
}

// Some examples as buttons, each with a caption.
function examplesRow(rows, caption) {
  const made = rows.map((row) => {
    const picture = element("span", {class: "picture"});
    fillPicture(picture, row, 48);
    const tile = button("", () => detail.open(row), {
      class: "near",
      "aria-label": spokenExample(row),
    });
    tile.append(picture, element("span", {class: "caption"}, caption(row)));
    return tile;
  });
  return element("div", {class: showsTexts() ? "near-row texts" : "near-row"}, ...made);
}

async function statisticsPart(row) {
  const rows = new Map();
  for (const statistic of gallery().statistics) {
    const value = (await load(statistic.script))[row];
    const shown = statistic.isClass ? (gallery().classes[value]?.name ?? "–") : shortNumber(value);
    if (!rows.has(statistic.name)) rows.set(statistic.name, {statistic, a: "", b: ""});
    rows.get(statistic.name)[statistic.side] = shown;
  }
  const hasOther = Boolean(gallery().otherTitle);
  const head = element(
    "tr",
    {},
    element("td"),
    element("th", {scope: "col"}, "A"),
    element("th", {scope: "col"}, "B"),
  );
  const table = element(
    "table",
    {class: "statistics"},
    ...(hasOther ? [element("thead", {}, head)] : []),
  );
  const body = element("tbody");
  for (const {statistic, a, b} of rows.values()) {
    body.append(
      element(
        "tr",
        {title: visible(statistic.meaning)},
        element("th", {scope: "row"}, statistic.title),
        element("td", {}, isolated(a)),
        ...(hasOther ? [element("td", {}, isolated(b))] : []),
      ),
    );
  }
  table.append(body);
  return section(
    "Statistics",
    hasOther ? `A: ${gallery().title}; B: ${gallery().otherTitle}` : "",
    table,
  );
}
