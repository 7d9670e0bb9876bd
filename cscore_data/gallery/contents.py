"""What a gallery shows: scores, their examples, and what else is known of them."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError


@dataclass(frozen=True)
class GalleryContents:
    """Scores and all that a page shows with them, every part in the order of the scores.

    Attributes
    ----------
    scores : xarray.Dataset
        `cscore` and `label` (example,), in memory, and any other variables (example,), each of
        which can be sorted by; `profile` and `held_out_count` (ratio, example), where they are
        known, are drawn.
    image : number (example, ...) or str (example,)
        Images, rows of features, or texts.
    name : str
        That of the data set.
    class_names : tuple of str
        Names of classes 0, 1, …; empty if they have none.
    votes : int (example, class), optional
        From `scores.votes.votes`; may be lazy.
    suspects : xarray.Dataset, optional
        From `scores.mislabelled.find_mislabelled`, in its own order.
    other : xarray.Dataset, optional
        A second set of scores of the same examples.
    helpers : xarray.Dataset, optional
        `helper` int (example, place), the index in the data set of those examples that help each
        one most, -1 for none, and `influence` float (example, place).

    Raises
    ------
    InvalidInputError
        If there are no labels, or parts have different lengths.
    """

    scores: xr.Dataset
    image: np.ndarray
    name: str
    class_names: tuple[str, ...] = ()
    votes: xr.DataArray | None = None
    suspects: xr.Dataset | None = None
    other: xr.Dataset | None = None
    helpers: xr.Dataset | None = None

    def __post_init__(self) -> None:
        if "label" not in self.scores.coords:
            raise InvalidInputError("scores: found no labels, expected label (example,)")
        lengths = {"image": len(self.image)}
        for part in ("votes", "suspects", "other", "helpers"):
            value = getattr(self, part)
            if value is not None:
                lengths[part] = value.sizes["example"]
        for part, length in lengths.items():
            if length != len(self):
                raise InvalidInputError(
                    f"{part}: found {length} examples, expected {len(self)}, as there are scores"
                )

    def __len__(self) -> int:
        return int(self.scores.sizes["example"])

    def class_name(self, label: int) -> str:
        """Name of a class, or its number if it has none."""
        if 0 <= label < len(self.class_names) and self.class_names[label].strip():
            return self.class_names[label]
        return str(label)
