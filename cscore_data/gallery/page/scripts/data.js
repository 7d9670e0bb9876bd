"use strict";
// The data of the page. They come as scripts, as a page on the disk cannot read files: each calls
// receive(name, type, text), where the text is JSON, or numbers in base64.

const arrived = new Map();
const awaited = new Map();

const NUMBERS = {Uint8Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array};

// Addresses of scripts are the only thing here that a browser might run; they are all made below.
const scriptPolicy = window.trustedTypes
  ? window.trustedTypes.createPolicy("gallery", {createScriptURL: (address) => address})
  : {createScriptURL: (address) => address};

function receive(name, type, text) {
  const value = type === "json" ? JSON.parse(text) : numbers(type, text);
  arrived.set(name, value);
  awaited.get(name)?.resolve(value);
}

function numbers(type, text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let place = 0; place < binary.length; place += 1) bytes[place] = binary.charCodeAt(place);
  return new NUMBERS[type](bytes.buffer);
}

// The value of this name, now if it is there, or else undefined.
function loaded(name) {
  return arrived.get(name);
}

// A promise of the value of this name, which loads its script the first time.
function load(name) {
  if (arrived.has(name)) return Promise.resolve(arrived.get(name));
  if (awaited.has(name)) return awaited.get(name).promise;
  const entry = {};
  entry.promise = new Promise((resolve, reject) => {
    entry.resolve = resolve;
    const script = document.createElement("script");
    script.src = scriptPolicy.createScriptURL(`data/${name}.js`);
    const fail = () => reject(new Error(`data/${name}.js cannot be read`));
    script.addEventListener("error", fail);
    script.addEventListener("load", () => {
      script.remove();
      // Of a script that is cut off, nothing arrives.
      if (!arrived.has(name)) fail();
    });
    document.head.append(script);
  });
  awaited.set(name, entry);
  return entry.promise;
}

// What a data set has in blocks of rows, such as profiles: the values of one row.
async function loadRow(name, row, width) {
  const block = Math.floor(row / gallery().block);
  const values = await load(`${name}-${block}`);
  const start = (row % gallery().block) * width;
  return values.subarray(start, start + width);
}

// The description of the whole set.
function gallery() {
  return arrived.get("gallery");
}

// The place of the class of a row among the classes; these lie one after the other.
function classOf(row) {
  const classes = gallery().classes;
  let low = 0;
  let high = classes.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (classes[middle].start <= row && classes[middle].count > 0) low = middle;
    else high = middle - 1;
  }
  return low;
}
