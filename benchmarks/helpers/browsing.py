"""A gallery in a browser without a window: how soon it is there, what it takes, how it scrolls."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil

#: Seconds after which a page counts as broken.
_PATIENCE = 60

#: Frames for which strips are scrolled, and by how many pixels in each.
_FRAMES = 240
_STEP = 45

#: Scrolls so many strips for so many frames; returns the milliseconds from each frame to the next.
_SCROLL = """
const [most, frames, step, done] = arguments;
const strips = Array.from(document.querySelectorAll(".strip")).slice(0, most);
const times = [];
function next(now) {
  times.push(now);
  if (times.length > frames) return done(times.slice(1).map((time, i) => time - times[i]));
  for (const strip of strips) strip.scrollLeft += step;
  requestAnimationFrame(next);
}
requestAnimationFrame(next);
"""

#: Milliseconds from the beginning of the navigation.
_TIMES = """
const paint = performance.getEntriesByName("first-contentful-paint")[0];
const ready = performance.getEntriesByName("ready")[0];
return [paint && paint.startTime, ready && ready.startTime];
"""


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium by way of selenium; ends with a message if one of them is missing."""
    from selenium import webdriver

    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        raise SystemExit("gallery: error: found no chromium and chromedriver; install them")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    flags = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,860")
    for flag in flags:
        options.add_argument(flag)
    service = webdriver.ChromeService(driver, log_output=os.devnull)
    opened = webdriver.Chrome(options=options, service=service)
    opened.set_script_timeout(_PATIENCE)
    try:
        yield opened
    finally:
        opened.quit()


def opening(gallery: Path) -> dict[str, float]:
    """Seconds from the address to the first paint and to the complete page, in a new browser."""
    with browser() as opened:
        first_paint, ready = _open(opened, gallery)
        return {"first_paint": first_paint / 1000, "ready": ready / 1000}


def scrolling(gallery: Path, strips: int) -> dict[str, float]:
    """What scrolling at 2,700 pixels a second is like, and the memory that it takes.

    Parameters
    ----------
    gallery : Path
    strips : int
        How many are scrolled at the same time, at most those in sight.

    Returns
    -------
    dict
        Milliseconds from frame to frame: median, 95 % and longest; the share of frames that took
        longer than two at 60 Hz; bytes of objects of JavaScript and of the page's process.
    """
    with browser() as opened:
        _open(opened, gallery)
        frames = np.array(opened.execute_async_script(_SCROLL, strips, _FRAMES, _STEP))
        heap = opened.execute_script("return performance.memory.usedJSHeapSize")
        return {
            "median": float(np.median(frames)),
            "percentile_95": float(np.quantile(frames, 0.95)),
            "longest": float(frames.max()),
            "share_over_33_ms": float((frames > 33.4).mean()),
            "heap": heap,
            "process": _page_memory(opened.service.process.pid),
        }


def _open(opened: Any, gallery: Path) -> tuple[float, float]:
    opened.get((gallery.resolve() / "index.html").as_uri())
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        first_paint, ready = opened.execute_script(_TIMES)
        if first_paint is not None and ready is not None:
            return first_paint, ready
        time.sleep(0.01)
    raise SystemExit(f"gallery: error: {gallery} was not complete after {_PATIENCE} s")


def _page_memory(driver: int) -> int:
    """Resident bytes of the process that shows the page, the largest of its kind."""
    found = [0]
    for process in psutil.Process(driver).children(recursive=True):
        if "--type=renderer" in process.cmdline():
            found.append(process.memory_info().rss)
    return max(found)
