"""Recording margins: how much longer a study takes than one that records only what is correct.

Both train the same models on the same subsets and write them, one after the other in one process,
in turns, with nothing left to compile: what differs is the margin in the evaluation, its way from
the device, and two more arrays to check, pack and write.
"""

import tempfile
from pathlib import Path
from typing import NamedTuple

from cscore_data import Examples, Plan, load_examples
from cscore_data.studies.loop import train_pending
from cscore_data.studies.study import Study, open_study
from cscore_data.training.device import device_name
from cscore_data.training.named_recipes import RECIPES, default_recipe
from helpers.flags import make_parser
from helpers.machine import use_every_core
from helpers.measure import as_text, quotients, seconds, spread
from helpers.results import write_result
from helpers.tables import print_columns


class Size(NamedTuple):
    """What to train.

    Attributes
    ----------
    dataset : str
    ratios : tuple of float
    runs : int
        Runs at each ratio.
    """

    dataset: str
    ratios: tuple[float, ...]
    runs: int


SIZES = {
    "tiny": Size("digits", ratios=(0.5,), runs=4),
    "digits": Size("digits", ratios=(0.1, 0.5, 0.9), runs=48),
    # The smallest subsets, so that evaluation is the largest part of the work.
    "mnist": Size("mnist", ratios=(0.1,), runs=4),
}

RECORDS = ("correct", "margin")


def main() -> None:
    arguments = make_parser(__doc__, SIZES, repeats=5).parse_args()
    size = SIZES[arguments.size]
    use_every_core()
    examples = load_examples(size.dataset)
    for record in RECORDS:
        time_study(size, examples, record)  # compiles

    times: dict[str, list[float]] = {record: [] for record in RECORDS}
    for repeat in range(arguments.repeats):
        # Each is the first one as often as the second.
        for record in RECORDS if repeat % 2 else reversed(RECORDS):
            times[record].append(time_study(size, examples, record))

    models = len(size.ratios) * size.runs
    over = quotients(times["margin"], times["correct"])
    rows = []
    for record in RECORDS:
        speed = f"{models / spread(times[record])['median']:.4g}"
        rows.append([record, as_text(spread(times[record])), speed])
    print_columns(["records", "seconds (minimum, maximum)", "models/s"], rows)
    print(f"with margins over without: {as_text(over)}")
    result = {
        "benchmark": "train_margins",
        "size": arguments.size,
        "device": device_name(),
        "models": models,
        "seconds": {record: spread(times[record]) for record in RECORDS},
        "margin_over_correct": over,
    }
    write_result(result, arguments.out)


def time_study(size: Size, examples: Examples, record: str) -> float:
    """Seconds to train and write all models of a new study."""
    recipe = RECIPES[default_recipe(size.dataset)]
    plan = Plan(len(examples), size.ratios)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cube.zarr"
        study = Study(examples, plan, recipe, size.runs, path, record=record)
        cube = open_study(study, command="benchmark")
        return seconds(lambda: train_pending(study, cube))


if __name__ == "__main__":
    main()
