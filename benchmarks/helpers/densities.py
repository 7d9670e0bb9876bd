"""Kernel densities of images in pixel space."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

#: Rows in a block of distances, 64 MB: all the memory that is needed besides the images is two of
#: them.
_BLOCK = 4000


class Densities(NamedTuple):
    """Sums of the kernel at each example, float64 (example,).

    Attributes
    ----------
    everyone : array
        Over all examples.
    own : array
        Over the examples of the same label.
    difference : array
        The latter minus the sum over the examples of other labels.
    """

    everyone: np.ndarray
    own: np.ndarray
    difference: np.ndarray


class Block(NamedTuple):
    """Squared distances of some points to others, float32 (row, column)."""

    rows: slice
    columns: slice
    squared: np.ndarray


def as_points(image: np.ndarray) -> np.ndarray:
    """Images as float32 points (example, feature)."""
    points = image.reshape(len(image), -1).astype(np.float32) / np.float32(255)
    # Around 0, small distances are exact in float32.
    centred: np.ndarray = points - points.mean(axis=0)
    return centred


def densities(points: np.ndarray, class_index: np.ndarray) -> Densities:
    """The densities at each of the points, by their classes int (example,)."""
    by_class = class_densities(points, class_index, width=mean_distance(points) / 2)
    everyone = by_class.sum(axis=1)
    own = by_class[np.arange(len(points)), class_index]
    others = everyone - own
    return Densities(everyone, own, own - others)


def mean_distance(points: np.ndarray) -> float:
    """Mean distance of two different points, over all pairs."""
    total = 0.0
    for block in squared_distances(points):
        distances = np.sqrt(block.squared, out=block.squared)
        block_total = float(distances.sum(dtype=np.float64))
        # A block off the diagonal stands for its mirror image too.
        total += block_total if block.rows == block.columns else 2 * block_total
    return total / (len(points) * (len(points) - 1))


def class_densities(points: np.ndarray, class_index: np.ndarray, *, width: float) -> np.ndarray:
    """Sum of the kernel over the examples of each class: float64 (example, class)."""
    member = np.eye(class_index.max() + 1, dtype=np.float32)[class_index]
    density = np.zeros(member.shape)
    factor = np.float32(-1 / width**2)
    for block in squared_distances(points):
        # In place, as it is as large as all the rest.
        kernel = block.squared
        kernel *= factor
        np.exp(kernel, out=kernel)
        density[block.rows] += kernel @ member[block.columns]
        if block.rows != block.columns:
            density[block.columns] += kernel.T @ member[block.rows]
    return density


def squared_distances(points: np.ndarray) -> Iterator[Block]:
    """The blocks on and above the diagonal; the others are their mirror images."""
    norm = np.einsum("ij,ij->i", points, points)
    slices = [slice(start, start + _BLOCK) for start in range(0, len(points), _BLOCK)]
    for index, rows in enumerate(slices):
        for columns in slices[index:]:
            squared = points[rows] @ points[columns].T
            squared *= -2
            squared += norm[rows, None]
            squared += norm[columns]
            if rows == columns:
                np.fill_diagonal(squared, 0)  # rounding would leave a little there
            np.maximum(squared, 0, out=squared)
            yield Block(rows, columns, squared)
