"""Sets of encoded images, PNG or JPEG, with a label each: parquet files, and tensorflow-datasets."""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from cscore_data.errors import InvalidInputError
from cscore_data.order import id_index, tfds_permutation
from cscore_data.readers import Arrays, check_fits

if TYPE_CHECKING:
    import pyarrow

#: No format that starts another program (EPS does) or that image sets do not use.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")

#: Pixels of an image. A set is held in memory, so its images are small; a bomb says that it is large.
_LARGEST_IMAGE = 1 << 24

#: How PIL's modes become arrays without loss: grey (height, width) or colour (height, width, 3).
_MODES = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB"}


def read_parquet(path: str, image: str | None = None, label: str | None = None) -> Arrays:
    """Read images and labels from a parquet file laid out as the Hugging Face hub does.

    Parameters
    ----------
    path : str
    image : str, optional
        Column of structs with the encoded images in `bytes` and perhaps their names in `path`. By default the one named
        image or img, or else the only one.
    label : str, optional
        Column of whole numbers. By default the one named label or fine_label, or else the only one.

    Returns
    -------
    Arrays
        `image` uint8 (example, height, width[, 3]) and `label` int (example,), in the order of the file; `class_names`
        where the file's metadata has them; `filename` where every image has a `path` of its own.

    Raises
    ------
    InvalidInputError
        If the file is damaged, columns cannot be told or hold nulls, or an image cannot be decoded.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            image, label = _columns(path, file.schema_arrow, image, label)
            check_fits(path, _unpacked_size(file.metadata))
            return _from_table(path, file.read([image, label]), image, label)
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:
        raise InvalidInputError(f"{path}: not a readable parquet file ({error})") from error


def _columns(path: str, schema: "pyarrow.Schema", image: str | None, label: str | None) -> tuple[str, str]:
    from pyarrow import types

    def is_image(kind: "pyarrow.DataType") -> bool:
        return types.is_struct(kind) and any(
            field.name == "bytes" and (types.is_binary(field.type) or types.is_large_binary(field.type))
            for field in kind
        )

    def choose(given: str | None, what: str, fits: Callable[[Any], bool], preferred: Sequence[str]) -> str:
        candidates = [field.name for field in schema if fits(field.type)]
        wanted = [given] if given else [name for name in preferred if name in candidates][:1] or candidates
        if len(wanted) == 1 and candidates.count(wanted[0]) == 1:
            return wanted[0]
        found = ", ".join(f"{field.name} ({str(field.type)[:40]})" for field in schema)
        raise InvalidInputError(
            f"{path}: found columns {found}; expected one {what}{f' named {given}' if given else ''}; say which with "
            "PATH.parquet:IMAGE:LABEL"
        )

    return (
        choose(image, "of structs with the images in bytes", is_image, ("image", "img")),
        choose(label, "of whole numbers", types.is_integer, ("label", "fine_label")),
    )


def _unpacked_size(metadata: "pyarrow.parquet.FileMetaData") -> int:
    groups = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    # A row costs at least 100 bytes as Python objects, though a run of a million equal rows may take 10 in the file.
    return int(groups + 100 * metadata.num_rows)


def _from_table(path: str, table: "pyarrow.Table", image: str, label: str) -> Arrays:
    from pyarrow import compute

    encoded = compute.struct_field(table[image], "bytes")
    for name, column in ((f"{image}.bytes", encoded), (label, table[label])):
        if column.null_count:
            row = column.is_null().to_numpy().argmax()
            raise InvalidInputError(
                f"{path}: {name} is missing in {column.null_count} of {len(column)} rows (the first: {row}); expected "
                "images inside the file and a label for each"
            )
    return Arrays(
        decode_images(path, encoded.to_pylist()),
        table[label].to_numpy(),
        _hub_class_names(table.schema.metadata, label),
        _filenames(table[image]),
    )


def _filenames(images: "pyarrow.ChunkedArray") -> np.ndarray | None:
    from pyarrow import compute

    if images.type.get_field_index("path") < 0:
        return None
    names = compute.struct_field(images, "path").to_pylist()
    named = all(isinstance(name, str) and name for name in names)
    return np.array(names) if named and len(set(names)) == len(names) else None


def _hub_class_names(metadata: dict[bytes, bytes] | None, label: str) -> tuple[str, ...]:
    """Names of classes as the `datasets` library writes them beside the schema; empty where it does not."""
    try:
        names = json.loads((metadata or {})[b"huggingface"])["info"]["features"][label]["names"]
    except (KeyError, TypeError, ValueError):
        return ()
    return tuple(map(str, names)) if isinstance(names, list) else ()


#: TFDS sets whose examples are keyed by their index in the original files, so that their order can be undone.
_KEYED_BY_INDEX = ("mnist", "fashion_mnist", "cifar10", "cifar100")


def read_tfds(name: str) -> Arrays:
    """Read the training split of a set through tensorflow-datasets, from its own data folder.

    A set that is prepared there as array_record or parquet is read without tensorflow. With tensorflow installed, any
    other form is read too, and a set that is not there is downloaded and prepared.

    Parameters
    ----------
    name : str
        As TFDS spells it: ``NAME[/CONFIG][:VERSION]``.

    Returns
    -------
    Arrays
        `image` uint8 (example, height, width[, 3]), `label` int64 (example,), `class_names`; in original order where
        ids like ``train_00042`` or the keys of TFDS tell it, else `order` is ``tfds``.

    Raises
    ------
    InvalidInputError
        If tensorflow is needed and not installed, or this is no set of labelled images.
    """
    import tensorflow_datasets as tfds

    source = f"tfds:{name}"
    try:
        return _from_tfds(source, tfds, tfds.builder(name))
    except InvalidInputError:
        raise
    except Exception as error:  # TFDS raises AssertionError, KeyError, its own, …, some with pages of text
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidInputError(f"{source}: tensorflow-datasets cannot read it ({reason})") from error


def _from_tfds(source: str, tfds: Any, builder: Any) -> Arrays:
    random_access = _prepared(source, tfds, builder)
    image, label = _tfds_keys(source, tfds, builder.info)
    decoders = {image: tfds.decode.SkipDecoding()}
    if random_access:
        data = builder.as_data_source("train", decoders=decoders)
        rows = data.__getitems__(range(len(data)))  # all at once takes a sixth of the time of one by one
    else:
        # One file after the other, in the order in which they were written.
        config = tfds.ReadConfig(interleave_cycle_length=1)
        rows = tfds.as_numpy(builder.as_dataset(split="train", decoders=decoders, read_config=config))
    encoded, labels, ids = zip(*((row[image], row[label], row.get("id")) for row in rows), strict=True)
    place = _original_index(builder.name, ids)
    by_place = np.arange(len(ids)) if place is None else np.argsort(place)
    return Arrays(
        decode_images(source, [encoded[row] for row in by_place]),
        np.array(labels)[by_place],
        tuple(builder.info.features[label].names),
        order="tfds" if place is None else "original",
    )


def _prepared(source: str, tfds: Any, builder: Any) -> bool:
    """Have the set on disk; True if in a form that is read without tensorflow."""
    # Not builder.is_prepared(), which logs a warning where there is nothing.
    if (builder.data_path / "dataset_info.json").exists():
        formats = builder.info.available_file_formats()
        if formats & tfds.core.FileFormat.with_random_access():
            return True
    if find_spec("tensorflow") is None:
        raise InvalidInputError(
            f"{source}: not prepared as array_record in {builder.data_path}, and tensorflow, which prepares it and "
            "reads other forms, is not installed; pip install tensorflow"
        )
    builder.download_and_prepare()
    return False


def _tfds_keys(source: str, tfds: Any, info: Any) -> tuple[str, str]:
    """Names of the features with the image and its class: those that the set says to learn from, or the only ones."""
    features = dict(info.features) if isinstance(info.features, tfds.features.FeaturesDict) else {}
    images, labels = (
        [key for key, feature in features.items() if isinstance(feature, kind)]
        for kind in (tfds.features.Image, tfds.features.ClassLabel)
    )
    only = (images[0], labels[0]) if len(images) == len(labels) == 1 else ("", "")
    image, label = (info.supervised_keys or only)[:2]
    if image not in images or label not in labels:
        found = ", ".join(sorted(features)) or "of another kind"
        raise InvalidInputError(f"{source}: found features {found}, expected one image with one class")
    if "train" not in info.splits:
        raise InvalidInputError(f"{source}: found splits {', '.join(info.splits) or 'none'}, expected one named train")
    return image, label


def _original_index(name: str, ids: Sequence[Any]) -> np.ndarray | None:
    """The place of each row in the set's original files: int64 (row,), a permutation; None where nothing tells it."""
    if all(isinstance(text, bytes) and text.startswith(b"train_") for text in ids):
        with suppress(InvalidInputError):
            index = id_index(ids)
            if np.array_equal(np.sort(index), np.arange(len(ids))):
                return index
    return tfds_permutation(len(ids)) if name in _KEYED_BY_INDEX else None


def decode_images(source: str, encoded: Sequence[bytes]) -> np.ndarray:
    """Decode PNG, JPEG, WebP or BMP images of one size, all grey or all in colour.

    Parameters
    ----------
    source : str
        Where they come from, for messages.
    encoded : sequence of bytes

    Returns
    -------
    uint8 (example, height, width) or (example, height, width, 3)

    Raises
    ------
    InvalidInputError
        If one cannot be decoded, has transparency or more than 8 bits, or has another shape than the first.
    """
    if not encoded:
        raise InvalidInputError(f"{source}: found no images")
    first = _decode(source, 0, encoded[0])
    check_fits(source, len(encoded) * first.size)
    images = np.empty((len(encoded), *first.shape), np.uint8)
    for row, data in enumerate(encoded):
        pixels = _decode(source, row, data)
        if pixels.shape != first.shape:
            raise InvalidInputError(
                f"{source}: image {row} has shape {pixels.shape}, expected {first.shape} as image 0; bring all images "
                "to one size, all grey or all in colour"
            )
        images[row] = pixels
    return images


def _decode(source: str, row: int, data: bytes) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            mode = image.mode
            if mode in _MODES and "transparency" not in image.info and image.width * image.height <= _LARGEST_IMAGE:
                return np.asarray(image if mode == _MODES[mode] else image.convert(_MODES[mode]))
            found = f"{image.width} x {image.height} pixels, mode {mode}"
    except Exception as error:  # PIL's decoders raise whatever happens to them: SyntaxError, struct.error, …
        raise InvalidInputError(f"{source}: image {row} cannot be decoded ({error})") from error
    raise InvalidInputError(
        f"{source}: image {row} has {found}, expected 8-bit grey or RGB without transparency and at most "
        f"{_LARGEST_IMAGE} pixels; convert the images"
    )
