"""What images and labels must be for a model to learn from them; errors say how to fix it."""

import numpy as np

from cscore_data.data.row_blocks import row_blocks
from cscore_data.errors import InvalidInputError


def as_pixels(name: str, image: np.ndarray) -> np.ndarray:
    """Images as uint8 (0..255) or float32, features of any range as float32.

    Parameters
    ----------
    name : str
        The data set, for messages.
    image : array (example, ...)
        Floats are kept as they are; whole numbers must be in 0..255, unless they are features,
        (example, feature); False becomes 0, True 255.

    Returns
    -------
    uint8, float32 or float16 (example, ...)

    Raises
    ------
    InvalidInputError
        If the dtype or the range is another.

    Examples
    --------
    >>> as_pixels("mine", np.array([[0, 255], [7, 9]])).dtype
    dtype('uint8')
    >>> as_pixels("mine", np.array([[[0, 256]]]))
    Traceback (most recent call last):
    cscore_data.errors.InvalidInputError: mine: whole-number pixels span 0..256, expected 0..255
    """
    kind = image.dtype.kind
    if image.dtype in (np.float16, np.float32):
        # A view: features may be large. What it shows must not be written to through it.
        image = image.view()
        image.flags.writeable = False
        return image
    if kind == "f":
        # What float32 does not hold becomes infinite, which `check_images` refuses.
        with np.errstate(over="ignore"):
            return image.astype(np.float32)
    if kind == "b":
        return image.astype(np.uint8) * np.uint8(255)
    if kind not in "ui":
        raise InvalidInputError(f"{name}: images have dtype {image.dtype}, expected uint8 or float")
    if image.size:
        low, high = image.min(), image.max()
        fits = low >= 0 and high <= 255
        if image.ndim == 2 and not fits:
            return image.astype(np.float32)
        if not fits:
            raise InvalidInputError(
                f"{name}: whole-number pixels span {low}..{high}, expected 0..255"
            )
    return image.astype(np.uint8)


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
    check_each_image(name, image, examples)
    if (image == image[:1]).all():
        raise InvalidInputError(
            f"{name}: all {examples} images are the same; there is nothing to learn"
        )


def check_each_image(name: str, image: np.ndarray, examples: int) -> None:
    """Check that there is one image for each of `examples`, finite.

    Parameters
    ----------
    name, image, examples
        As in `check_images`.

    Raises
    ------
    InvalidInputError
    """
    if image.ndim < 2 or image.size == 0:
        raise InvalidInputError(
            f"{name}: images have shape {image.shape}, expected (example, height, width[, "
            "channel]), or (example, feature)"
        )
    if len(image) != examples:
        raise InvalidInputError(
            f"{name}: found {len(image)} images and {examples} labels, expected one label for "
            "each image"
        )
    if image.dtype.kind == "f":
        _check_finite(name, image)


def _check_finite(name: str, image: np.ndarray) -> None:
    rows = image.reshape(len(image), -1)
    # A matrix of truth values for the whole set would be a quarter of its size.
    is_finite = [np.isfinite(part).all(axis=1) for part in row_blocks(rows)]
    bad = np.flatnonzero(~np.concatenate(is_finite))
    if not bad.size:
        return
    finite = np.isfinite(rows)
    if image.ndim == 2:
        column = np.flatnonzero(~finite[bad[0]])[0]
        raise InvalidInputError(
            f"{name}: {len(bad)} examples have features that are NaN, or too large for float32 "
            f"(the first: feature {column} of example {bad[0]}); fill them in or remove them"
        )
    raise InvalidInputError(
        f"{name}: {len(bad)} images hold NaN or infinite pixels (the first: {bad[0]}); "
        "fix or remove them"
    )


def check_classes(name: str, label: np.ndarray) -> None:
    """Check that there are at least two classes, and that labels are classes at all.

    Parameters
    ----------
    name : str
        The data set, for messages.
    label : int64 (example,)

    Raises
    ------
    InvalidInputError
    """
    classes = len(np.unique(label))
    if classes < 2:
        raise InvalidInputError(f"{name}: found {classes} class, expected at least 2")
    if classes == len(label):
        raise InvalidInputError(
            f"{name}: all {classes} labels are different, like those of an id or a quantity, "
            "expected classes of several examples each; say where the classes are"
        )


def class_notes(label: np.ndarray, class_names: tuple[str, ...]) -> list[str]:
    """What is odd about classes, though they can be trained on; one line each.

    Parameters
    ----------
    label : int64 (example,)
    class_names : tuple of str

    Examples
    --------
    >>> class_notes(np.array([0, 0, 1]), ("cat", "dog"))  # doctest: +ELLIPSIS
    ['1 class has a single example (dog, example 2); it gets no score, ...']
    """
    notes = []
    classes, first, counts = np.unique(label, return_index=True, return_counts=True)
    single = np.flatnonzero(counts == 1)
    if single.size:
        shown = str(classes[single[0]])
        if class_names:
            shown = class_names[classes[single[0]]]
        which = f"({shown}, example {first[single[0]]}); it gets"
        found = "1 class has"
        if single.size > 1:
            which = f"(the first: {shown}, example {first[single[0]]}); they get"
            found = f"{single.size} classes have"
        notes.append(
            f"{found} a single example {which} no score, since a model that was not trained on it "
            "does not know the class"
        )
    if not class_names and -1 in classes and classes.tolist() != [-1, 1]:
        count = counts[classes == -1][0]
        notes.append(
            f"label -1 of {count} examples is taken as a class; if it means unlabelled, "
            "--drop-unlabelled leaves them out"
        )
    return notes


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
            "are labelled, or leave those with label -1 out with --drop-unlabelled"
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


def check_per_example(name: str, what: str, values: np.ndarray | None, examples: int) -> None:
    """Check that there is one value for each example, if there are values.

    Parameters
    ----------
    name, what : str
        The data set and the values, for messages.
    values : array (example,) or None
    examples : int

    Raises
    ------
    InvalidInputError
    """
    if values is not None and np.shape(values) != (examples,):
        raise InvalidInputError(
            f"{name}: {what} has shape {np.shape(values)}, expected ({examples},), one for each "
            "example"
        )
