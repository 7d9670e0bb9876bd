"""The C-scores that their authors published: where the files are, what they hold, in which order."""

import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import xarray as xr

from cscore_data import order as orders
from cscore_data.download import fetch, verify
from cscore_data.errors import DownloadError, InvalidInputError
from cscore_data.provenance import history_line
from cscore_data.readers import npy_header, read_idx
from cscore_data.schema import describe, validate_scores

CITATION = (
    "Ziheng Jiang, Chiyuan Zhang, Kunal Talwar, Michael C. Mozer: Characterizing Structural Regularities of Labeled "
    "Data in Overparameterized Models. ICML 2021, PMLR 139"
)

#: Arrays of the CIFAR files, with their dtype kinds.
_LABELLED = {"labels": "iu", "scores": "f"}

_RAW = "https://raw.githubusercontent.com/pluskid/structural-regularity/master/"
_RAW_TOO = "https://github.com/pluskid/structural-regularity/raw/master/"

_MNIST_LABELS = "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"


def _mirrors(file: str) -> tuple[str, ...]:
    return (f"https://pluskid.github.io/structural-regularity/cscores/{file}", f"{_RAW}docs/cscores/{file}")


@dataclass(frozen=True)
class Published:
    """A published file, and what must be true of it.

    Attributes
    ----------
    dataset : str
        Name, as `load_examples` knows it.
    urls : tuple of str
        Mirrors, tried in this order; the file name is the same at all.
    digest : str
        ``sha256:HEX``, or ``git-blob:HEX`` where that is what is known.
    examples, classes : int
    order : {"original", "tfds", "arbitrary"}
        What the file's rows are in.
    arrays : mapping of str to str
        The arrays in an npz file, with their dtype kinds; a npy file holds one.
    score_range : tuple of float
        The scores, rounded to five digits, lie in it; measured where the file was at hand.
    first_labels : tuple of int
    comment : str
        What a user of the scores should know beside all that.
    """

    dataset: str
    urls: tuple[str, ...]
    digest: str
    examples: int
    classes: int
    order: str
    arrays: Mapping[str, str] = field(default_factory=lambda: _LABELLED)
    score_range: tuple[float, float] = (0.0, 1.0)
    first_labels: tuple[int, ...] = ()
    comment: str = ""

    @property
    def file(self) -> str:
        """File name, at the mirrors and in the cache."""
        return self.urls[0].rpartition("/")[2]


#: To add a file: its entry here.
_ENTRIES = (
    Published(
        dataset="cifar10",
        urls=_mirrors("cifar10-cscores-orig-order.npz"),
        digest="sha256:0f8b3e219fd37867fc1ef532335b6169f8109d137275ae53b802bb8177556ac8",
        examples=50_000,
        classes=10,
        order="original",
        score_range=(0.00417, 0.91499),
        first_labels=(6, 9, 9, 4, 1, 1, 2, 7, 8, 3),
    ),
    Published(
        dataset="cifar100",
        urls=_mirrors("cifar100-cscores-orig-order.npz"),
        digest="sha256:8e1f3cfc7075052ae2ff4d4b66441dfe399b0d0e125394675cb52b5cc3c18a3a",
        examples=50_000,
        classes=100,
        order="original",
        comment="labels are the fine ones",
    ),
    Published(
        dataset="imagenet",
        urls=_mirrors("imagenet-cscores-with-filename.npz"),
        digest="git-blob:18f1ae2d151ffc92be2501ac20a1d639bc7de1c5",
        examples=1_281_167,
        classes=1000,
        order="arbitrary",
        arrays={**_LABELLED, "filenames": "S"},
        comment="subset ratio 0.7 only; join with your own examples by filename",
    ),
    Published(
        dataset="mnist",
        urls=(f"{_RAW}mnist-cscores.npy", f"{_RAW_TOO}mnist-cscores.npy"),
        digest="sha256:2e0d1a2dd4be77592e4d4570df7ae764068398187bde7c02aa071a2e05a99a34",
        examples=60_000,
        classes=10,
        order="tfds",
        arrays={"scores": "f"},
        comment="from the authors' demo, 200 runs a ratio; not the scores of the paper",
    ),
)

REGISTRY = {entry.dataset: entry for entry in _ENTRIES}
NAMES = tuple(REGISTRY)


def load_published(
    name: str, *, order: str = "original", mirror: str | None = None, file: str | Path | None = None
) -> xr.Dataset:
    """The published C-scores of a data set, verified, in the order of one's own loader.

    Parameters
    ----------
    name : {"cifar10", "cifar100", "imagenet", "mnist"}
    order : {"original", "tfds"}
        ``original`` is that of the data set's own files, which torchvision and the Hugging Face sets keep; ImageNet has
        none, and stays in the arbitrary order of the published file. ``tfds`` is that of TensorFlow Datasets.
    mirror : str, optional
        Base URL that is tried before the registered ones; the file name is appended.
    file : path, optional
        The published file, if it is on disk already.

    Returns
    -------
    xarray.Dataset
        Scores in memory: `cscore` float64 (example,) in 0..1, higher = more regular. Coordinates: `example` int64, the
        index in original order whatever the order of rows (ImageNet: the row of the published file); `label` int64,
        for MNIST only if its label file is in the cache; `filename` str for ImageNet. No profile. Attrs say where the
        scores come from, in which order they were and are, and how to cite them.

    Raises
    ------
    InvalidInputError
        If there are no such scores, no such order, or the file is not what its entry in the registry says.
    DownloadError
        If the file cannot be had with the right bytes.
    """
    if name not in REGISTRY:
        raise InvalidInputError(f"published scores: found {name!r}, expected one of {', '.join(NAMES)}")
    if order not in ("original", "tfds"):
        raise InvalidInputError(f"order: found {order!r}, expected original or tfds")
    entry = REGISTRY[name]
    if file is None:
        base = () if mirror is None else (f"{mirror.rstrip('/')}/{entry.file}",)
        file = fetch("published", entry.file, urls=(*base, *entry.urls), digest=entry.digest)
    else:
        verify(file, entry.digest)
    scores = _as_scores(entry, read_published(entry, Path(file)))
    if order == "tfds":
        keys = scores["filename"].values if "filename" in scores.coords else entry.examples
        scores = scores.isel(example=orders.tfds_permutation(keys)).assign_attrs(example_order="tfds")
    return scores.assign_attrs(history=history_line("load_published", [name, order]))


def read_published(entry: Published, path: Path) -> dict[str, np.ndarray]:
    """The arrays of a published file as they are there, checked against the registry.

    Returns
    -------
    dict
        `scores` float64 (example,) and, where the file has them, `labels` int64 and `filenames` str, in its own order.

    Raises
    ------
    InvalidInputError
        If an array is missing or too many, of another dtype or length, or a value is out of range; says which.
    """
    try:
        if entry.file.endswith(".npz"):
            arrays = _read_npz(entry, path)
        else:
            arrays = {"scores": _read_array(entry, "scores", lambda: path.open("rb"))}
    except InvalidInputError:
        raise
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())
        raise InvalidInputError(f"{path}: not a readable file of plain arrays ({reason}); get a fresh copy") from error
    _check_values(entry, arrays)
    return arrays


#: What zipfile, zlib and numpy say of a file that is cut short, damaged or none of theirs.
_UNREADABLE = (
    *(OSError, EOFError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)

#: Dtypes that the arrays get; numpy's variable-length strings are what Zarr v3 has a specification for.
_DTYPES: dict[str, Any] = {"scores": np.float64, "labels": np.int64, "filenames": np.dtypes.StringDType()}


def _read_npz(entry: Published, path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        found, expected = sorted(archive.namelist()), sorted(f"{name}.npy" for name in entry.arrays)
        if found != expected:
            raise InvalidInputError(
                f"{entry.file}: found {', '.join(found[:5]) or 'no arrays'}, expected {', '.join(expected)}"
            )
        return {name: _read_array(entry, name, partial(archive.open, f"{name}.npy")) for name in entry.arrays}


def _read_array(entry: Published, name: str, open_file: Callable[[], IO[bytes]]) -> np.ndarray:
    with open_file() as file:
        shape, dtype = npy_header(file)
    # 255 bytes: a file name is not longer on any usual file system.
    if shape != (entry.examples,) or dtype.kind not in entry.arrays[name] or dtype.itemsize > 255:
        raise InvalidInputError(
            f"{entry.file}: {name} has shape {shape} and dtype {dtype}, expected ({entry.examples},) and a dtype of "
            f"kind {entry.arrays[name]!r}"
        )
    with open_file() as file:
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    # By way of "U", which decodes ASCII: StringDType takes any bytes unchecked and fails later.
    return (array.astype("U") if dtype.kind == "S" else array).astype(_DTYPES[name])


def _check_values(entry: Published, arrays: Mapping[str, np.ndarray]) -> None:
    labels = arrays.get("labels")
    _check_range(f"{entry.file}: scores", arrays["scores"].round(5), *entry.score_range)
    if labels is not None:
        _check_range(f"{entry.file}: labels", labels, 0, entry.classes - 1)
        first = tuple(labels[: len(entry.first_labels)].tolist())
        if first != entry.first_labels:
            raise InvalidInputError(f"{entry.file}: labels begin {first}, expected {entry.first_labels}")
    if "filenames" in arrays:
        orders.check_unique(arrays["filenames"], f"{entry.file}: filenames")


def _check_range(what: str, values: np.ndarray, low: float, high: float) -> None:
    if not ((values >= low) & (values <= high)).all():  # NaN is in no range
        raise InvalidInputError(f"{what} span {values.min()}..{values.max()}, expected {low}..{high}")


def _as_scores(entry: Published, arrays: dict[str, np.ndarray]) -> xr.Dataset:
    """Scores in original order."""
    if entry.order == "tfds":
        arrays = {name: orders.to_original(values) for name, values in arrays.items()}
    label = arrays["labels"] if "labels" in arrays else _mnist_labels_at_hand()
    coords = {"example": np.arange(entry.examples), "label": label, "filename": arrays.get("filenames")}
    scores = xr.Dataset(
        {"cscore": ("example", arrays["scores"], describe("cscore"))},
        {name: ("example", values, describe(name)) for name, values in coords.items() if values is not None},
        _attrs(entry),
    )
    if entry.order == "arbitrary":
        scores["example"].attrs["long_name"] = "row of the published file"
    return validate_scores(scores)


def _attrs(entry: Published) -> dict[str, str]:
    attrs = {
        "title": f"Published C-scores of {entry.dataset}",
        "dataset": entry.dataset,
        "source": entry.urls[0],
        "digest": entry.digest,
        "citation": CITATION,
        "direction": "higher = more regular",
        "published_order": entry.order,
        "example_order": "arbitrary" if entry.order == "arbitrary" else "original",
    }
    return attrs | ({"comment": entry.comment} if entry.comment else {})


def _mnist_labels_at_hand() -> np.ndarray | None:
    """The labels of MNIST in original order, int64 (example,), if its label file is in the cache."""
    try:
        path = fetch("mnist", "train-labels-idx1-ubyte.gz", urls=(), digest=_MNIST_LABELS)
    except DownloadError:
        return None
    return read_idx(path, ndim=1).astype(np.int64)
