"""Labels as commands print them: names of classes where they are known, else numbers."""

from collections.abc import Iterable, Mapping

import xarray as xr

from cscore_data.cli.output import printable
from cscore_data.errors import shortened

#: Characters of a name that a table shows.
_LONGEST = 30


def names_by_label(*datasets: xr.Dataset) -> dict[int, str]:
    """The names of classes that cubes or scores have, by label; the first that has them counts.

    Examples
    --------
    >>> coords = {"class": [0, 2], "class_name": ("class", ["cat", "dog"])}
    >>> names_by_label(xr.Dataset(coords=coords))
    {0: 'cat', 2: 'dog'}
    """
    for dataset in datasets:
        if {"class", "class_name"} <= set(dataset.coords):
            names = map(str, dataset["class_name"].values)
            return dict(zip(dataset["class"].values.tolist(), names, strict=True))
    return {}


def label_texts(labels: Iterable[int], names: Mapping[int, str]) -> list[str]:
    r"""What a table shows for these labels.

    Examples
    --------
    >>> label_texts([0, 1], {0: "cat\n"})
    ['cat\\n', '1']
    """
    texts = []
    for label in labels:
        text = printable(names.get(int(label), "")) or str(label)
        texts.append(shortened(text, _LONGEST))
    return texts
