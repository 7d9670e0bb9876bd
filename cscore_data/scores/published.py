"""The scores that their authors published, in the order of one's own loader."""

from pathlib import Path

import numpy as np
import xarray as xr

from cscore_data.data.download import fetch, verify
from cscore_data.data.named_sets import MNIST
from cscore_data.data.order import tfds_permutation, to_original
from cscore_data.errors import InvalidInputError
from cscore_data.schema import coordinate
from cscore_data.scores.published_files import NAMES, REGISTRY, Published
from cscore_data.scores.published_pins import check_pin
from cscore_data.scores.published_reader import read_published
from cscore_data.scores.statistics import describe, validate_scores
from cscore_data.storage.provenance import history_line

__all__ = ["NAMES", "REGISTRY", "Published", "load_published"]


def load_published(
    name: str,
    *,
    order: str = "original",
    mirror: str | None = None,
    file: str | Path | None = None,
) -> xr.Dataset:
    """Load the published C-scores, or memorization, of a data set, verified.

    Parameters
    ----------
    name : {"cifar10", "cifar100", "imagenet", "mnist"} or one of these with ``-memorization``
        Memorization by Feldman and Zhang is there of CIFAR-100 and ImageNet.
    order : {"original", "tfds"}
        ``original`` is that of the data set's own files, which torchvision and the Hugging Face
        sets keep; ImageNet has none, and stays in the arbitrary order of the published file.
        ``tfds`` is that of TensorFlow Datasets.
    mirror : str, optional
        Base URL that is tried before the registered ones; the file name is appended.
    file : path, optional
        The published file, if it is on disk already.

    Returns
    -------
    xarray.Dataset
        Scores in memory: `cscore` float64 (example,) in 0..1, higher = more regular; where the file
        has memorization, `memorization` (example,) and as `cscore` 1 - memorization. Coordinates:
        `example` int64, the index in original order whatever the order of rows (ImageNet: the row
        of the published file); `label` int64, for MNIST only if its label file is in the cache;
        `filename` str for ImageNet. No profile. The attributes say where the scores come from, in
        which order they were and are, and how to cite them.

    Raises
    ------
    InvalidInputError
        If there are no such scores, no such order, or the file is not what the registry says.
    DownloadError
        If the file cannot be had with the right bytes.

    Examples
    --------
    >>> scores = load_published("cifar10")  # doctest: +SKIP
    >>> round(float(scores["cscore"].mean()), 5)  # doctest: +SKIP
    0.76401
    """
    if name not in REGISTRY:
        raise InvalidInputError(
            f"published scores: found {name!r}, expected one of {', '.join(NAMES)}"
        )
    if order not in ("original", "tfds"):
        raise InvalidInputError(f"order: found {order!r}, expected original or tfds")

    entry = REGISTRY[name]
    if file is None:
        file = _fetch(entry, mirror)
    elif entry.digest is not None:
        verify(file, entry.digest)
    arrays = read_published(entry, Path(file))
    # Only a file that holds such scores is pinned.
    digest = entry.digest or check_pin(Path(file), entry.file)
    scores = _as_scores(entry, arrays, digest)

    if order == "tfds":
        scores = _in_tfds_order(scores)
    return scores.assign_attrs(history=history_line("load_published", [name, order]))


def _in_tfds_order(scores: xr.Dataset) -> xr.Dataset:
    keys: int | np.ndarray = scores.sizes["example"]
    # ImageNet's examples have their file name as a key, those of the other sets their number.
    if "filename" in scores.coords:
        keys = scores["filename"].values
    return scores.isel(example=tfds_permutation(keys)).assign_attrs(example_order="tfds")


def _fetch(entry: Published, mirror: str | None) -> Path:
    urls = list(entry.urls)
    if mirror is not None:
        urls.insert(0, f"{mirror.rstrip('/')}/{entry.file}")
    return fetch("published", entry.file, urls=urls, digest=entry.digest)


def _as_scores(entry: Published, arrays: dict[str, np.ndarray], digest: str) -> xr.Dataset:
    """Scores in original order."""
    if entry.order == "tfds":
        arrays = {name: to_original(values) for name, values in arrays.items()}

    coords = {"example": np.arange(entry.examples)}
    label = _labels(arrays)
    if label is not None:
        coords["label"] = label
    if "filenames" in arrays:
        coords["filename"] = arrays["filenames"]

    scores = xr.Dataset(
        coords={name: coordinate(name, values) for name, values in coords.items()},
        attrs=_attrs(entry, digest),
    )
    if entry.quantity == "memorization":
        attrs = {"long_name": "1 - memorization", "units": "1"}
        scores["cscore"] = ("example", 1 - arrays["scores"], attrs)
        scores["memorization"] = ("example", arrays["scores"], describe("memorization"))
    else:
        scores["cscore"] = ("example", arrays["scores"], describe("cscore"))
    if entry.order == "arbitrary":
        scores["example"].attrs["long_name"] = "row of the published file"
    return validate_scores(scores)


def _labels(arrays: dict[str, np.ndarray]) -> np.ndarray | None:
    if "labels" in arrays:
        return arrays["labels"]
    # Only the file for MNIST has none.
    return MNIST.cached_label()


def _attrs(entry: Published, digest: str) -> dict[str, str]:
    title, direction = f"Published C-scores of {entry.dataset}", "higher = more regular"
    if entry.quantity == "memorization":
        title = f"1 - published memorization of {entry.dataset}"
        direction = "1 - memorization: higher = more regular"
    attrs = {
        "title": title,
        "dataset": entry.dataset,
        "source": entry.urls[0],
        "digest": digest,
        "citation": entry.citation,
        "direction": direction,
        "published_order": entry.order,
        "example_order": "arbitrary" if entry.order == "arbitrary" else "original",
    }
    if entry.comment:
        attrs["comment"] = entry.comment
    return attrs
