"""Reader of folders of images: CLASS/NAME.jpg, or images with a csv file of their labels."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cscore_data.data.folder_labels import find_label_file, read_label_file
from cscore_data.data.image_files import ImageFiles, list_images, subfolders
from cscore_data.data.images import decode_images
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.plurals import counted
from cscore_data.data.raw_examples import RawExamples
from cscore_data.data.raw_split import RawTestSplit
from cscore_data.errors import InvalidInputError

#: Names of the folder with the training examples, and of those next to it.
_TRAINING = ("train", "training")
_TEST = ("test", "testing")
_OTHER_PARTS = (*_TEST, "val", "valid", "validation", "dev")

_EXPECTED = (
    "expected CLASS/NAME.jpg with at least two classes, or images with a csv file of the columns "
    "filename and label"
)


def read_folder(path: str | Path, options: LoadOptions = DEFAULT_OPTIONS) -> RawExamples:
    """Read the images of a folder.

    The folders in it are the classes, as for torchvision's ImageFolder, and images may be in
    subfolders of these. If there are no such folders, or if `options.label` names a
    column, a csv file in the folder says what the label of each image is.

    Parameters
    ----------
    path : path
        A folder of which all folders are parts, such as ``train`` and ``test``, stands for its
        ``train``.
    options : LoadOptions
        `size` is needed where images differ in size: of each, the largest square in its centre is
        resized.

    Returns
    -------
    RawExamples
        `image` uint8 (example, height, width[, 3]); `filename` such as ``CLASS/NAME.jpg``; in the
        order of ImageFolder, or in that of the csv file.

    Raises
    ------
    InvalidInputError
        If there are no images or not two classes, if an image has no file or a file cannot be
        decoded, or if sizes differ.

    Examples
    --------
    >>> import PIL.Image
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
    ...         Path(directory, name).parent.mkdir(exist_ok=True)
    ...         PIL.Image.new("L", (5, 4)).save(Path(directory, name))
    ...     examples = read_folder(directory)
    >>> examples.filename.tolist(), examples.class_names, examples.label.tolist()
    (['cat/1.png', 'cat/2.png', 'dog/1.png'], ('cat', 'dog'), [0, 0, 1])
    """
    folder, notes = _training_part(Path(path))
    return _read_part(Path(path), folder, options, notes)


def read_test_folder(path: str | Path, options: LoadOptions = DEFAULT_OPTIONS) -> RawTestSplit:
    """Read the images in the folder ``test`` next to ``train``.

    Parameters
    ----------
    path : path
        The folder that both are in.
    options : LoadOptions
        As in `read_folder`.

    Raises
    ------
    InvalidInputError
        As `read_folder`, and if there is no such folder.
    """
    folders = subfolders(path)
    found = [name for name in folders if name.lower() in _TEST]
    training, _ = _training_part(Path(path))
    if len(found) != 1 or training == Path(path):
        raise InvalidInputError(
            f"{path}: found folders {', '.join(folders[:10]) or 'none'}, expected train and test "
            "for a test split; leave --test out"
        )
    folder = Path(path, found[0])
    notes = [f"test examples are read from {found[0]}"]
    return RawTestSplit(_read_part(Path(path), folder, options, notes))


def _read_part(path: Path, folder: Path, options: LoadOptions, notes: list[str]) -> RawExamples:
    """Read the images of `folder`, which is `path` or a part of it."""
    found = list_images(folder)
    labelled = _label_images(path, folder, found, options.label)
    files = [folder / name for name in labelled.names]
    decoded = decode_images(str(path), files, options, name=labelled.names.__getitem__)
    return decoded.with_labels(
        labelled.label,
        filename=np.array(labelled.names),
        class_names=labelled.class_names,
        notes=(*notes, *labelled.notes),
    )


def folder_name(path: str) -> str:
    """The name of a folder without those that it is in.

    Examples
    --------
    >>> folder_name("photos/animals.v2/"), folder_name("/")
    ('animals.v2', 'folder')
    """
    return os.path.basename(os.path.abspath(path)) or "folder"


def _training_part(path: Path) -> tuple[Path, list[str]]:
    """The folder with the training examples, and a note if it is one of several parts."""
    folders = subfolders(path)
    training = [name for name in folders if name.lower() in _TRAINING]
    others = [name for name in folders if name.lower() in _OTHER_PARTS]
    if len(training) != 1 or len(folders) != len(training) + len(others):
        return path, []
    left_out = ""
    if others:
        left_out = f", {' and '.join(others)} left out"
    return path / training[0], [f"the images in {training[0]} are read{left_out}"]


class _LabelledImages(NamedTuple):
    """The images of a folder that are examples: paths within it, labels, and what to say of them.

    The labels are those of folders, with class names, or those of a csv file, without.
    """

    names: list[str]
    label: np.ndarray
    class_names: tuple[str, ...]
    notes: list[str]


def _label_images(
    path: Path, folder: Path, found: ImageFiles, label: str | None
) -> _LabelledImages:
    """Label the images of `folder`, which is `path` or a part of it."""
    classes = sorted({_top_folder(name) for name in found.names} - {""})
    if len(classes) >= 2 and label is None:
        return _label_by_folder(folder, found, classes)
    label_file = find_label_file([folder, path], label)
    if label_file is not None:
        return _label_by_table(folder, found, label_file, label)
    if label is not None:
        raise InvalidInputError(
            f"{path}: found no csv file with columns filename and {label}; add one, or leave "
            "--label out where folders are classes"
        )
    raise InvalidInputError(f"{path}: {_describe(found, classes)}; {_EXPECTED}")


def _label_by_folder(folder: Path, found: ImageFiles, classes: list[str]) -> _LabelledImages:
    names = [name for name in found.names if _top_folder(name)]
    notes = []
    outside = len(found.names) - len(names)
    if outside:
        notes.append(f"{counted(outside, 'image')} outside of the folders of classes ignored")
    empty = sorted(set(subfolders(folder)) - set(classes))
    if empty:
        folders = counted(len(empty), "folder")
        notes.append(f"{folders} without images ignored: {', '.join(empty[:3])}")
    notes += _ignored(found)
    number = {name: place for place, name in enumerate(classes)}
    label = np.array([number[_top_folder(name)] for name in names])
    return _LabelledImages(names, label, tuple(classes), notes)


def _label_by_table(
    folder: Path, found: ImageFiles, label_file: Path, column: str | None
) -> _LabelledImages:
    names, label = read_label_file(label_file, found.names, column)
    notes = [f"labels of {counted(len(names), 'image')} are read from {label_file.name}"]
    outside = len(found.names) - len(names)
    if outside:
        notes.append(f"{counted(outside, 'image')} that {label_file.name} does not list ignored")
    if label_file.parent == folder:
        found = found._replace(others=found.others - 1)
    notes += _ignored(found)
    return _LabelledImages(names, label, (), notes)


def _ignored(found: ImageFiles) -> list[str]:
    ignored = found.ignored()
    return [] if ignored is None else [ignored]


def _top_folder(name: str) -> str:
    """The class of an image; empty if it is not in a folder of one."""
    top, separator, _ = name.partition("/")
    return top if separator else ""


def _describe(found: ImageFiles, classes: list[str]) -> str:
    """What was found, where it is not what was expected."""
    if not found.names:
        return "found no images"
    images = counted(len(found.names), "image")
    if not classes:
        return f"found {images} and no folders of classes"
    return f"found {images} of one class ({classes[0]})"
