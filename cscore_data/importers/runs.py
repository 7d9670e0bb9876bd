"""Somebody's runs as an importer finds them: what there is, and a way to read it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from cscore_data.data.order import tfds_permutation
from cscore_data.errors import InvalidInputError
from cscore_data.schema import CELL_VARIABLES, cube_template
from cscore_data.storage.pieces import Piece

#: The orders that the examples of somebody's runs may have.
ORDERS = ("original", "tfds")


@dataclass(frozen=True, eq=False)
class KnownExamples:
    """What is known of a data set apart from the runs, in its original order.

    Attributes
    ----------
    label : int (example,), optional
        Where it is missing, the runs themselves must have it.
    test_label : int (test_example,), optional
        Without it, results on test examples are left out.
    filename : str (example,), optional
    class_names : tuple of str
        Of classes 0, 1, …; empty if they have none.
    attrs : mapping of str to str
        Attributes of the cube that say which data set it is.
    """

    label: np.ndarray | None = None
    test_label: np.ndarray | None = None
    filename: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    attrs: Mapping[str, str] = field(default_factory=dict)

    def require_label(self, source: object) -> np.ndarray:
        """The labels; `InvalidInputError` if there are none."""
        if self.label is None:
            raise InvalidInputError(
                f"{source}: found no labels of the examples; give the data set (--dataset), or "
                "labels (--labels FILE[:KEY], label=ARRAY in Python)"
            )
        return self.label


class RunBlock(NamedTuple):
    """Some runs at one ratio.

    Attributes
    ----------
    ratio : int
        Place of the ratio in `Runs.ratios`.
    runs : tuple of int
    names : tuple of str
        What to call each of them in messages.
    rows : dict of str to array (run, example) or (run, test_example)
        By names of `schema.CELL_VARIABLES`.
    """

    ratio: int
    runs: tuple[int, ...]
    names: tuple[str, ...]
    rows: dict[str, np.ndarray]


class Refused(NamedTuple):
    """A run that cannot be imported, and why: one line that names it."""

    text: str


#: What `Runs.read` gives, for the pieces that it gets.
Found = Iterator[RunBlock | Refused]


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of one study, not read yet.

    Attributes
    ----------
    ratios : tuple of float
        Ascending.
    counts : tuple of int
        How many runs there are at each ratio, those that are missing in between included.
    examples : KnownExamples
        With labels.
    variables : tuple of str
        Names of `schema.CELL_VARIABLES` of which each run has a row.
    read : callable
        ``read(pieces)`` reads the pending runs of pieces of a cube with these ratios; those that
        there are not are passed over.
    in_pieces : bool
        Each block has all runs of its piece; False for a stream, which has them in any order.
    is_drawn : bool
        Each example was drawn by itself, so that sizes of subsets vary (`ratios.fits`).
    order : {"original", "tfds"}
        The order of examples in the rows.
    attrs : mapping of str to str
        Attributes of the cube that say what the runs are.
    notes : tuple of str
        What a user should know, a line each.
    margin_meaning : str
        What a margin is, if it is something other than log p/(1-p).
    held_out : callable, optional
        ``held_out(runs)`` reads what each of these runs did not train on, bool (example,), if it is
        there. For runs at one ratio that are numbered by their place among others: if others are
        put in between later, they have other numbers.
    """

    ratios: tuple[float, ...]
    counts: tuple[int, ...]
    examples: KnownExamples
    variables: tuple[str, ...]
    read: Callable[[Sequence[Piece]], Found]
    in_pieces: bool = True
    is_drawn: bool = False
    order: str = "original"
    attrs: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    margin_meaning: str = ""
    held_out: Callable[[Sequence[int]], dict[int, np.ndarray]] | None = None

    def template(self, runs_per_chunk: int) -> xr.Dataset:
        """An empty cube for these runs, as `schema.cube_template` makes it."""
        examples = self.examples
        # A test split of which the runs say nothing has no place in the cube.
        test_label = examples.test_label if "test_correct" in self.variables else None
        has_more = any("margin" in name or "prediction" in name for name in self.variables)
        template = cube_template(
            self.ratios,
            max(self.counts),
            examples.require_label("runs"),
            runs_per_chunk=runs_per_chunk,
            filename=examples.filename,
            record="margin" if has_more else "correct",
            class_names=examples.class_names,
            test_label=test_label,
            attrs={"title": "Imported runs", **examples.attrs, **self.attrs},
        )
        for name in ("margin", "test_margin"):
            if self.margin_meaning and name in template:
                template[name].attrs["long_name"] = self.margin_meaning
        others = [name for name in CELL_VARIABLES if name not in self.variables]
        return template.drop_vars(others, errors="ignore")

    def in_original_order(self) -> "Runs":
        """The same runs with the examples of all rows in original order."""
        if self.order == "original":
            return self
        read = self.read
        places = {}
        for dim, label in (("example", self.examples.label), ("test", self.examples.test_label)):
            if label is not None:
                split = "train" if dim == "example" else "test"
                places[dim] = np.argsort(tfds_permutation(len(label), split=split))

        def reordered(pieces: Sequence[Piece]) -> Found:
            for found in read(pieces):
                if isinstance(found, RunBlock):
                    rows = {}
                    for name, values in found.rows.items():
                        dim = "test" if name.startswith("test_") else "example"
                        rows[name] = values[:, places[dim]]
                    found = found._replace(rows=rows)
                yield found

        held_out = self.held_out
        if held_out is None:
            return replace(self, read=reordered, order="original")

        def reordered_masks(runs: Sequence[int]) -> dict[int, np.ndarray]:
            return {run: mask[places["example"]] for run, mask in held_out(runs).items()}

        return replace(self, read=reordered, held_out=reordered_masks, order="original")


def number_of_runs(found: int, wanted: int | None) -> int:
    """How many runs to import of those that are there.

    Raises
    ------
    InvalidInputError
        If none are wanted, or none are there.
    """
    if wanted is not None and wanted < 1:
        raise InvalidInputError(f"runs: found {wanted}, expected at least 1")
    if not found:
        raise InvalidInputError("runs: found none, expected at least one")
    return found if wanted is None else min(found, wanted)


def check_order(order: str | None) -> str:
    """The order of examples, `original` by default; `InvalidInputError` if there is no such one."""
    if order is not None and order not in ORDERS:
        raise InvalidInputError(f"order: found {order!r}, expected {' or '.join(ORDERS)}")
    return order or "original"
