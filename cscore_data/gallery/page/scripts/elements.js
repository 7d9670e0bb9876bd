"use strict";
// Elements and texts. Names, labels and texts come from anybody: they only ever become text nodes.

const SVG = "http://www.w3.org/2000/svg";

// Control characters and marks of direction, which could turn a line round.
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

// A text as it is shown: what cannot be seen becomes an escape such as \u202e.
function visible(text) {
  return String(text).replace(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

// An element with attributes, and children that are elements or texts.
function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function svgElement(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, String(value));
  }
  for (const child of children) made.append(typeof child === "object" ? child : visible(child));
  return made;
}

// A name from outside, of which the direction of writing stays within it.
function isolated(text) {
  return element("bdi", {}, String(text));
}

function byId(id) {
  return document.getElementById(id);
}

function button(text, onClick, attributes = {}) {
  const made = element("button", {type: "button", ...attributes}, text);
  made.addEventListener("click", onClick);
  return made;
}

// A number with few digits; a dash for none.
function shortNumber(value) {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function count(number, noun) {
  const plural = noun === "class" ? "classes" : `${noun}s`;
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

// Say something to those who do not see the page.
function announce(text) {
  byId("status").textContent = text;
}

// Show what went wrong, such as a file that is missing.
function complain(error) {
  const notice = byId("notice");
  notice.textContent = visible(error.message ?? error);
  notice.hidden = false;
}

// Call a function before the next frame, once, however often it is asked for.
function oncePerFrame(work) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      work();
    });
  };
}
