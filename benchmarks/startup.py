"""Startup: seconds from the start of a command to its first trained models, or to its end.

With ``--against FOLDER``, another checkout of this project, each command is run with both in turns.
Compiled programs are kept in a cache that is empty at first; the commands are run once before they
are timed, unless ``--cold``, which begins each time with an empty cache.

    git worktree add /tmp/before some-commit
    python benchmarks/startup.py --size digits --against /tmp/before
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from helpers.flags import make_parser
from helpers.measure import as_text, quotients, spread
from helpers.results import write_result
from helpers.tables import print_columns

ROOT = Path(__file__).resolve().parents[1]

#: Runs at each ratio of the study that is plotted, by size.
SIZES = {"tiny": 2, "digits": 12}

#: Commands by name: with the time of the first trained models, of the end.
TRAINED = "train-holdout, first models"
COMMANDS = {
    TRAINED: ("train_holdout", "--dataset", "digits", "--runs", "1", "--overwrite"),
    "train-holdout": ("train_holdout", "--dataset", "digits", "--runs", "1", "--overwrite"),
    "reduce-cscores": ("reduce_cscores", "study.zarr", "--overwrite"),
    "plot-cscores": ("plot_cscores", "study-cscores.zarr"),
    "train-holdout --help": ("train_holdout", "--help"),
}


def main() -> None:
    arguments = parse()
    checkouts = {"ours": ROOT}
    if arguments.against is not None:
        checkouts["before"] = arguments.against.resolve()
    with TemporaryDirectory() as folder:
        prepare(Path(folder), SIZES[arguments.size])
        times = measure(Path(folder), checkouts, arguments.repeats, cold=arguments.cold)
    results = {}
    for command in COMMANDS:
        results[command] = {name: spread(times[command][name]) for name in checkouts}
        if "before" in checkouts:
            found = times[command]
            results[command]["ours_over_before"] = quotients(found["ours"], found["before"])
    print_report(results)
    document = {
        "benchmark": "startup",
        "size": arguments.size,
        "cold": arguments.cold,
        "commands": results,
    }
    write_result(document, arguments.out)


def parse() -> argparse.Namespace:
    parser = make_parser(__doc__ or "", SIZES, repeats=7)
    parser.add_argument("--against", type=Path, help="another checkout of this project")
    parser.add_argument("--cold", action="store_true", help="with nothing compiled before")
    return parser.parse_args()


def prepare(folder: Path, runs: int) -> None:
    """Train the study that is reduced and plotted."""
    train = ("train_holdout", "--out", "study.zarr", "--runs", str(runs))
    for command in (train, ("reduce_cscores", "study.zarr")):
        run_command(folder, ROOT, command)


def measure(
    folder: Path, checkouts: dict[str, Path], repeats: int, *, cold: bool
) -> dict[str, dict[str, list[float]]]:
    """Seconds of each command in each checkout, which take turns."""
    times: dict[str, dict[str, list[float]]] = {}
    for name, command in COMMANDS.items():
        times[name] = {checkout: [] for checkout in checkouts}
        for repeat in range(repeats + int(not cold)):
            for checkout, root in checkouts.items():
                elapsed = seconds_of(
                    folder, root, name, command, cache=f"{checkout}-{name}", cold=cold
                )
                if cold or repeat > 0:
                    times[name][checkout].append(elapsed)
    return times


def seconds_of(
    folder: Path, root: Path, name: str, command: tuple[str, ...], *, cache: str, cold: bool
) -> float:
    """Seconds from the start of a process to its end, or to its first trained models."""
    if cold:
        cache += str(time.time())
    began = time.time()
    mark = run_command(folder, root, command, cache=cache, until_trained=name == TRAINED)
    return (mark or time.time()) - began


def run_command(
    folder: Path,
    root: Path,
    command: tuple[str, ...],
    *,
    cache: str = "prepared",
    until_trained: bool = False,
) -> float | None:
    """Run a command with the package of a checkout; returns when its first models were trained."""
    module, *arguments = command
    code = _WITH_MARK if until_trained else _PLAIN
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "JAX_COMPILATION_CACHE_DIR": str(folder / cache),
    }
    result = subprocess.run(
        [sys.executable, "-c", code, module, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {result.stderr}")
    return float(result.stdout.split("trained at ")[1].split()[0]) if until_trained else None


#: What a command does, and the same with a line when the first models are trained.
_PLAIN = """
import importlib, sys
sys.exit(importlib.import_module(f"cscore_data.cli.{sys.argv[1]}").main(sys.argv[2:]))
"""
_WITH_MARK = """
import importlib, sys, time
import cscore_data.training
module = importlib.import_module(f"cscore_data.cli.{sys.argv[1]}")

class Marking:
    # Replaces the method of the trainer once its module has been imported by the command.
    def find_spec(self, name, path=None, target=None):
        if name == "cscore_data.studies.loop":
            from cscore_data.training.trainer import Trainer
            train_group = Trainer.train_group
            def marked(*arguments, **keywords):
                learners = train_group(*arguments, **keywords)
                print("trained at", time.time(), flush=True)
                return learners
            Trainer.train_group = marked
        return None

sys.meta_path.insert(0, Marking())
sys.exit(module.main(sys.argv[2:]))
"""


def print_report(results: dict[str, Any]) -> None:
    header = ["command", *next(iter(results.values()))]
    rows = []
    for command, found in results.items():
        rows.append([command, *(as_text(values) for values in found.values())])
    print_columns(header, rows)


if __name__ == "__main__":
    main()
