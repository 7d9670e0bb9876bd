"""The axes of images: channels that come first are moved to the end."""

import numpy as np

from cscore_data.data.plurals import counted

#: Numbers of channels by which an axis is recognised whatever the others are: grey, colour, and
#: colour with a fourth channel.
_USUAL_CHANNELS = (1, 3, 4)


def to_channels_last(image: np.ndarray) -> tuple[np.ndarray, str | None]:
    """Bring images from (example, channel, height, width) to (example, height, width, channel).

    The second axis is taken as that of channels if it has 1, 3 or 4 of them and the last axis has
    more, or if the last two axes are equally long and at least twice as long as the second. All
    else stays as it is.

    Parameters
    ----------
    image : array (example, ...)

    Returns
    -------
    image : array (example, ...)
        The same array, or a view of it.
    note : str or None
        What was understood, for the user; None if nothing was changed.

    Examples
    --------
    >>> image, note = to_channels_last(np.zeros((10, 3, 32, 32)))
    >>> image.shape
    (10, 32, 32, 3)
    >>> note
    'images of shape (3, 32, 32) are read as channels first: 3 channels of 32 x 32 pixels'
    >>> to_channels_last(np.zeros((10, 32, 32, 3)))[1] is None
    True
    """
    if image.ndim != 4 or not _is_channels_first(image.shape[1:]):
        return image, None
    channels, height, width = image.shape[1:]
    note = (
        f"images of shape {image.shape[1:]} are read as channels first: "
        f"{counted(channels, 'channel')} of {width} x {height} pixels"
    )
    return np.moveaxis(image, 1, -1), note


def _is_channels_first(shape: tuple[int, ...]) -> bool:
    first, middle, last = shape
    if last <= max(_USUAL_CHANNELS):
        return False
    if first in _USUAL_CHANNELS:
        return middle > first
    return middle == last and last >= 2 * first
