"""Whether a cube is what was written: every chunk against checksums, ledger, plan and data set."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from cscore_data.data import identity
from cscore_data.data.examples import Examples
from cscore_data.errors import reason
from cscore_data.schema import COORDINATES
from cscore_data.storage.cube import Cube
from cscore_data.storage.groups import open_group
from cscore_data.storage.metadata import (
    ROOT,
    array_documents,
    consolidated_documents,
    is_as_sealed,
    root_document,
)
from cscore_data.storage.metadata_checks import is_unfinished_extension
from cscore_data.storage.piece_checks import Verdict, check_piece, plan_of
from cscore_data.storage.pieces import Piece, run_chunks

#: How often metadata are read at most, if another process changes them meanwhile.
_ATTEMPTS = 10


class StoreFault(NamedTuple):
    """Something that is wrong with a cube besides its pieces.

    Attributes
    ----------
    text : str
        What was found.
    remedy : str
        What to do, if `Cube.extend` can put it right.
    """

    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return self.text


def verify_metadata(cube: Cube, *, examples: Examples | None = None) -> list[StoreFault]:
    """What is wrong with a cube's metadata and coordinates; reads everything but the results.

    Parameters
    ----------
    cube : Cube
    examples : Examples, optional
        The data set, to compare labels, file names and digest with.
    """
    for _ in range(_ATTEMPTS):
        faults = _faults(cube, examples)
        # Another process may add runs meanwhile.
        if not faults or not cube.refresh():
            break
    return faults


def _faults(cube: Cube, examples: Examples | None) -> list[StoreFault]:
    try:
        faults = [*_metadata_faults(cube)]
        faults += [StoreFault(text) for text in _coordinate_faults(cube.dataset)]
        if examples is not None:
            faults += [StoreFault(text) for text in _example_faults(cube.dataset, examples)]
    except Exception as error:  # a damaged chunk or file raises whatever its reader likes
        return [StoreFault(f"metadata or coordinates cannot be read ({reason(error)})")]
    return faults


def verify_pieces(cube: Cube) -> Iterator[Verdict]:
    """Read every chunk of a cube, piece by piece.

    Of runs that the ledger calls done, what is there must have the checksum that was written with
    them, `held_out` must be that of the plan, if the cube has one, and predictions must be classes
    of the cube. Processes that write to the cube meanwhile do no harm: the ledger is read first, as
    it is written last.

    Raises
    ------
    StoreError
        If the arrays cannot be opened.
    """
    arrays = cube.arrays()
    dataset = cube.dataset
    plan = plan_of(dataset)
    ratios = dataset["ratio"].values.tolist()
    classes = dataset.sizes.get("class")
    for start, stop in run_chunks(dataset):
        for index, ratio in enumerate(ratios):
            piece = Piece(ratio, index=index, start=start, stop=stop, pending=())
            yield check_piece(arrays, plan, piece, classes=classes)


def _metadata_faults(cube: Cube) -> Iterator[StoreFault]:
    # The consolidated metadata repeat those of the arrays.
    if not cube.folder.has(ROOT):
        yield StoreFault(f"it has no {ROOT}: a copy in Zarr format 2, which can only be read")
        return
    root = json.loads(cube.folder.read(ROOT))
    arrays = dict(open_group(cube.folder, mode="r", consolidated=False).arrays())
    stored = array_documents(cube.folder, arrays)
    consolidated = consolidated_documents(root)
    documents = {**consolidated, **stored}
    if not consolidated:
        yield StoreFault(
            f"{ROOT} does not repeat the metadata of the arrays", "--repair writes them again"
        )
    elif is_unfinished_extension(consolidated, stored):
        yield StoreFault(
            "making room for more runs was interrupted",
            "the same train-holdout completes it, and --repair takes it back",
        )
        documents = consolidated
    elif root != root_document(root["attributes"], documents):
        yield StoreFault(f"{ROOT} and those of the arrays do not say the same")

    # The digest covers all of them, and the values of coordinates.
    if not is_as_sealed(root["attributes"], documents, cube.dataset):
        yield StoreFault(
            "attributes, arrays' metadata or coordinates are not those that were written "
            "(metadata_digest)"
        )

    # The plan must still draw the same subsets.
    attrs = cube.dataset.attrs
    if "plan" in attrs:
        plan = plan_of(cube.dataset)
        if plan is None or plan.digest() != attrs.get("plan_digest"):
            yield StoreFault("plan and plan_digest do not belong together")


def _coordinate_faults(dataset: xr.Dataset) -> Iterator[str]:
    if not np.array_equal(dataset["run"].values, np.arange(dataset.sizes["run"])):
        yield "run is not 0, 1, …"
    if (np.diff(dataset["example"].values) <= 0).any():
        yield "example is not in ascending order"
    for name in COORDINATES:
        if name in dataset.coords:
            dataset[name].compute()  # raises if it is not there


def _example_faults(dataset: xr.Dataset, examples: Examples) -> list[str]:
    found = identity.of_dataset(dataset, "the cube")
    expected = identity.of_examples(examples)
    # The order's name may differ where the digest, which depends on it, does not.
    texts = []
    for difference in identity.differences(found, expected):
        if difference.kind != "order":
            texts.append(difference.text)
    return [*texts, *_filename_faults(found, expected)]


def _filename_faults(found: identity.Identity, expected: identity.Identity) -> Iterator[str]:
    a, b = found.filename, expected.filename
    if a is None or b is None or len(a) != len(b):
        return
    rows = np.flatnonzero(a != b)
    if rows.size:
        row = rows[0]
        yield (
            f"{rows.size} of {len(a)} file names differ between {found.name} and {expected.name} "
            f"(example {row}: {a[row]} and {b[row]})"
        )
