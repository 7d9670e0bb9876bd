"""From what a file holds to what is trained on: labels chosen, rows left out, axes and scale."""

import numpy as np

from cscore_data.data.image_layout import to_channels_last
from cscore_data.data.label_files import read_labels
from cscore_data.data.labels import (
    as_labels,
    as_named,
    check_labelled,
    missing_labels,
    one_column,
    unlabelled,
)
from cscore_data.data.options import LoadOptions
from cscore_data.data.pixel_scale import to_usual_scale
from cscore_data.data.plurals import counted
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.text import text_features
from cscore_data.errors import InvalidInputError


def assembled(
    name: str,
    raw: RawExamples,
    options: LoadOptions,
    *,
    scale_of: np.ndarray | None = None,
) -> RawExamples:
    """What `Examples` are made of, as the options say and with images in the usual form.

    Parameters
    ----------
    name : str
        The data set, for messages.
    raw : RawExamples
    options : LoadOptions
    scale_of : array (example, …), optional
        As in `to_usual_scale`.

    Returns
    -------
    RawExamples
        With a note for everything that was left out or understood.

    Raises
    ------
    InvalidInputError
        If other labels cannot be read or are not as many as the examples, or if no example has a
        label.

    Examples
    --------
    >>> raw = RawExamples(np.zeros((3, 1, 8, 8), np.uint8), np.array(["cat", None, "dog"]))
    >>> raw = assembled("mine", raw, LoadOptions(drop_unlabelled=True))
    >>> raw.image.shape, raw.index
    ((2, 8, 8, 1), array([0, 2]))
    >>> raw.notes[0]
    '1 unlabelled example of 3 left out'
    """
    raw = raw.changed(label=one_column(raw.label))
    notes = list(raw.notes)
    if options.labels is not None:
        raw = _with_other_labels(name, raw, options.labels, notes)
    if options.drop_unlabelled:
        raw = _labelled_only(name, raw, notes)
    # After rows were left out, so that the features are those of the texts that remain.
    if raw.image is None and raw.text is not None:
        raw = raw.changed(image=text_features(name, raw.text))
    for understand in (
        to_channels_last,
        lambda image: to_usual_scale(name, image, scale_of=scale_of),
    ):
        image, note = understand(np.asarray(raw.image))
        raw = raw.changed(image=image)
        if note is not None:
            notes.append(note)
    return raw.changed(notes=tuple(notes))


def _with_other_labels(name: str, raw: RawExamples, source: str, notes: list[str]) -> RawExamples:
    found = read_labels(source)
    rows = found.rows(len(raw.label), raw.index, raw.filename)
    label = one_column(found.label)
    if (rows >= 0).all():
        label = label[rows]
    else:
        # A file that says whose its labels are may have those of some examples only.
        is_given = rows >= 0
        is_given[is_given] = ~missing_labels(label)[rows[is_given]]
        label = _partly_replaced(name, raw, found.source, is_given, label[rows[is_given]])
        count = counted(int(is_given.sum()), "example")
        notes.append(f"{source}: labels of {count} of {len(rows):,}; the others keep theirs")
    return raw.changed(label=label, class_names=raw.class_names or _counted_names(raw, label))


def _partly_replaced(
    name: str, raw: RawExamples, source: str, is_given: np.ndarray, given: np.ndarray
) -> np.ndarray:
    """The set's own labels, as names if they have names, with some replaced by others."""
    own = as_labels(name, raw.label, raw.class_names)
    other = as_labels(source, given, own.class_names)
    if other.class_names and not own.class_names:
        raise InvalidInputError(f"{source}: labels are names, expected numbers, as {name} has them")
    if other.class_names == own.class_names != () and other.label.max() >= len(own.class_names):
        raise InvalidInputError(
            f"{source}: labels reach {other.label.max()}, expected names, or numbers of the "
            f"{len(own.class_names)} names of {name}"
        )
    label = as_named(own)
    label[is_given] = as_named(other)
    return label


def _counted_names(raw: RawExamples, label: np.ndarray) -> tuple[str, ...]:
    """The texts that numbers stand for, if a set's own labels are texts: in sorted order."""
    if raw.label.dtype.kind not in "OUT" or label.dtype.kind not in "iu":
        return ()
    names = as_labels("", raw.label[~unlabelled(raw.label)]).class_names
    if label.size == 0 or label.max() >= len(names):
        return ()
    return names


def _labelled_only(name: str, raw: RawExamples, notes: list[str]) -> RawExamples:
    missing = unlabelled(raw.label)
    count = int(missing.sum())
    if count == 0:
        return raw
    if count == len(missing):
        check_labelled(name, missing)
    found = counted(count, "unlabelled example")
    notes.append(f"{found} of {len(missing):,} left out")
    return raw.rows(~missing)
