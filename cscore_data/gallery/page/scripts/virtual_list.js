"use strict";
// A list of any length of which only what is in sight has elements.

// Items beyond either end of what is in sight.
const OVERSCAN = 3;

// Browsers do not lay out anything longer than some 17 million pixels.
const LONGEST = 15e6;

class VirtualList {
  // scroller: the element that scrolls, or the window; content: the element for the items;
  // isHorizontal; size: of an item in pixels, along the list; create() makes an element;
  // fill(element, index) shows an item in it.
  constructor({scroller, content, isHorizontal, size, create, fill}) {
    Object.assign(this, {scroller, content, isHorizontal, size, create, fill});
    this.count = 0;
    this.shown = new Map();
    this.spare = [];
    this.schedule = oncePerFrame(() => this.render());
    scroller.addEventListener("scroll", this.schedule, {passive: true});
    new ResizeObserver(this.schedule).observe(scroller === window ? document.body : scroller);
  }

  // Show so many items, and show all of them anew.
  update(count, size = this.size) {
    this.count = count;
    this.size = size;
    this.length = Math.min(count * size, LONGEST);
    this.content.style[this.isHorizontal ? "width" : "height"] = `${this.length}px`;
    for (const made of this.shown.values()) this.put(made);
    this.shown.clear();
    this.render();
  }

  put(made) {
    made.hidden = true;
    this.spare.push(made);
  }

  // Length of what is in sight, and where in the list it begins.
  sight() {
    if (this.isHorizontal) return {view: this.scroller.clientWidth, from: this.scroller.scrollLeft};
    if (this.scroller !== window) {
      return {view: this.scroller.clientHeight, from: this.scroller.scrollTop};
    }
    return {view: window.innerHeight, from: -this.content.getBoundingClientRect().top};
  }

  // The item at a place in pixels, with its fraction. Where a list is longer than a browser can
  // lay out, scrolling moves it faster.
  itemAt(from, view) {
    const whole = this.count * this.size;
    if (whole <= LONGEST) return from / this.size;
    return ((from / (this.length - view)) * (whole - view)) / this.size;
  }

  render() {
    const {view, from} = this.sight();
    // Hidden, or not laid out yet.
    if (!view || this.content.offsetParent === null) return;
    const exact = this.itemAt(from, view);
    const first = Math.max(0, Math.floor(exact) - OVERSCAN);
    const last = Math.min(this.count, Math.ceil(exact + view / this.size) + OVERSCAN);
    for (const [index, made] of this.shown) {
      if (index >= first && index < last) continue;
      this.put(made);
      this.shown.delete(index);
    }
    for (let index = first; index < last; index += 1) {
      if (!this.shown.has(index)) this.shown.set(index, this.take(index));
      const place = `${from + (index - exact) * this.size}px`;
      this.shown.get(index).style[this.isHorizontal ? "left" : "top"] = place;
    }
  }

  take(index) {
    let made = this.spare.pop();
    if (!made) {
      made = this.create();
      this.content.append(made);
    }
    made.hidden = false;
    this.fill(made, index);
    return made;
  }

  // Show the items in sight anew.
  refill() {
    for (const [index, made] of this.shown) this.fill(made, index);
  }

  // Scroll as far as needed for an item to be in sight.
  reveal(index) {
    const {view, from} = this.sight();
    const exact = this.itemAt(from, view);
    let move = 0;
    if (index < exact) move = (index - exact) * this.size;
    else if (index + 1 > exact + view / this.size) move = (index + 1 - exact) * this.size - view;
    if (this.count * this.size > LONGEST)
      move *= (this.length - view) / (this.count * this.size - view);
    if (move) this.scroller.scrollBy(this.isHorizontal ? {left: move} : {top: move});
    this.render();
  }
}
