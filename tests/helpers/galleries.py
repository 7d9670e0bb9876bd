"""Studies of data sets without training, and galleries as a browser reads them."""

import json
import re
from base64 import b64decode

import numpy as np

from cscore_data.schema import cube_template

#: What numbers in a gallery are, by the name that JavaScript has for them.
DTYPES = {
    "Uint8Array": "u1",
    "Uint16Array": "<u2",
    "Int32Array": "<i4",
    "Uint32Array": "<u4",
    "Float32Array": "<f4",
    "Float64Array": "<f8",
}

#: The call that a script of data is.
CALL = re.compile(r'receive\(("[\w-]+"), "(\w+)", (".*")\);\n', re.DOTALL)


def make_study(examples, *, source, ratios=(0.3, 0.7), runs=20, seed=0, swapped=()):
    """A cube with margins of a data set, as if models had been trained on it.

    Parameters
    ----------
    examples : Examples
    source : str
        By which the data set is loaded again.
    ratios, runs, seed
    swapped : sequence of int
        Examples for which models vote for the next class.
    """
    random = np.random.default_rng(seed)
    template = cube_template(
        ratios,
        runs,
        examples.label,
        runs_per_chunk=runs,
        filename=examples.filename,
        record="margin",
        class_names=examples.class_names,
    )
    cube = template.compute().copy(deep=True)
    place = examples.class_index()
    chance = random.beta(9, 1, len(examples))
    chance[list(swapped)] = 0.05
    correct = random.random(cube["correct"].shape) < chance
    margin = random.exponential(3, correct.shape) * np.where(correct, 1, -1)
    wrong = (place + 1) % len(examples.classes)
    cube["held_out"].values[:] = random.random(correct.shape) >= 0.4
    cube["correct"].values[:] = correct
    cube["margin"].values[:] = np.clip(np.rint(margin * 4), -127, 127) / 4
    cube["prediction"].values[:] = np.where(correct, place, wrong)
    cube["done"].values[:] = True
    attrs = {"dataset": source, "example_digest": examples.digest(), "example_order": "original"}
    return cube.assign_attrs(attrs)


def read_data(gallery, name):
    """What a script of data hands to the page: an object, or an array of numbers."""
    script, kind, text = CALL.fullmatch((gallery / "data" / f"{name}.js").read_text()).groups()
    assert json.loads(script) == name
    text = json.loads(text)
    if kind == "json":
        return json.loads(text)
    return np.frombuffer(b64decode(text), DTYPES[kind])


def statistic(gallery, name, side="a"):
    """The values of a statistic, in the order of the page."""
    for entry in read_data(gallery, "gallery")["statistics"]:
        if (entry["name"], entry["side"]) == (name, side):
            return read_data(gallery, entry["script"])
    raise KeyError(name)


def hostile_names(number):
    """Names that would do harm if a page took them for anything but text."""
    return [HOSTILE[place % len(HOSTILE)].format(place) for place in range(number)]


#: Whatever of these is run sets `document.title` or a property of the window.
HOSTILE = (
    "<script>window.hacked = {}</script>",
    "<img src=x onerror='window.hacked={}'>",
    '"><svg onload=window.hacked={}>',
    "'); window.hacked = {}; ('",
    "</script><script>window.hacked={}</script>",
    "javascript:window.hacked={}",
    "line\nbreak {}\r\n\u2028window.hacked=1",
    "\u202eright to left {}\u202d",
    '{}\\"); window.hacked = 1; //',
    "=cmd|' /C calc'!A{}",
    "<style>body {{ display: none }}</style>{}",
    "<a href='javascript:window.hacked={}'>x</a>",
    "\x00\x1b[31m{}\x7f",
    "`${{window.hacked={}}}`",
    "<iframe srcdoc='<script>parent.hacked={}</script>'></iframe>",
    "../../{}",
    "__proto__{}",
    "😀 كلب {}",
    '{}, "quoted"; tab\t',
    "<meta http-equiv=refresh content='0;url=about:blank'>{}",
)
