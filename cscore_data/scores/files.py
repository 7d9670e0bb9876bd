"""Scores on disk: written as a Zarr store, and read from one or from other programs' files."""

from pathlib import Path

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError, StoreError, StoreExistsError, reason
from cscore_data.scores.file_readers import READERS, check_examples, read_score_file
from cscore_data.scores.published import NAMES, load_published
from cscore_data.scores.statistics import validate_scores
from cscore_data.storage.folder import folder
from cscore_data.storage.wholeness import is_cube
from cscore_data.storage.zarr_store import is_unfinished, open_store, write_store

#: Attributes that tell one study, or one published file, from another.
_STUDY = (
    "title",
    "dataset",
    "example_order",
    "example_digest",
    "plan",
    "recipe",
    "source",
    "digest",
)


def save_scores(scores: xr.Dataset, path: str | Path, *, overwrite: bool = False) -> None:
    """Write scores as a Zarr store, all at once, replacing those of the same study.

    Parameters
    ----------
    scores : xarray.Dataset
    path : path or URL
    overwrite : bool
        Also replace scores of another study.

    Raises
    ------
    StoreExistsError
        If scores of another study are there, and `overwrite` is False.
    StoreError
        If something other than scores is there, or the store cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from cscore_data.scores.reduce import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> scores = reduce_cube(make_cube())
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "scores.zarr"
    ...     save_scores(scores, path)
    ...     open_scores(path).load().equals(scores)
    True
    """
    validate_scores(scores)
    check_destination(scores, path, overwrite=overwrite)
    write_store(path, scores.compute(), overwrite=True)


def check_destination(scores: xr.Dataset, path: str | Path, *, overwrite: bool = False) -> None:
    """Check that `save_scores` may write scores to this place; no data are computed.

    Raises
    ------
    StoreError
        If it may not.
    """
    # In an object store, an interrupted call of `save_scores` may have left a part of the scores.
    names = set(map(str, scores.variables))
    if not folder(path).exists() or is_unfinished(path, names):
        return
    if is_cube(open_store(path)):
        raise StoreExistsError(
            f"{path}: this is a cube of runs, not scores; choose another place for the scores"
        )
    present = open_scores(path)
    # Scores that are damaged can be replaced on demand, and are not read then.
    differing = [] if overwrite else _differing_attributes(present, scores)
    if differing:
        raise StoreExistsError(
            f"{path}: exists already, with scores of another study (other {', '.join(differing)}); "
            "choose another place, or replace them with --overwrite (overwrite=True)"
        )


def _differing_attributes(a: xr.Dataset, b: xr.Dataset) -> list[str]:
    """What shows that two sets of scores are of different studies; empty if nothing does."""
    found = []
    for name in _STUDY:
        values = [scores.attrs.get(name) for scores in (a, b)]
        if None not in values and values[0] != values[1]:
            found.append(name)
    same_size = a.sizes["example"] == b.sizes["example"]
    have_labels = "label" in a.coords and "label" in b.coords
    if same_size and have_labels and not np.array_equal(a["label"], b["label"]):
        found.append("labels")
    return found


def open_scores(path: str | Path) -> xr.Dataset:
    """Open a store of scores lazily.

    Parameters
    ----------
    path : path or URL

    Returns
    -------
    xarray.Dataset
        `cscore` float (example,) and whatever else of the format the store holds, lazy.

    Raises
    ------
    StoreError
        If there is nothing that can be read, or the store does not hold scores.
    InvalidInputError
        If it holds several scores of one example.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from cscore_data.scores.reduce import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "scores.zarr"
    ...     save_scores(reduce_cube(make_cube(examples=12)), path)
    ...     scores = open_scores(path)
    >>> dict(scores["profile"].sizes)
    {'ratio': 3, 'example': 12}
    """
    scores = open_store(path)
    if is_cube(scores):
        raise StoreError(
            f"{path}: this is a cube of runs, not scores; reduce-cscores makes scores of it"
        )
    try:
        validate_scores(scores)
    except InvalidInputError as error:
        raise StoreError(f"{path}: this store does not hold scores ({reason(error)})") from error
    check_examples(path, scores["example"].values)
    return scores


def read_scores(source: str | Path) -> xr.Dataset:
    r"""Read scores from anywhere: a published name, a scores store, or another program's file.

    Parameters
    ----------
    source : str or path
        A name that `load_published` knows; a path or URL written by `save_scores`; or a file.
        ``.npz``: 1-d arrays `scores` and optionally `labels` and `filenames`, as in the authors'
        published files; ``.npy``: the scores alone; ``.csv`` with a header and ``.parquet``: a row
        for each example. Arrays and columns may be called `cscore`, `score` or `scores`, or by one
        of the names in `score_names.SENSES`, such as `tr_mem`, `memorization` or `el2n`, whose
        scores are turned round; `label` or `labels`; `filename` or `filenames`; `example` (index in
        the data set's original order); others are ignored.

    Returns
    -------
    xarray.Dataset
        `cscore` float64 (example,), NaN where there is no score, with the coordinates `example`
        (the row, unless the file says) and, where the file has them, `label` and `filename`. A
        store opens lazily, a file is in memory.

    Raises
    ------
    InvalidInputError
        If the file does not hold scores in such a form.
    StoreError
        If there is nothing that can be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "scores.csv"
    ...     _ = path.write_text("example,label,score\n7,1,0.25\n3,2,0.5\n")
    ...     scores = read_scores(path)
    >>> scores["cscore"].values, scores["example"].values
    (array([0.25, 0.5 ]), array([7, 3]))
    """
    text = str(source).removeprefix("file://")
    if text in NAMES:
        return load_published(text)
    path = Path(text)
    if "://" in text:
        if path.suffix in READERS:
            raise InvalidInputError(
                f"{text}: found a file behind a URL, expected a scores store there or a file on a "
                "disk; copy it to one"
            )
        return open_scores(text)
    if not path.exists():
        raise StoreError(
            f"{path}: no such store or file, and not a published name ({', '.join(NAMES)})"
        )
    if path.is_dir():
        return open_scores(path)
    return read_score_file(path)
