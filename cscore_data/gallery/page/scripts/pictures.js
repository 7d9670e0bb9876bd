"use strict";
// Pictures of examples, cut from sheets, and texts.

// Height of a picture in a strip, at most, and width of a text.
const PICTURE_SIDE = 64;
const TEXT_WIDTH = 232;

function showsTexts() {
  return gallery().picture.kind === "text";
}

// How many times as large as in its sheet a picture is shown with its longer side at most `side`.
// Whole factors keep pixels square and the neighbors in the sheet out.
function pictureScale(side) {
  const {width, height} = gallery().picture;
  const factor = side / Math.max(width, height);
  return factor >= 1 ? Math.floor(factor) : 1 / Math.ceil(1 / factor);
}

// Size of an example in a strip, without what is written under it.
function tileSize() {
  if (showsTexts()) return {width: TEXT_WIDTH, height: 84};
  const scale = pictureScale(PICTURE_SIDE);
  const {width, height} = gallery().picture;
  return {width: Math.max(28, width * scale), height: height * scale};
}

// Show the picture or text of a row in an element.
function fillPicture(target, row, side = PICTURE_SIDE) {
  if (showsTexts()) fillText(target, row);
  else fillImage(target, row, pictureScale(side));
}

function fillImage(target, row, scale) {
  const {width, height, columns, perSheet} = gallery().picture;
  const place = row % perSheet;
  const style = target.style;
  style.width = `${width * scale}px`;
  style.height = `${height * scale}px`;
  style.backgroundImage = `url("sheets/${Math.floor(row / perSheet)}.webp")`;
  style.backgroundSize = `${columns * width * scale}px auto`;
  const left = (place % columns) * width * scale;
  const top = Math.floor(place / columns) * height * scale;
  style.backgroundPosition = `${-left}px ${-top}px`;
  target.classList.toggle("pixels", scale > 1);
}

function fillText(target, row) {
  target.dataset.row = row;
  const {perScript} = gallery().picture;
  const name = `texts-${Math.floor(row / perScript)}`;
  const show = (texts) => {
    // Meanwhile the element may show another row.
    if (target.dataset.row === String(row)) target.textContent = visible(texts[row % perScript]);
  };
  const texts = loaded(name);
  if (texts) show(texts);
  else {
    target.textContent = "";
    load(name).then(show, complain);
  }
}
