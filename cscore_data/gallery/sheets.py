"""Sheets: many pictures in one image file, as large and as sharp as there is room for."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from cscore_data.gallery.tiles import TileSize, full_size, tile

#: Bytes of all sheets: 60,000 examples stay below 60 MB with all that is known of them.
_ROOM = 42_000_000
_EXAMPLES_IN_ROOM = 60_000

#: Bytes of a picture at most, where few share the room.
_MOST_BYTES = 12_000

#: Longer sides that pictures are scaled down to, the first that fits.
_SIDES = (128, 96, 64, 48, 32, 24)

#: Up to this longer side, pictures are stored without loss if there is room.
_EXACT_SIDE = 64

#: Qualities of WebP, if there is no room for more.
_QUALITIES = (90, 75, 60)

#: Sides of a sheet at most, in pixels and in pictures. Browsers decode a sheet as a whole, so that
#: it must be small; and it takes one file, of which there must not be too many.
_SHEET_SIDE = 1024
_MOST_COLUMNS = 32

#: Pictures by which the size of all is estimated.
_SAMPLE = 256


class Encoding(NamedTuple):
    """Size of each picture and quality of the files, None for one without loss."""

    size: TileSize
    quality: int | None

    @property
    def columns(self) -> int:
        """Pictures in a row of a sheet."""
        return max(1, min(_MOST_COLUMNS, _SHEET_SIDE // self.size.width))

    @property
    def per_sheet(self) -> int:
        """Pictures in a sheet."""
        return self.columns * max(1, min(_MOST_COLUMNS, _SHEET_SIDE // self.size.height))


def choose_encoding(image: np.ndarray) -> Encoding:
    """The best encoding of which all images (example, ...) fit into the room for sheets.

    It is estimated by an even sample; where nothing fits, the smallest is taken.
    """
    room = max(_ROOM, _ROOM / _EXAMPLES_IN_ROOM * len(image))
    most = min(_MOST_BYTES, room / len(image))
    step = -(-len(image) // _SAMPLE)
    sample = image[::step]
    for encoding in encodings(full_size(image)):
        sizes = [len(_encoded(sheet, encoding)) for sheet in _sheets(sample, encoding)]
        if sum(sizes) / len(sample) <= most:
            break
    return encoding


def encodings(size: TileSize) -> list[Encoding]:
    """The encodings of pictures of a size, the best first.

    Examples
    --------
    >>> [encoding.quality for encoding in encodings(TileSize(28, 28))]
    [None, 90, 75, 60, 90, 75, 60]
    """
    found: list[Encoding] = []
    for side in _SIDES:
        smaller = size.within(side)
        if found and found[-1].size == smaller:
            continue
        if max(size) <= _EXACT_SIDE and smaller == size:
            found.append(Encoding(size, None))
        found.extend(Encoding(smaller, quality) for quality in _QUALITIES)
    return found


def write_sheets(folder: Path, image: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
    """Write sheets 0.webp, 1.webp, … to a folder; returns what the page needs to know of them.

    Parameters
    ----------
    folder : Path
    image : number (example, height, width[, channel])
    rows : int (example,)
        The order of the pictures.

    Returns
    -------
    dict
        Width and height of a picture, columns, pictures per sheet, and whether they were scaled
        down.
    """
    encoding = choose_encoding(image)
    for number, sheet in enumerate(_sheets(image, encoding, rows)):
        (folder / f"{number}.webp").write_bytes(_encoded(sheet, encoding))
    width, height = encoding.size
    return {
        "kind": "image",
        "width": width,
        "height": height,
        "columns": encoding.columns,
        "perSheet": encoding.per_sheet,
        "scaledDown": encoding.size != full_size(image),
    }


def _sheets(
    image: np.ndarray, encoding: Encoding, rows: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """The sheets one after the other: uint8 (height, width[, color])."""
    if rows is None:
        rows = np.arange(len(image))
    width, height = encoding.size
    columns = encoding.columns
    for start in range(0, len(rows), encoding.per_sheet):
        part = rows[start : start + encoding.per_sheet]
        tiles = [tile(image[row], encoding.size) for row in part]
        lines = -(-len(tiles) // columns)
        # All sheets are as wide, so that the page finds each picture by its place.
        sheet = np.zeros((lines * height, columns * width, *tiles[0].shape[2:]), np.uint8)
        for place, pixels in enumerate(tiles):
            line, column = divmod(place, columns)
            top, left = line * height, column * width
            sheet[top : top + height, left : left + width] = pixels
        yield sheet


def _encoded(sheet: np.ndarray, encoding: Encoding) -> bytes:
    file = io.BytesIO()
    if encoding.quality is None:
        # More effort makes sheets of digits 0.5 % smaller in twice the time.
        Image.fromarray(sheet).save(file, "WEBP", lossless=True, quality=20, method=4, exact=True)
    else:
        Image.fromarray(sheet).save(file, "WEBP", quality=encoding.quality)
    return file.getvalue()
