"""The image files in a folder and its subfolders."""

import os
from pathlib import Path
from typing import NamedTuple

from cscore_data.data.plurals import counted
from cscore_data.errors import InvalidInputError, reason

#: Suffixes of the files that are taken for images, those of torchvision's ImageFolder.
_SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".png",
    ".ppm",
    ".pgm",
    ".bmp",
    ".tif",
    ".tiff",
    ".webp",
)


class ImageFiles(NamedTuple):
    """What is in a folder and its subfolders.

    Attributes
    ----------
    names : list of str
        Paths of the images within the folder, with ``/``: folder by folder, sorted, in the order of
        torchvision's ImageFolder.
    others : int
        Number of other files.
    hidden : int
        Number of hidden files and folders, which are not looked into.
    """

    names: list[str]
    others: int
    hidden: int

    def ignored(self) -> str | None:
        """One clause about what is there besides images; None if there is nothing."""
        counts = []
        if self.others:
            counts.append(counted(self.others, "file that is no image", "files that are no images"))
        if self.hidden:
            counts.append(counted(self.hidden, "hidden one"))
        if not counts:
            return None
        return f"{' and '.join(counts)} ignored"


def list_images(folder: str | Path) -> ImageFiles:
    """Find all images in a folder and its subfolders, by their suffixes.

    Parameters
    ----------
    folder : path
        Links to folders are followed, but not back to a folder that contains them.

    Raises
    ------
    InvalidInputError
        If a folder cannot be read, or a name is not UTF-8.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     for name in ("cat/b.png", "cat/a.PNG", "cat/notes.txt", ".hidden/a.png"):
    ...         Path(directory, name).parent.mkdir(exist_ok=True)
    ...         Path(directory, name).touch()
    ...     found = list_images(directory)
    >>> found.names, found.ignored()
    (['cat/a.PNG', 'cat/b.png'], '1 file that is no image and 1 hidden one ignored')
    """
    names: list[str] = []
    others = 0
    hidden = 0
    # Each with the folders that it is in, which a link may lead back to.
    waiting: list[tuple[str, frozenset[str]]] = [("", frozenset())]
    while waiting:
        prefix, above = waiting.pop()
        here = os.path.realpath(Path(folder, prefix))
        if here in above:
            continue
        for entry in _entries(Path(folder, prefix)):
            name = f"{prefix}{entry.name}"
            if entry.name.startswith("."):
                hidden += 1
            elif entry.is_dir():
                waiting.append((f"{name}/", above | {here}))
            elif entry.is_file() and entry.name.lower().endswith(_SUFFIXES):
                names.append(name)
            else:
                others += 1
    names.sort(key=os.path.split)
    return ImageFiles(names, others, hidden)


def subfolders(folder: str | Path) -> list[str]:
    """Names of the folders in a folder that are not hidden, sorted.

    Raises
    ------
    InvalidInputError
        If the folder cannot be read.
    """
    entries = _entries(Path(folder))
    return sorted(
        entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")
    )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as scanned:
            entries = list(scanned)
    except OSError as error:
        raise InvalidInputError(f"{folder}: cannot be read ({reason(error)})") from error
    for entry in entries:
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            raise InvalidInputError(
                f"{folder}: the name {entry.name!r} is not UTF-8; rename the file or folder"
            ) from None
    return entries
