"""A labelled data set in memory, in its original order."""

from dataclasses import dataclass, field

import numpy as np

from cscore_data.data.array_digest import array_digest
from cscore_data.data.duplicates import describe_copies, group_copies
from cscore_data.data.labels import as_labels
from cscore_data.data.memory_constructors import MemoryConstructors
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.validation import (
    as_pixels,
    check_class_names,
    check_classes,
    check_each_image,
    check_filenames,
    check_images,
    check_per_example,
    class_notes,
)


@dataclass(frozen=True)
class Examples(MemoryConstructors):
    """A labelled data set, checked and ready for training: images, or rows of features.

    Parameters
    ----------
    name : str
        The name by which `sources.load_examples` loads it.
    image : (example, height, width[, channel]) or (example, feature), uint8 or float32
        uint8 pixels mean 0..255; floats are finite and used as they are. Other dtypes are converted
        where nothing is lost.
    label : int64 (example,)
        Classes, any whole numbers. Strings, bools and one-hot rows are converted as
        `labels.as_labels` does.
    order : str
        The order of examples: ``original`` is that of the data set's own files, ``tfds`` that of
        TensorFlow Datasets if nothing tells the original one.
    class_names : tuple of str
        Names of classes 0, 1, …; empty if they have none.
    filename : str (example,), optional
        Names of the examples' own files, all different.
    text : str (example,), optional
        The texts that the features were made of.
    index : int64 (example,), optional
        Row of each example in its source, increasing, where rows were left out; by default they are
        counted.
    group : int64 (example,), optional
        Examples with the same number are held out together.
    notes : tuple of str
        What a user should know about them, one line each: what was understood or left out. Notes on
        odd classes are added.
    options : LoadOptions
        The options by which `sources.load_examples` loads them.

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
    text: np.ndarray | None = field(default=None, repr=False)
    index: np.ndarray | None = field(default=None, repr=False)
    group: np.ndarray | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    options: LoadOptions = DEFAULT_OPTIONS

    def __post_init__(self) -> None:
        image = as_pixels(self.name, np.asarray(self.image))
        label, class_names = as_labels(self.name, self.label, self.class_names)
        self._check_kind(image, label)
        check_class_names(self.name, label, class_names)
        check_filenames(self.name, self.filename, len(label))
        for what in ("text", "index", "group"):
            check_per_example(self.name, what, getattr(self, what), len(label))
        # Notes that are there already are those of examples of which these are a copy.
        notes = dict.fromkeys([*self.notes, *class_notes(label, class_names)])
        object.__setattr__(self, "image", image)
        object.__setattr__(self, "label", label)
        object.__setattr__(self, "class_names", class_names)
        copies = describe_copies(self.copies(), label)
        if copies is not None:
            notes[copies] = None
        object.__setattr__(self, "notes", tuple(notes))

    def _check_kind(self, image: np.ndarray, label: np.ndarray) -> None:
        """Check images and labels: is there something to learn?"""
        check_images(self.name, image, len(label))
        check_classes(self.name, label)

    def __len__(self) -> int:
        return len(self.label)

    def __repr__(self) -> str:
        kind = "images"
        if self.image.ndim == 2:
            kind = "rows of features"
        if self.text is not None:
            kind = "texts"
        shape = " x ".join(str(length) for length in self.image.shape[1:])
        return (
            f"<Examples {self.name!r}: {len(self):,} {kind} ({shape}, {self.image.dtype}), "
            f"{len(self.classes)} classes>"
        )

    @property
    def classes(self) -> np.ndarray:
        """The distinct labels, sorted: int64 (class,)."""
        return np.unique(self.label)

    def class_index(self) -> np.ndarray:
        """Labels as 0..classes-1, as a network needs them: int64 (example,)."""
        _, index = np.unique(self.label, return_inverse=True)
        return index

    def copies(self) -> np.ndarray:
        """The first exact copy of each example: int64 (example,).

        Copies have the same pixels, features or text, whatever their labels.

        Examples
        --------
        >>> from cscore_data import Examples
        >>> Examples("mine", [[0.5, 1.0], [0.0, 1.0], [0.5, 1.0]], label=[0, 1, 1]).copies()
        array([0, 1, 0])
        """
        return group_copies(self.image if self.text is None else self.text)

    def digest(self) -> str:
        """SHA-256 of dtypes, shapes, pixels and labels, in this order of examples.

        Of examples that were made of texts, the texts count in place of the features, which another
        version of scikit-learn may compute a little differently.
        """
        image = self.image
        head = b""
        if self.text is not None:
            encoded = [text.encode() for text in self.text.tolist()]
            lengths = np.array([len(text) for text in encoded], np.int64)
            head = lengths.astype("<i8").tobytes()
            image = np.frombuffer(b"".join(encoded), np.uint8)
        return array_digest([image, self.label], head=head)


class ScoredExamples(Examples):
    """Examples that have scores already: there need not be anything to learn from them."""

    def _check_kind(self, image: np.ndarray, label: np.ndarray) -> None:
        check_each_image(self.name, image, len(label))
