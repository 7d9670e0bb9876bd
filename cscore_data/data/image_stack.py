"""Images of one size, one after the other, in one array."""

from collections.abc import Callable

import numpy as np

from cscore_data.data.file_checks import check_fits
from cscore_data.errors import InvalidInputError


class ImageStack:
    """The images so far, in an array for all of them that is made for the first one.

    Parameters
    ----------
    source : str
        Where they come from, for messages.
    capacity : int
        How many there may be.
    name : callable
        From the place of an image in the source to what to call it in messages.

    Attributes
    ----------
    count : int
        How many were added.
    grey_count : int
        How many of them were grey.

    Examples
    --------
    >>> stack = ImageStack("mine", 2, "image {}".format)
    >>> stack.add(0, np.zeros((4, 5), np.uint8))
    >>> stack.add(1, np.ones((4, 5, 3), np.uint8))
    >>> stack.image().shape, stack.grey_count
    ((2, 4, 5, 3), 1)
    """

    def __init__(self, source: str, capacity: int, name: Callable[[int], str]):
        self._source = source
        self._capacity = capacity
        self._name = name
        self._first_row = 0
        self._images: np.ndarray | None = None
        self.count = 0
        self.grey_count = 0

    def image(self) -> np.ndarray:
        """The images that were added."""
        if self._images is None:
            raise InvalidInputError(
                f"{self._source}: none of {self._capacity} images can be decoded; see whether they "
                "are PNG, JPEG, WebP, BMP, PPM or TIFF images"
            )
        return self._images[: self.count]

    def add(self, row: int, pixels: np.ndarray) -> None:
        """Add the image that is number `row` of the source."""
        if self._images is None:
            self._images = self._room_for(pixels.shape)
            self._first_row = row
        height, width = self._images.shape[1:3]
        if pixels.shape[:2] != (height, width):
            raise InvalidInputError(
                f"{self._source}: images differ in size: {self._name(self._first_row)} has {width} "
                f"x {height} pixels, {self._name(row)} has {pixels.shape[1]} x {pixels.shape[0]}; "
                "bring all to one size, such as 32 x 32 with --size 32"
            )
        if pixels.ndim == 2:
            self.grey_count += 1
            if self._images.ndim == 4:
                pixels = pixels[:, :, np.newaxis]
        elif self._images.ndim == 3:
            in_colour = self._room_for(pixels.shape)
            in_colour[: self.count] = self._images[: self.count, :, :, np.newaxis]
            self._images = in_colour
        self._images[self.count] = pixels
        self.count += 1

    def _room_for(self, shape: tuple[int, ...]) -> np.ndarray:
        check_fits(self._source, self._capacity * int(np.prod(shape)))
        return np.empty((self._capacity, *shape), np.uint8)
