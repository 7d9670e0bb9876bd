"""How large a gallery is, how soon it opens, and how it scrolls, in Chromium without a window.

    python benchmarks/gallery.py --size mnist --scores mnist.zarr --out gallery.json

Without ``--scores``, outcomes of models are random. Needs the extra ``browser``, and Debian's
chromium and chromium-driver, or what they are called elsewhere.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cscore_data import load_examples
from cscore_data.cli import browse_cscores
from cscore_data.cli.run import EXIT_OK
from cscore_data.schema import cube_template
from cscore_data.storage.zarr_store import write_store
from helpers.browsing import opening, scrolling
from helpers.cubes import random_outcomes
from helpers.flags import make_parser
from helpers.measure import as_text, seconds, spread
from helpers.results import write_result

#: The data set of each size.
SIZES = {"tiny": "digits", "mnist": "mnist"}

#: Strips that are scrolled at the same time: as a person does, and more than anybody does.
STRIPS = {"one strip": 1, "all strips in sight": 100}

#: Ratios and runs of random outcomes.
RATIOS = (0.1, 0.3, 0.5, 0.7, 0.9)
RUNS = 10


def main() -> int:
    parser = make_parser(__doc__, SIZES, repeats=5)
    parser.add_argument("--scores", help="cube or scores of the data set (default: random)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        source = arguments.scores
        if source is None:
            source = str(folder / "random.zarr")
            make_random_study(Path(source), SIZES[arguments.size])
        result = {
            "benchmark": "gallery",
            "dataset": SIZES[arguments.size],
            "scores": "random" if arguments.scores is None else Path(source).name,
            **measure(source, folder / "gallery", arguments.repeats),
        }
    print_result(result)
    write_result(result, arguments.out)
    return 0


def make_random_study(path: Path, dataset: str) -> None:
    """Write a cube of a data set with random outcomes."""
    examples = load_examples(dataset)
    template = cube_template(RATIOS, RUNS, examples.label, runs_per_chunk=RUNS, record="margin")
    cube = template.compute().copy(deep=True)
    random = np.random.default_rng(0)
    level = random.normal(5, 4, len(examples)).astype(np.float32)
    for place, ratio in enumerate(RATIOS):
        held_out = random.random((RUNS, len(examples))) > ratio
        margin, prediction = random_outcomes(random, examples.label, level, ~held_out)
        cube["held_out"].values[place] = held_out
        cube["margin"].values[place] = np.clip(np.rint(margin * 4), -127, 127) / 4
        cube["prediction"].values[place] = prediction
        cube["correct"].values[place] = prediction == examples.label
    cube["done"].values[:] = True
    attrs = {"dataset": dataset, "example_digest": examples.digest()}
    write_store(path, cube.assign_attrs(attrs))


def measure(source: str, gallery: Path, repeats: int) -> dict[str, Any]:
    """Write the gallery, open it several times in new browsers, and scroll."""

    def write() -> None:
        if browse_cscores.main([source, "--out", str(gallery)]) != EXIT_OK:
            raise SystemExit("gallery: error: no gallery was written")

    written = seconds(write)
    sizes = [path.stat().st_size for path in gallery.rglob("*") if path.is_file()]
    # The first one reads the programs of the browser from the disk.
    opening(gallery)
    opened = [opening(gallery) for _ in range(repeats)]
    scrolled = {}
    for name, strips in STRIPS.items():
        runs = [scrolling(gallery, strips) for _ in range(repeats)]
        scrolled[name] = spread_of_each(runs)
    return {
        "seconds_to_write": written,
        "bytes": sum(sizes),
        "files": len(sizes),
        "opening": spread_of_each(opened),
        "scrolling": scrolled,
    }


def spread_of_each(runs: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """The spread of each figure over repeated measurements."""
    return {name: spread([run[name] for run in runs]) for name in runs[0]}


def print_result(result: dict[str, Any]) -> None:
    print(
        f"{result['dataset']}: {result['bytes'] / 1e6:.1f} MB in {result['files']} files, written "
        f"in {result['seconds_to_write']:.1f} s"
    )
    for name, values in result["opening"].items():
        print(f"{name}: {as_text(values)} s")
    for strips, figures in result["scrolling"].items():
        for name, values in figures.items():
            print(f"scrolling {strips}, {name}: {as_text(values)}")


if __name__ == "__main__":
    sys.exit(main())
