"""Sheets: many pictures in one image file, as large and as sharp as there is room for."""

import io
import math
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
        return _fitting(self.size.width)

    @property
    def per_sheet(self) -> int:
        """Pictures in a sheet."""
        return self.columns * _fitting(self.size.height)


def _fitting(side: int) -> int:
    """How many pictures of this side are beside each other in a sheet."""
    return max(1, min(_MOST_COLUMNS, _SHEET_SIDE // side))


def choose_encoding(image: np.ndarray) -> Encoding:
    """The best encoding of which all images (example, ...) fit into the room for sheets.

    It is estimated by an even sample; where nothing fits, the smallest is taken.
    """
    room = max(_ROOM, _ROOM / _EXAMPLES_IN_ROOM * len(image))
    most = min(_MOST_BYTES, room / len(image))
    step = math.ceil(len(image) / _SAMPLE)
    sample = image[::step]
    in_order = np.arange(len(sample))
    for encoding in encodings(full_size(image)):
        size = 0
        for sheet in _sheets(sample, encoding, in_order):
            size += len(_encoded(sheet, encoding))
        if size / len(sample) <= most:
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


def _sheets(image: np.ndarray, encoding: Encoding, rows: np.ndarray) -> Iterator[np.ndarray]:
    """The sheets one after the other: uint8 (height, width[, color])."""
    for start in range(0, len(rows), encoding.per_sheet):
        tiles = []
        for row in rows[start : start + encoding.per_sheet]:
            tiles.append(tile(image[row], encoding.size))
        yield _sheet(tiles, encoding)


def _sheet(tiles: list[np.ndarray], encoding: Encoding) -> np.ndarray:
    """Pictures line by line: uint8 (height, width[, color])."""
    width, height = encoding.size
    columns = encoding.columns
    lines = math.ceil(len(tiles) / columns)
    colors = tiles[0].shape[2:]
    # All sheets are as wide, so that the page finds each picture by its place.
    sheet = np.zeros((lines * height, columns * width, *colors), np.uint8)
    for place, pixels in enumerate(tiles):
        line, column = divmod(place, columns)
        top = line * height
        left = column * width
        sheet[top : top + height, left : left + width] = pixels
    return sheet


def _encoded(sheet: np.ndarray, encoding: Encoding) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(sheet)
    if encoding.quality is None:
        # More effort makes sheets of digits 0.5 % smaller in twice the time.
        picture.save(file, "WEBP", lossless=True, quality=20, method=4, exact=True)
    else:
        picture.save(file, "WEBP", quality=encoding.quality)
    return file.getvalue()
