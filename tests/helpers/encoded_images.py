"""Twelve small images in colour and in grey, their labels, and a function that encodes them."""

import io

import numpy as np
from PIL import Image

COLOUR = np.random.default_rng(3).integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)
GREY = COLOUR[..., 0].copy()
LABEL = np.arange(12) % 3


def encode(pixels, form="png", **options):
    """The bytes of an image file; `options` are those of pillow for this format."""
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, form, **options)
    return file.getvalue()
