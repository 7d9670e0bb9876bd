"""A labelled image set in memory, in its original order."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from cscore_data.data.validation import (
    as_labels,
    as_pixels,
    check_class_names,
    check_classes,
    check_filenames,
    check_images,
)


@dataclass(frozen=True)
class Examples:
    """A labelled image set, checked and ready for training.

    Parameters
    ----------
    name : str
        The name by which `sources.load_examples` loads it.
    image : (example, height, width[, channel]) or (example, feature), uint8 or float32
        uint8 pixels mean 0..255; floats are finite and used as they are. Other dtypes are converted
        where nothing is lost.
    label : int64 (example,)
        Classes, any whole numbers.
    order : str
        The order of examples: ``original`` is that of the data set's own files, ``tfds`` that of
        TensorFlow Datasets if nothing tells the original one.
    class_names : tuple of str
        Names of classes 0, 1, …; empty if they have none.
    filename : str (example,), optional
        Names of the examples' own files, all different.

    Raises
    ------
    InvalidInputError
        If images and labels do not fit together, or if nothing could be learned from them.

    Examples
    --------
    >>> import numpy as np
    >>> from cscore_data.data.examples import Examples
    >>> image = np.arange(4 * 2 * 2).reshape(4, 2, 2)
    >>> examples = Examples("tiny", image, label=[5, 9, 9, 5])
    >>> len(examples), examples.image.dtype
    (4, dtype('uint8'))
    >>> examples.classes
    array([5, 9])
    >>> examples.class_index()
    array([0, 1, 1, 0])
    """

    name: str
    image: np.ndarray = field(repr=False)
    label: np.ndarray = field(repr=False)
    order: str = "original"
    class_names: tuple[str, ...] = ()
    filename: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        image = as_pixels(self.name, np.asarray(self.image))
        label = as_labels(self.name, np.asarray(self.label))
        check_images(self.name, image, len(label))
        check_classes(self.name, label)
        check_class_names(self.name, label, self.class_names)
        check_filenames(self.name, self.filename, len(label))
        object.__setattr__(self, "image", image)
        object.__setattr__(self, "label", label)

    def __len__(self) -> int:
        return len(self.label)

    @property
    def classes(self) -> np.ndarray:
        """The distinct labels, sorted: int64 (class,)."""
        return np.unique(self.label)

    def class_index(self) -> np.ndarray:
        """Labels as 0..classes-1, as a network needs them: int64 (example,)."""
        _, index = np.unique(self.label, return_inverse=True)
        return index

    def digest(self) -> str:
        """SHA-256 of dtypes, shapes, pixels and labels, in this order of examples."""
        sha = hashlib.sha256()
        for array in (self.image, self.label):
            # The same on machines of either byte order.
            little_endian = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            sha.update(f"{little_endian.dtype.str}{little_endian.shape}".encode())
            sha.update(little_endian.data)
        return sha.hexdigest()
