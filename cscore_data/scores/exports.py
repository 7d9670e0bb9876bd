"""Scores exported to files of other programs: npz, npy, csv, parquet."""

import json
import os
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError, StoreError, reason
from cscore_data.scores.citations import citations
from cscore_data.scores.statistics import STATISTICS
from cscore_data.storage.folder import local_path

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a table in front of the statistics, if scores have them.
_FIRST_COLUMNS = ("label", "label_name", "filename")

#: Attributes of scores that go with a parquet file.
_ORIGIN = ("title", "dataset", "source", "example_order", "example_digest", "plan", "recipe")


def export_scores(scores: xr.Dataset, path: str | Path) -> None:
    """Write scores to a file in the form that its suffix names, all at once.

    Parameters
    ----------
    scores : xarray.Dataset
        With `cscore` (example,) and, unless the file is npy, `label` (example,).
    path : path
        ``.npz``: arrays `labels` int64 and `scores` float64, as in the authors' published files,
        and `example` int64 if the scores are not those of examples 0, 1, 2 and so on;
        ``.npy``: the scores alone, float64, as their MNIST demo saved them; ``.csv`` and
        ``.parquet``: a row for each example with `example`, `label`, and `label_name` and
        `filename` where they are known, and then every statistic that is a number for each example,
        in the order of `STATISTICS`. A parquet file says in the entry `cscore_data` of its schema's
        metadata, as JSON, where the scores come from, how to cite them, what the columns mean and
        what the classes are called. A file that is there is replaced.

    Raises
    ------
    InvalidInputError
        If the suffix is another, or there are no scores or no labels.
    StoreError
        If the file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from cscore_data.scores.files import read_scores
    >>> from cscore_data.scores.reduce import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> scores = reduce_cube(make_cube(runs=50))
    >>> with TemporaryDirectory() as directory:
    ...     path = Path(directory) / "scores.npz"
    ...     export_scores(scores, path)
    ...     bool((read_scores(path)["cscore"] == scores["cscore"]).all())
    True
    """
    path = check_suffix(path)
    # A DataArray has no data_vars.
    if "cscore" not in getattr(scores, "data_vars", ()):
        raise InvalidInputError(
            f"export: found {type(scores).__name__} without cscore, expected xarray.Dataset with it"
        )
    writer = WRITERS[path.suffix]
    if writer is not _write_npy and "label" not in scores.variables:
        raise InvalidInputError(
            f"export: the scores have no label (example,), which {path.suffix} files hold; add it, "
            "or export to npy"
        )
    with replacing(path) as partial:
        writer(scores, partial)


def check_suffix(path: str | Path) -> Path:
    """The path, if `export_scores` can write a file of this name, or `InvalidInputError`."""
    return path_with_suffix(path, "export", WRITERS)


def path_with_suffix(path: str | Path, name: str, suffixes: Collection[str]) -> Path:
    """The path of a file to write, if it ends in one of these.

    Parameters
    ----------
    path : path or URL of a local file
    name : str
        What messages call it.
    suffixes : collection of str

    Raises
    ------
    InvalidInputError
        If it has another suffix, or is another URL.
    """
    path = local_path(path, name)
    if path.suffix not in suffixes:
        raise InvalidInputError(
            f"{name}: found {str(path)!r}, expected a file name ending in {', '.join(suffixes)}"
        )
    return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, next to `path`, whose name it takes at the end if nothing failed.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    # As open does, write through a link.
    path = Path(os.path.realpath(path))
    # The suffix stays the last one: numpy would append its own.
    partial = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except (OSError, ValueError) as error:  # ValueError: of text that is no Unicode
        raise StoreError(
            f"{path}: cannot be written ({reason(error)}); choose another place"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _write_npz(scores: xr.Dataset, path: Path) -> None:
    label = scores["label"].values.astype(np.int64)
    example = scores["example"].values
    if np.array_equal(example, np.arange(len(example))):
        np.savez_compressed(path, labels=label, scores=_values(scores))
    else:
        np.savez_compressed(path, labels=label, scores=_values(scores), example=example)


def _write_npy(scores: xr.Dataset, path: Path) -> None:
    np.save(path, _values(scores), allow_pickle=False)


def _write_csv(scores: xr.Dataset, path: Path) -> None:
    score_table(scores).to_csv(path, index=False)


def _write_parquet(scores: xr.Dataset, path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pandas(score_table(scores), preserve_index=False)
    about = json.dumps(_about(scores, table.column_names)).encode()
    metadata = {**(table.schema.metadata or {}), b"cscore_data": about}
    parquet.write_table(table.replace_schema_metadata(metadata), path)


def _about(scores: xr.Dataset, columns: list[str]) -> dict[str, Any]:
    """What a reader of a table of scores should know and the columns do not say."""
    about: dict[str, Any] = {}
    for name in _ORIGIN:
        if name in scores.attrs:
            about[name] = str(scores.attrs[name])
    about["citation"] = citations(scores)
    about["columns"] = {name: str(scores[name].attrs.get("long_name", "")) for name in columns}
    about["class_names"] = {str(label): name for label, name in class_names(scores).items()}
    return about


#: To add a format of exported files, write a writer and add an entry here.
WRITERS: dict[str, Callable[[xr.Dataset, Path], None]] = {
    ".npz": _write_npz,
    ".npy": _write_npy,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}


def _values(scores: xr.Dataset) -> np.ndarray:
    return scores["cscore"].values.astype(np.float64)


def score_table(scores: xr.Dataset) -> "pd.DataFrame":
    """A row for each example: which one it is, then its statistics."""
    import pandas as pd

    # A name that comes twice keeps its first place.
    names = ["example", *_FIRST_COLUMNS, *STATISTICS, *map(str, scores.data_vars)]
    columns = {}
    for name in names:
        if name in scores.variables and scores[name].dims == ("example",):
            columns[name] = table_column(scores[name].values)
    return pd.DataFrame(columns)


def class_names(scores: xr.Dataset) -> dict[int, str]:
    """Names of the classes that examples have, by label and sorted; empty if they have none."""
    if "label" not in scores.variables or "label_name" not in scores.variables:
        return {}
    label, first = np.unique(scores["label"].values, return_index=True)
    names = scores["label_name"].values[first]
    return dict(zip(label.tolist(), map(str, names), strict=True))


def table_column(values: np.ndarray) -> np.ndarray:
    """Values as a column for pandas, which does not know numpy's own strings of any length."""
    return values.astype(object) if values.dtype.kind == "T" else values
