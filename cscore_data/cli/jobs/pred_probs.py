"""Predicted probabilities of classes as a file, as cleanlab takes them."""

from pathlib import Path

import numpy as np
import xarray as xr

from cscore_data.cli.output import printable
from cscore_data.errors import InvalidInputError
from cscore_data.scores.exports import replacing
from cscore_data.scores.votes import has_votes, held_out_probability
from cscore_data.storage.folder import local_path


def check_pred_probs(path: str, cube: xr.Dataset) -> None:
    """Check that `export_pred_probs` can write this file of this cube.

    Raises
    ------
    InvalidInputError
        If the suffix is another, or the cube has no predictions.
    """
    if local_path(path, "export-pred-probs").suffix != ".npy":
        raise InvalidInputError(f"export-pred-probs: found {path!r}, expected FILE.npy")
    if not has_votes(cube):
        raise InvalidInputError(
            "export-pred-probs: the cube has no predictions, only whether they are right; train "
            "one with train-holdout --record margin"
        )


def export_pred_probs(cube: xr.Dataset, path: str) -> None:
    """Write the held-out votes as shares, float64 (example, class), and the classes beside them.

    Files that are there are replaced.

    Raises
    ------
    StoreError
        If a file cannot be written.
    """
    file = local_path(path, "export-pred-probs")
    shares = held_out_probability(cube).transpose("example", "class").values
    coord = "class_name" if "class_name" in cube.coords else "class"
    # A line for each class, whatever is in its name.
    lines = [printable(str(name)) for name in cube[coord].values]
    with replacing(file) as partial:
        np.save(partial, shares, allow_pickle=False)
    with replacing(classes_file(file)) as partial:
        partial.write_text("\n".join([*lines, ""]), encoding="utf-8")


def classes_file(path: Path) -> Path:
    """The file with the names of the classes, next to that of the probabilities."""
    return path.with_suffix(".classes.txt")
