"""What images and labels must be for a model to learn from them; errors say how to fix it."""

import numpy as np

from cscore_data.errors import InvalidInputError


def as_pixels(name: str, image: np.ndarray) -> np.ndarray:
    """Images as uint8 (0..255) or float32.

    Parameters
    ----------
    name : str
        The data set, for messages.
    image : array (example, ...)
        Floats are kept as they are; whole numbers must be in 0..255; False becomes 0, True 255.

    Returns
    -------
    uint8 or float32 (example, ...)

    Raises
    ------
    InvalidInputError
        If the dtype or the range is another.

    Examples
    --------
    >>> as_pixels("mine", np.array([[0, 255], [7, 9]])).dtype
    dtype('uint8')
    >>> as_pixels("mine", np.array([[0, 256]]))
    Traceback (most recent call last):
    cscore_data.errors.InvalidInputError: mine: whole-number pixels span 0..256, expected 0..255
    """
    kind = image.dtype.kind
    if kind == "f":
        return image.astype(np.float32)
    if kind == "b":
        return image.astype(np.uint8) * np.uint8(255)
    if kind not in "ui":
        raise InvalidInputError(f"{name}: images have dtype {image.dtype}, expected uint8 or float")
    if image.size:
        low, high = image.min(), image.max()
        if low < 0 or high > 255:
            raise InvalidInputError(
                f"{name}: whole-number pixels span {low}..{high}, expected 0..255"
            )
    return image.astype(np.uint8)


def as_labels(name: str, label: np.ndarray) -> np.ndarray:
    """Labels as int64 (example,).

    Parameters
    ----------
    name : str
        The data set, for messages.
    label : array (example,)
        Whole numbers, of an integer or float dtype.

    Returns
    -------
    int64 (example,)

    Raises
    ------
    InvalidInputError
        If they have another number of dims, or are not whole numbers.

    Examples
    --------
    >>> as_labels("mine", np.array([0.0, 1.0]))
    array([0, 1])
    """
    if label.ndim != 1:
        raise InvalidInputError(
            f"{name}: labels have shape {label.shape}, expected one label for each image"
        )
    is_whole = label.dtype.kind in "ui"
    if label.dtype.kind == "f":
        is_whole = np.array_equal(label, np.rint(label))
    if not is_whole:
        raise InvalidInputError(f"{name}: labels have dtype {label.dtype}, expected whole numbers")
    return label.astype(np.int64)


def check_images(name: str, image: np.ndarray, examples: int) -> None:
    """Check that there is one image for each of `examples`, finite, and not all the same.

    Parameters
    ----------
    name : str
        The data set, for messages.
    image : uint8 or float32 (example, ...)
    examples : int
        The number of labels.

    Raises
    ------
    InvalidInputError
    """
    if image.ndim < 2 or image.size == 0:
        raise InvalidInputError(
            f"{name}: images have shape {image.shape}, expected (example, height, width[, channel])"
        )
    if len(image) != examples:
        raise InvalidInputError(
            f"{name}: found {len(image)} images and {examples} labels, expected one label for "
            "each image"
        )
    if image.dtype.kind == "f":
        finite = np.isfinite(image).reshape(examples, -1).all(axis=1)
        bad = np.flatnonzero(~finite)
        if bad.size:
            raise InvalidInputError(
                f"{name}: {len(bad)} images hold NaN or infinite pixels (the first: {bad[0]}); "
                "fix or remove them"
            )
    if (image == image[:1]).all():
        raise InvalidInputError(
            f"{name}: all {examples} images are the same; there is nothing to learn"
        )


def check_classes(name: str, label: np.ndarray) -> None:
    """Check that there are at least two classes, of at least two examples each.

    Parameters
    ----------
    name : str
        The data set, for messages.
    label : int64 (example,)

    Raises
    ------
    InvalidInputError
    """
    classes, counts = np.unique(label, return_counts=True)
    if len(classes) < 2:
        raise InvalidInputError(f"{name}: found {len(classes)} class, expected at least 2")
    single = classes[counts < 2]
    if single.size:
        index = np.flatnonzero(label == single[0])[0]
        raise InvalidInputError(
            f"{name}: class {single[0]} has a single example (index {index}), {len(single)} such "
            "class(es) in all; while that example is held out, no model knows its class, so it "
            "has no C-score; remove it or merge the class with another"
        )


def check_class_names(name: str, label: np.ndarray, class_names: tuple[str, ...]) -> None:
    """Check that each label has a name, if there are names.

    Parameters
    ----------
    name : str
        The data set, for messages.
    label : int64 (example,)
    class_names : tuple of str

    Raises
    ------
    InvalidInputError
    """
    classes = len(class_names)
    if classes == 0:
        return
    outside = np.flatnonzero((label < 0) | (label >= classes))
    if outside.size:
        first = outside[0]
        raise InvalidInputError(
            f"{name}: {outside.size} labels are not among its {classes} classes (the first: "
            f"{label[first]} of example {first}), expected 0..{classes - 1}; use examples that "
            "are labelled"
        )


def check_filenames(name: str, filename: np.ndarray | None, examples: int) -> None:
    """Check that each example has a file name of its own, if there are file names.

    Parameters
    ----------
    name : str
        The data set, for messages.
    filename : str (example,) or None
    examples : int

    Raises
    ------
    InvalidInputError
    """
    if filename is None:
        return
    different = len(np.unique(filename))
    if filename.shape != (examples,) or different != examples:
        raise InvalidInputError(
            f"{name}: {different} different file names for {examples} examples, expected one for "
            "each"
        )
