"""All rows that need a GPU, in one sitting of at most twenty minutes.

Each step is a benchmark or a command in a process of its own. What a step has written stays, and
the same command continues with the steps that have not ended well: it can be run again after the
device was lost. `gpu-rows.json` says how long each took, and with what exit code.

    python benchmarks/gpu_rows.py --size full --folder benchmarks/results
    python benchmarks/gpu_rows.py --size full --folder results --cifar train.parquet:img:label

``--size tiny`` rehearses all of it on a CPU, with digits in the place of the other data sets.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from helpers.measure import BENCHMARKS
from helpers.results import circumstances, write_json

#: Seconds for all steps together.
BUDGET = 20 * 60


class Step(NamedTuple):
    """A step, and the seconds after which it is stopped."""

    name: str
    command: list[str]
    limit: float


class Size(NamedTuple):
    """What is trained.

    Attributes
    ----------
    train, cifar, reduce, certainty : str
        ``--size`` of these benchmarks.
    runs, cifar_runs : int
        Runs at each ratio of the study of MNIST, of CIFAR-10.
    """

    train: str
    cifar: str
    reduce: str
    certainty: str
    runs: int
    cifar_runs: int


SIZES = {
    "tiny": Size("tiny", "tiny", "tiny", "tiny", runs=20, cifar_runs=1),
    "full": Size("mnist-table", "full", "cifar", "mnist", runs=200, cifar_runs=8),
}


def main() -> None:
    arguments = parse()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "gpu-rows.json"
    done = read_report(report)
    deadline = time.monotonic() + arguments.budget
    for step in steps(arguments):
        if done.get(step.name, {}).get("exit_code") == 0:
            print(f"{step.name}: done before")
            continue
        done[step.name] = run_step(step, min(step.limit, deadline - time.monotonic()))
        # Without the device, which its own process would take the memory of.
        write_json(report, {**circumstances(), "steps": done})
    failed = [name for name, found in done.items() if found["exit_code"] != 0]
    print(f"failed or stopped: {', '.join(failed) or 'none'}")
    sys.exit(bool(failed))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="tiny", help="(default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("gpu-rows"), help="of the results")
    parser.add_argument("--mnist", help="where MNIST is, if not in the cache")
    parser.add_argument("--cifar", help="where CIFAR-10 is, if not in the cache")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds in all")
    return parser.parse_args()


def steps(arguments: argparse.Namespace) -> list[Step]:
    """The steps in the order of their worth: a sitting may end early."""
    size = SIZES[arguments.size]
    is_tiny = arguments.size == "tiny"
    mnist = "digits" if is_tiny else arguments.mnist or "mnist"
    cifar = "digits" if is_tiny else arguments.cifar or "cifar10"
    cube = str(arguments.folder / "mnist.zarr")
    cifar_cube = str(arguments.folder / "cifar10.zarr")
    study = ["--dataset", mnist, "--out", cube, "--runs", str(size.runs)]
    cifar_study = ["--dataset", cifar, "--out", cifar_cube, "--runs", str(size.cifar_runs)]
    if is_tiny:
        study += ["--epochs", "1"]
        cifar_study += ["--epochs", "1"]

    def benchmark(name: str, own_size: str, *flags: str) -> list[str]:
        out = arguments.folder / f"{name}-gpu.json"
        return [str(BENCHMARKS / f"{name}.py"), "--size", own_size, "--out", str(out), *flags]

    of_certainty = ["--repeats", "1"]
    of_cifar = [] if is_tiny else ["--train", cifar]
    if not is_tiny:
        of_certainty += ["--cubes", cube]
    found = [
        Step("mnist study", command("train_holdout", *study), 180),
        Step("train", benchmark("train", size.train, "--repeats", "2"), 300),
        Step(
            "cifar",
            benchmark("cifar", size.cifar, *of_cifar, "--parts", "all", "ratios", "lanes"),
            300,
        ),
        Step("cifar study", command("train_holdout", *cifar_study), 300),
        Step("mnist scores", command("reduce_cscores", cube), 60),
        Step("certainty", benchmark("certainty", size.certainty, *of_certainty), 120),
        Step("reduce", benchmark("reduce", size.reduce, "--repeats", "1"), 120),
    ]
    if not is_tiny:
        agreement = benchmark(
            "cifar", "full", *of_cifar, "--parts", "agreement", "--cube", cifar_cube
        )
        found.insert(4, Step("cifar agreement", agreement, 60))
    return found


def command(name: str, *flags: str) -> list[str]:
    """A command of the package as arguments of Python."""
    return ["-m", f"cscore_data.cli.{name}", *flags]


def run_step(step: Step, seconds: float) -> dict[str, Any]:
    """Run a step for so many seconds at most; returns its time and exit code."""
    print(f"{step.name}: {' '.join(step.command)}", flush=True)
    began = time.monotonic()
    code = 124
    if seconds > 0:
        code = exit_code([sys.executable, *step.command], seconds)
    elapsed = time.monotonic() - began
    print(f"{step.name}: {elapsed:.1f} s, exit code {code}", flush=True)
    return {"seconds": elapsed, "exit_code": code, "command": step.command}


def exit_code(arguments: Sequence[str], seconds: float) -> int:
    """The exit code of a process; 124 if it was stopped because it took too long."""
    try:
        return subprocess.run(arguments, timeout=seconds).returncode
    except subprocess.TimeoutExpired:
        return 124


def read_report(path: Path) -> dict[str, Any]:
    """The steps that were run before."""
    if not path.exists():
        return {}
    return dict(json.loads(path.read_text())["steps"])


if __name__ == "__main__":
    main()
