"""Twelve small images in colour and grey, their labels, and their encoding as files."""

import io

import numpy as np
from PIL import Image

COLOUR = np.random.default_rng(3).integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)
GREY = COLOUR[..., 0].copy()
LABEL = np.arange(12) % 3


def encode(pixels, form="png", **options):
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, form, **options)
    return file.getvalue()
