"use strict";
// Colors of values: those of viridis for numbers, hues for classes.

const VIRIDIS = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

// Color of a share in 0..1.
function shareColor(share) {
  const place = Math.min(Math.max(share, 0), 1) * (VIRIDIS.length - 1);
  const start = Math.min(Math.floor(place), VIRIDIS.length - 2);
  const mixed = VIRIDIS[start].map((low, channel) =>
    Math.round(low + (place - start) * (VIRIDIS[start + 1][channel] - low)),
  );
  return `rgb(${mixed.join(" ")})`;
}

// Neighboring classes get distant hues.
function classColor(place) {
  return place < 0 ? "transparent" : `hsl(${(place * 137.5) % 360} 60% 50%)`;
}

// The lowest and the highest of the values that are numbers.
function extent(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high];
}

// A function from a value of a statistic to its color.
function colorScale(statistic, values) {
  if (statistic.isClass) return classColor;
  const [low, high] = extent(values);
  const width = high - low || 1;
  return (value) => (Number.isNaN(value) ? "transparent" : shareColor((value - low) / width));
}
