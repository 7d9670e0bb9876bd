"""Labels of images from a csv file in the same folder."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from cscore_data.data.csv_tables import read_csv_table
from cscore_data.data.table_source import TableSource, as_array, label_column, usual_label
from cscore_data.errors import InvalidInputError

if TYPE_CHECKING:
    import pyarrow

#: Names of the column with the file names; the library `datasets` wants the second one.
_FILE_COLUMNS = ("filename", "file_name", "file", "path", "image", "image_id", "id")


def find_label_file(folders: Sequence[Path], label: str | None) -> Path | None:
    """The csv file with the columns of file names and labels in one of some folders, if any.

    Parameters
    ----------
    folders : sequence of Path
        The first one that has such a file counts.
    label : str, optional
        Column with the labels; by default one with a usual name.

    Raises
    ------
    InvalidInputError
        If there are several, or one cannot be read.
    """
    for folder in folders:
        fitting = []
        for file in sorted([*folder.glob("[!.]*.csv"), *folder.glob("[!.]*.tsv")]):
            schema = read_csv_table(file).schema
            has_label = label in schema.names or (label is None and usual_label(schema) is not None)
            if has_label and _file_column(schema) is not None:
                fitting.append(file)
        if len(fitting) > 1:
            names = ", ".join(file.name for file in fitting)
            raise InvalidInputError(
                f"{folder}: found labels in {names}, expected one csv file; move the others away"
            )
        if fitting:
            return fitting[0]
    return None


def read_label_file(
    path: Path, images: Sequence[str], label: str | None
) -> tuple[list[str], np.ndarray]:
    """Read which images are examples, and their labels.

    Parameters
    ----------
    path : Path
    images : sequence of str
        Paths of the images that there are. The csv file may name them by their path, by the name of
        their file, or by that without its suffix, as long as only one image has this name.
    label : str, optional
        Column with the labels.

    Returns
    -------
    names : list of str (example,)
        In the order of the csv file, each one of `images`.
    label : array (example,)
        As the csv file has them; None where it has none.

    Raises
    ------
    InvalidInputError
        If an image is not there or is listed twice.
    """
    # 007.png may be written as 007.
    table = read_csv_table(path, texts=_FILE_COLUMNS)
    source = TableSource(str(path), table.schema, table.select)
    label = label_column(source, label)
    column = _file_column(table.schema)
    written = [name or "" for name in table[column].to_pylist()]

    known = _by_any_name(images)
    missing = [name for name in written if _normal(name) not in known]
    if missing:
        raise InvalidInputError(
            f"{path}: {len(missing)} of {len(written)} images are not there (the first: "
            f"{missing[0]}); correct the names in column {column}, or remove these rows"
        )
    names = [known[_normal(name)] for name in written]
    if len(set(names)) < len(names):
        twice = [name for name, times in Counter(names).items() if times > 1]
        raise InvalidInputError(
            f"{path}: {len(twice)} images are listed more than once (the first: {twice[0]}); keep "
            "one row for each image"
        )
    return names, as_array(table[label])


def _file_column(schema: "pyarrow.Schema") -> str | None:
    for name in _FILE_COLUMNS:
        if schema.names.count(name) == 1:
            return name
    return None


def _by_any_name(images: Sequence[str]) -> dict[str, str]:
    """Images by each name that a csv file may give them, if no other image has that name."""
    known = {image: image for image in images}
    for shorten in (_file_name, _stem):
        short: dict[str, str | None] = {}
        for image in images:
            name = shorten(image)
            short[name] = None if name in short else image
        for name, only_image in short.items():
            if only_image is not None:
                known.setdefault(name, only_image)
    return known


def _file_name(image: str) -> str:
    return PurePosixPath(image).name


def _stem(image: str) -> str:
    return PurePosixPath(image).stem


def _normal(name: str) -> str:
    """A file name with slashes, without ``./`` at its beginning."""
    return name.strip().replace("\\", "/").removeprefix("./")
