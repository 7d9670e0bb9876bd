"""Figures as files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cscore_data.errors import InvalidInputError, StoreError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: File formats of figures.
SUFFIXES = (".pdf", ".png", ".svg")

_DOTS_PER_INCH = 150

#: A figure compresses as well with the lowest effort, in a quarter of the time.
_PNG: dict[str, Any] = {"pil_kwargs": {"compress_level": 1}}


def check_suffix(path: str | Path, name: str = "figure") -> None:
    """Check that `save` can write a file of this name; messages call it `name`.

    Raises
    ------
    InvalidInputError
        If the suffix is not .pdf, .png or .svg, or the path is a URL.
    """
    if "://" in str(path):
        raise InvalidInputError(
            f"{name}: found {path}, expected a path; only stores can be at a URL"
        )
    if Path(path).suffix not in SUFFIXES:
        suffixes = ", ".join(SUFFIXES)
        raise InvalidInputError(
            f"{name}: found {str(path)!r}, expected a file name ending in {suffixes}"
        )


def save(figure: "Figure", path: str | Path) -> None:
    """Write a figure to a file, in the format of its suffix.

    Missing folders are created.

    Raises
    ------
    InvalidInputError
        If the suffix is not .pdf, .png or .svg, or the path is a URL.
    StoreError
        If the file cannot be written.
    """
    check_suffix(path)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        options = _PNG if Path(path).suffix == ".png" else {}
        with laid_out(figure):
            figure.savefig(path, dpi=_DOTS_PER_INCH, **options)
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"{path}: cannot be written ({why}); choose another place") from error


@contextmanager
def laid_out(figure: "Figure") -> Iterator[None]:
    """Find the places of a figure's parts once, for all that is drawn within the context.

    Matplotlib finds them for each drawing, and draws once more only to find them before it saves.
    """
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_layout_engine(engine)
