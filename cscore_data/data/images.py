"""Decoding of many images into one array."""

import os
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cscore_data.data.image_decoder import DamagedImageError, decode_image
from cscore_data.data.image_stack import ImageStack
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.plurals import counted
from cscore_data.data.raw_examples import RawExamples
from cscore_data.errors import InvalidInputError

#: Images that a thread decodes in one go.
_BATCH = 16

#: Batches per thread that are decoded before their results are taken, so that few are in memory.
_AHEAD = 2

#: Images of fewer bytes than this are decoded by one thread: several would wait for each other, as
#: most of the time is spent in Python.
_SMALL = 4096

#: Names of damaged images that a note gives.
_SHOWN = 3

_Outcome = np.ndarray | DamagedImageError | InvalidInputError


class DecodedImages(NamedTuple):
    """Images as one array.

    Attributes
    ----------
    image : uint8 (kept, height, width) or (kept, height, width, 3)
    kept : bool (example,)
        False for those that were left out.
    notes : tuple of str
        What a user should know: images left out, grey ones among colours.
    """

    image: np.ndarray
    kept: np.ndarray
    notes: tuple[str, ...]

    def with_labels(
        self,
        label: np.ndarray,
        *,
        filename: np.ndarray | None = None,
        class_names: tuple[str, ...] = (),
        order: str = "original",
        notes: tuple[str, ...] = (),
    ) -> RawExamples:
        """The examples of these images, given what belongs to all of them, left out or not.

        Parameters
        ----------
        label : array (example,)
        filename : str (example,), optional
        class_names, order, notes
            As in `RawExamples`; the notes on images are added.
        """
        notes = (*notes, *self.notes)
        if self.kept.all():
            return RawExamples(self.image, label, class_names, filename, order, notes=notes)
        if filename is not None:
            filename = filename[self.kept]
        index = np.flatnonzero(self.kept)
        label = label[self.kept]
        return RawExamples(
            self.image, label, class_names, filename, order, index=index, notes=notes
        )


def decode_images(
    source: str,
    files: Sequence[bytes] | Sequence[Path],
    options: LoadOptions = DEFAULT_OPTIONS,
    name: Callable[[int], str] = "image {}".format,
) -> DecodedImages:
    """Decode images of one size; if some are in colour, all become so.

    Parameters
    ----------
    source : str
        Where they come from, for messages.
    files : sequence of bytes or Path (example,)
    options : LoadOptions
        `size` resizes them; `skip_damaged` leaves out those that cannot be decoded.
    name : callable
        From the place of an image to what to call it in messages.

    Returns
    -------
    DecodedImages

    Raises
    ------
    InvalidInputError
        If an image cannot be decoded, is of a kind that `image_decoder.decode_image` refuses, or
        has another size than the first one.

    Examples
    --------
    >>> import io
    >>> import PIL.Image
    >>> def png(width, height):
    ...     file = io.BytesIO()
    ...     PIL.Image.new("RGB", (width, height)).save(file, "png")
    ...     return file.getvalue()
    >>> decode_images("mine", [png(5, 4), png(5, 4)]).image.shape
    (2, 4, 5, 3)
    >>> decode_images("mine", [png(5, 4), png(8, 8)])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    cscore_data.errors.InvalidInputError: mine: images differ in size: image 0 has 5 x 4 pixels, ...
    >>> decode_images("mine", [png(5, 4), png(8, 8)], LoadOptions(size=2)).image.shape
    (2, 2, 2, 3)
    """
    if not files:
        raise InvalidInputError(f"{source}: found no images")
    stack = ImageStack(source, len(files), name)
    kept = np.ones(len(files), bool)
    with _decompression_bombs_refused(), closing(_decoded(files, options.size)) as outcomes:
        for row, outcome in enumerate(outcomes):
            if isinstance(outcome, np.ndarray):
                stack.add(row, outcome)
            elif isinstance(outcome, InvalidInputError):
                raise InvalidInputError(f"{source}: {name(row)} {outcome}") from outcome
            elif options.skip_damaged:
                kept[row] = False
            else:
                raise InvalidInputError(
                    f"{source}: {name(row)} cannot be decoded ({outcome}); replace it, or leave "
                    "out all that are damaged with --skip-damaged"
                ) from outcome
    return DecodedImages(stack.image(), kept, tuple(_notes(kept, stack, name)))


def _notes(kept: np.ndarray, stack: ImageStack, name: Callable[[int], str]) -> Iterator[str]:
    damaged = np.flatnonzero(~kept)
    if damaged.size:
        found = counted(damaged.size, "damaged image")
        yield f"{found} of {len(kept):,} left out: {_first(damaged, name)}"
    if 0 < stack.grey_count < stack.count:
        yield (
            f"{stack.grey_count:,} of {stack.count:,} images are grey, the others in colour: all "
            "are read as RGB"
        )


def _first(rows: np.ndarray, name: Callable[[int], str]) -> str:
    names = [name(row) for row in rows[:_SHOWN].tolist()]
    if len(rows) > _SHOWN:
        names.append("…")
    return ", ".join(names)


def _decoded(
    files: Sequence[bytes] | Sequence[Path], size: int | None
) -> Generator[_Outcome, None, None]:
    """What becomes of each file, in order."""
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    if isinstance(files[0], bytes) and len(files[0]) < _SMALL:
        for batch in batches:
            yield from _decode_batch(batch, size)
        return

    threads = _usable_cores()
    running: deque[Future[list[_Outcome]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            running.append(pool.submit(_decode_batch, batch, size))
            if len(running) > _AHEAD * threads:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()


def _decode_batch(files: Sequence[bytes | Path], size: int | None) -> list[_Outcome]:
    outcomes: list[_Outcome] = []
    for file in files:
        try:
            outcomes.append(decode_image(file, size))
        except (DamagedImageError, InvalidInputError) as error:
            outcomes.append(error)
    return outcomes


@contextmanager
def _decompression_bombs_refused() -> Iterator[None]:
    """Images about which PIL would only warn count as those that it refuses."""
    from PIL.Image import DecompressionBombWarning

    # Not in the threads, which share the filters of warnings.
    with warnings.catch_warnings():
        warnings.simplefilter("error", DecompressionBombWarning)
        yield


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
