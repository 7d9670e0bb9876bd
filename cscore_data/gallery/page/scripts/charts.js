"use strict";
// Charts of one example: its profile, and the votes of models.

const CHART = {width: 300, height: 150, left: 30, right: 8, top: 8, bottom: 24};

function chartX(ratio) {
  return CHART.left + ratio * (CHART.width - CHART.left - CHART.right);
}

function chartY(accuracy) {
  return CHART.height - CHART.bottom - accuracy * (CHART.height - CHART.top - CHART.bottom);
}

// Held-out accuracy against subset ratio, with standard errors.
// curves: list of {ratios, profile, counts, name}.
function profileChart(curves) {
  const svg = svgElement("svg", {
    class: "profile",
    viewBox: `0 0 ${CHART.width} ${CHART.height}`,
    role: "img",
    "aria-label": curves.map(spokenCurve).join("; "),
  });
  for (const accuracy of [0, 0.5, 1]) {
    const y = chartY(accuracy);
    svg.append(
      svgElement("line", {class: "grid", x1: chartX(0), x2: chartX(1), y1: y, y2: y}),
      svgElement("text", {x: CHART.left - 5, y: y + 3.5, "text-anchor": "end"}, String(accuracy)),
    );
  }
  for (const ratio of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(
      svgElement(
        "text",
        {x: chartX(ratio), y: CHART.height - 8, "text-anchor": "middle"},
        String(ratio),
      ),
    );
  }
  for (const [place, curve] of curves.entries()) svg.append(drawnCurve(curve, place));
  return svg;
}

function drawnCurve({ratios, profile, counts}, place) {
  const group = svgElement("g", {class: `curve curve-${place}`});
  const points = [];
  ratios.forEach((ratio, index) => {
    const accuracy = profile[index];
    if (Number.isNaN(accuracy)) return;
    const [x, y] = [chartX(ratio), chartY(accuracy)];
    const half = standardError(accuracy, counts[index]);
    const [low, high] = [Math.max(0, accuracy - half), Math.min(1, accuracy + half)];
    group.append(
      svgElement("line", {class: "error", x1: x, x2: x, y1: chartY(low), y2: chartY(high)}),
      svgElement("circle", {cx: x, cy: y, r: 2.6}),
    );
    points.push(`${x},${y}`);
  });
  group.prepend(svgElement("polyline", {points: points.join(" ")}));
  return group;
}

// Of a share of `number` runs, with half a run of either outcome added, as in scores.
function standardError(share, number) {
  const adjusted = (share * number + 0.5) / (number + 1);
  return Math.sqrt((adjusted * (1 - adjusted)) / number);
}

function spokenCurve({ratios, profile, name}) {
  const points = ratios.map((ratio, index) => `${shortNumber(profile[index])} at ${ratio}`);
  return visible(`Held-out accuracy${name ? ` of ${name}` : ""}: ${points.join(", ")}`);
}

// Bars of votes by class. entries: list of {name, votes, isGiven}.
function voteBars(entries, total) {
  const rows = entries.map(({name, votes, isGiven}) => {
    const bar = element("span", {class: "vote-bar"});
    bar.style.width = `${(100 * votes) / total}%`;
    return element(
      "tr",
      {class: isGiven ? "given" : ""},
      element("th", {scope: "row"}, isolated(name)),
      element("td", {class: "bar-cell"}, bar),
      element("td", {class: "number"}, votes.toLocaleString("en")),
    );
  });
  return element("table", {class: "votes"}, element("tbody", {}, ...rows));
}
