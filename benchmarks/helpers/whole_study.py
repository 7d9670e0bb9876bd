"""A whole study as a user meets it: `train-holdout` in a process of its own."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cscore_data import held_out_accuracy, open_cube
from helpers.measure import seconds


def time_study(
    dataset: str, ratios: Sequence[float], runs: int, epochs: int | None
) -> dict[str, Any]:
    """Seconds of `train-holdout` from its start to the complete cube, and held-out accuracy."""
    flags = ["--dataset", dataset, "--runs", str(runs)]
    flags += ["--ratios", *map(str, ratios)]
    if epochs is not None:
        flags += ["--epochs", str(epochs)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cube.zarr"
        # With an empty cache of compiled programs.
        cache = Path(folder) / "compiled"
        elapsed = seconds(lambda: _train([*flags, "--out", str(path)], cache))
        with open_cube(path) as cube:
            if not cube["done"].all():
                raise RuntimeError(f"{path}: found an incomplete cube after train-holdout")
            accuracy = held_out_accuracy(cube).values.tolist()
    return {
        "command": shlex.join(["train-holdout", *flags]),
        "models": len(ratios) * runs,
        "seconds": elapsed,
        "held_out_accuracy": accuracy,
    }


def print_study(study: dict[str, Any]) -> None:
    """Print what `time_study` has found."""
    accuracy = " ".join(f"{value:.4f}" for value in study["held_out_accuracy"])
    print(
        f"{study['command']}: {study['models']} models, "
        f"{study['seconds']:.1f} s from start to complete cube"
    )
    print(f"held-out accuracy by ratio: {accuracy}")


def _train(arguments: list[str], cache: Path) -> None:
    command = [sys.executable, "-m", "cscore_data.cli.train_holdout", *arguments]
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(cache)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
