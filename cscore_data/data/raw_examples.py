"""A data set as its files hold it: what every reader returns, before anything is checked."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

import numpy as np


@dataclass(frozen=True, eq=False)
class RawExamples:
    """A data set as its files hold it; the fields have the same meaning as in `examples.Examples`.

    Attributes
    ----------
    image : array (example, height, width[, channel]) or (example, feature), or None
        None if features are still to be made of `text`.
    label : array (example,)
    class_names : tuple of str
    filename : str (example,), optional
    order : str
    text : str (example,), optional
    index : int64 (example,), optional
    group : int64 (example,), optional
    notes : tuple of str
    """

    image: np.ndarray | None
    label: np.ndarray
    class_names: tuple[str, ...] = ()
    filename: np.ndarray | None = None
    order: str = "original"
    text: np.ndarray | None = None
    index: np.ndarray | None = None
    group: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def as_fields(self) -> dict[str, Any]:
        """The fields by name, as `Examples` takes them."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def changed(self, **fields: Any) -> Self:
        """The same with other values of some fields."""
        return dataclasses.replace(self, **fields)

    def rows(self, kept: np.ndarray) -> Self:
        """Only some examples, with their row numbers in the source as `index`.

        Parameters
        ----------
        kept : bool (example,)
        """
        index = self.index
        if index is None:
            index = np.arange(len(kept))
        chosen = {"index": index[kept]}
        for field in ("image", "label", "filename", "text", "group"):
            values = getattr(self, field)
            if values is not None:
                chosen[field] = values[kept]
        return self.changed(**chosen)
