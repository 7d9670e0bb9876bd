"""Are these the same examples? One judge for scores, cubes and data sets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from cscore_data.data.examples import Examples
from cscore_data.errors import MismatchError

if TYPE_CHECKING:
    import xarray as xr

#: Differing labels that a message shows.
_SHOWN = 3


@dataclass(frozen=True, eq=False)
class Identity:
    """What tells which examples something is about; None where it does not say.

    Attributes
    ----------
    name : str
        What to call it in messages, such as ``the scores``.
    size : int
        Number of examples.
    label : int (example,), optional
    digest : str, optional
        That of `Examples.digest`.
    order : str, optional
        That of `Examples.order`.
    filename : str (example,), optional
    example : int (example,), optional
        Index of each row in original order; by default they are counted.
    """

    name: str
    size: int
    label: np.ndarray | None = field(default=None, repr=False)
    digest: str | None = None
    order: str | None = None
    filename: np.ndarray | None = field(default=None, repr=False)
    example: np.ndarray | None = field(default=None, repr=False)


class Difference(NamedTuple):
    """One thing in which two identities differ.

    Attributes
    ----------
    kind : {"size", "order", "label", "digest"}
    text : str
        A clause that says what was found on both sides.
    """

    kind: Literal["size", "order", "label", "digest"]
    text: str


def of_dataset(dataset: "xr.Dataset", name: str) -> Identity:
    """Identity of the examples of scores or of a cube.

    Parameters
    ----------
    dataset : xarray.Dataset
        Only coordinates (example,) and attributes are read; variables stay lazy.
    name : str
        What to call it in messages.
    """
    coords = {}
    for coord in ("label", "filename", "example"):
        if coord in dataset.coords:
            coords[coord] = dataset[coord].values
    return Identity(
        name,
        dataset.sizes["example"],
        label=coords.get("label"),
        digest=dataset.attrs.get("example_digest"),
        order=dataset.attrs.get("example_order"),
        filename=coords.get("filename"),
        example=coords.get("example"),
    )


def of_examples(examples: Examples) -> Identity:
    """Identity of a data set; reads all pixels for its digest."""
    return Identity(
        examples.name,
        len(examples),
        label=examples.label,
        digest=examples.digest(),
        order=examples.order,
        filename=examples.filename,
        example=examples.index,
    )


def differences(a: Identity, b: Identity) -> list[Difference]:
    """Everything in which two identities contradict each other, row by row.

    What only one side says is no contradiction.

    Parameters
    ----------
    a, b : Identity

    Returns
    -------
    list of Difference
        Empty if these may be the same examples. Labels are compared only if there are as many on
        both sides.

    Examples
    --------
    >>> import numpy as np
    >>> scores = Identity("the scores", 3, label=np.array([0, 1, 1]))
    >>> data = Identity("mine", 3, label=np.array([0, 2, 1]), order="original")
    >>> for difference in differences(scores, data):
    ...     print(difference.text)
    1 of 3 labels differ between the scores and mine (example 1: 1 and 2)
    """
    return list(_contradictions(a, b))


def check_same(a: Identity, b: Identity, *, remedy: str) -> None:
    """Check that two identities may be of the same examples, row by row.

    The names of their orders are not compared: scores in the order of TFDS that were sorted by
    their example are in original order.

    Parameters
    ----------
    a, b : Identity
    remedy : str
        What to do, the end of the message.

    Raises
    ------
    MismatchError
        At the first difference.
    """
    for difference in differences(a, b):
        if difference.kind != "order":
            raise MismatchError(f"{difference.text}; {remedy}")


def _contradictions(a: Identity, b: Identity) -> Iterator[Difference]:
    if a.size != b.size:
        yield Difference("size", f"found {a.size} examples in {a.name}, {b.size} in {b.name}")
    if a.order is not None and b.order is not None and a.order != b.order:
        yield Difference("order", f"found {a.order} order in {a.name}, {b.order} in {b.name}")
    # Only rows that correspond can be compared.
    if a.label is not None and b.label is not None and a.size == b.size:
        rows = np.flatnonzero(a.label != b.label)
        if rows.size:
            row_names = _name_rows(a, b, rows[:_SHOWN])
            shown = []
            for row, name in zip(rows, row_names, strict=False):
                shown.append(f"{name}: {a.label[row]} and {b.label[row]}")
            yield Difference(
                "label",
                f"{rows.size} of {a.size} labels differ between {a.name} and {b.name} "
                f"({', '.join(shown)})",
            )
    if a.digest is not None and b.digest is not None and a.digest != b.digest:
        yield Difference(
            "digest",
            f"the images or their order differ between {a.name} and {b.name} (example_digest "
            f"{a.digest} and {b.digest})",
        )


def _name_rows(a: Identity, b: Identity, rows: np.ndarray) -> list[str]:
    """Names of rows for a message: file names if both sides have them, else example numbers."""
    if a.filename is not None and b.filename is not None:
        return [f"{a.filename[row]}" for row in rows]
    if a.example is not None:
        return [f"example {a.example[row]}" for row in rows]
    return [f"example {row}" for row in rows]
