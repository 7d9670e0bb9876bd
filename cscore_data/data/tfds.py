"""Reader of data sets of TensorFlow Datasets (TFDS), without tensorflow where that is possible."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from cscore_data.data.images import decode_images
from cscore_data.data.named_sets import NAMED_SETS
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.order import id_index, tfds_permutation
from cscore_data.data.raw_examples import RawExamples
from cscore_data.errors import InvalidInputError


def read_tfds(name: str, options: LoadOptions = DEFAULT_OPTIONS) -> RawExamples:
    """Read the training split of a TFDS data set, from the data folder of TFDS.

    A data set that is prepared there as array_record or parquet is read without tensorflow. If
    tensorflow is installed, any other form is read too, and a data set that is not there is
    downloaded and prepared.

    Parameters
    ----------
    name : str
        As TFDS spells it: ``NAME[/CONFIG][:VERSION]``.
    options : LoadOptions
        `size` and `skip_damaged`.

    Returns
    -------
    RawExamples
        `image` uint8 (example, height, width[, 3]), `label` int64 (example,), `class_names`; in
        original order where ids like ``train_00042`` or the keys of TFDS tell it, otherwise
        `order` is ``tfds``.

    Raises
    ------
    InvalidInputError
        If tensorflow is needed and not installed, or this is not a set of labelled images.

    Examples
    --------
    With ``mnist`` prepared in ``~/tensorflow_datasets``:

    >>> examples = read_tfds("mnist:3.0.1")  # doctest: +SKIP
    >>> examples.image.shape, examples.order  # doctest: +SKIP
    ((60000, 28, 28), 'original')
    """
    import tensorflow_datasets as tfds

    source = f"tfds:{name}"
    try:
        builder = tfds.builder(name)
        return _read_builder(source, builder, options)
    except InvalidInputError:
        raise
    # TFDS raises AssertionError, KeyError, its own exceptions, …, some with pages of text.
    except Exception as error:
        text = str(error).strip() or type(error).__name__
        first_line = text.splitlines()[0]
        raise InvalidInputError(
            f"{source}: tensorflow-datasets cannot read it ({first_line})"
        ) from error


def _read_builder(source: str, builder: Any, options: LoadOptions) -> RawExamples:
    random_access = _prepare(source, builder)
    image, label = _feature_names(source, builder.info)
    rows = _read_rows(builder, image, random_access=random_access)

    # Images stay encoded until their order is known, so that they are decoded once, into place.
    encoded = []
    labels = []
    ids = []
    for row in rows:
        encoded.append(row[image])
        labels.append(row[label])
        ids.append(row.get("id"))

    index = _original_index(builder.name, ids)
    if index is None:
        order = "tfds"
        rows_in_order = np.arange(len(labels))
    else:
        order = "original"
        rows_in_order = np.argsort(index)
    decoded = decode_images(source, [encoded[row] for row in rows_in_order], options)
    return decoded.with_labels(
        np.array(labels)[rows_in_order],
        class_names=tuple(builder.info.features[label].names),
        order=order,
    )


def _prepare(source: str, builder: Any) -> bool:
    """Make sure that the data set is on disk; True if it is in a form read without tensorflow."""
    from tensorflow_datasets.core import FileFormat

    # Not builder.is_prepared(), which logs a warning if there is nothing.
    if (builder.data_path / "dataset_info.json").exists():
        formats = builder.info.available_file_formats()
        if formats & FileFormat.with_random_access():
            return True
    if find_spec("tensorflow") is None:
        raise InvalidInputError(
            f"{source}: not prepared as array_record in {builder.data_path}, and tensorflow, which "
            "prepares it and reads other forms, is not installed; pip install tensorflow"
        )
    builder.download_and_prepare()
    return False


def _read_rows(builder: Any, image: str, *, random_access: bool) -> Any:
    """All rows of the training split, in TFDS order, with encoded images."""
    import tensorflow_datasets as tfds

    decoders = {image: tfds.decode.SkipDecoding()}
    if random_access:
        data = builder.as_data_source("train", decoders=decoders)
        # All rows in one call take a sixth of the time of one call per row.
        return data.__getitems__(range(len(data)))
    # One file after the other, in the order in which they were written.
    config = tfds.ReadConfig(interleave_cycle_length=1)
    dataset = builder.as_dataset(split="train", decoders=decoders, read_config=config)
    return tfds.as_numpy(dataset)


def _feature_names(source: str, info: Any) -> tuple[str, str]:
    """Names of the features that hold the image and its class.

    These are the ones that the data set declares as supervised, or else the only ones of their
    type.
    """
    from tensorflow_datasets import features as types

    features = {}
    if isinstance(info.features, types.FeaturesDict):
        features = dict(info.features)
    images = [name for name, kind in features.items() if isinstance(kind, types.Image)]
    labels = [name for name, kind in features.items() if isinstance(kind, types.ClassLabel)]

    chosen = ("", "")
    if info.supervised_keys:
        chosen = info.supervised_keys[:2]
    elif len(images) == 1 and len(labels) == 1:
        chosen = (images[0], labels[0])
    image, label = chosen
    if image not in images or label not in labels:
        found = ", ".join(sorted(features)) or "of another kind"
        raise InvalidInputError(
            f"{source}: found features {found}, expected one image with one class"
        )

    if "train" not in info.splits:
        splits = ", ".join(info.splits) or "none"
        raise InvalidInputError(f"{source}: found splits {splits}, expected one named train")
    return image, label


def _original_index(name: str, ids: Sequence[Any]) -> np.ndarray | None:
    """Index of each row in the original files, int64 (row,), or None if nothing tells it."""
    if all(isinstance(text, bytes) and text.startswith(b"train_") for text in ids):
        index = _index_from_ids(ids)
        if index is not None:
            return index
    keyed_by_index = {named_set.tfds_name for named_set in NAMED_SETS.values()}
    if name in keyed_by_index:
        return tfds_permutation(len(ids))
    return None


def _index_from_ids(ids: Sequence[bytes]) -> np.ndarray | None:
    try:
        index = id_index(ids)
    except InvalidInputError:
        return None
    # Only a complete split can be brought into original order.
    if not np.array_equal(np.sort(index), np.arange(len(ids))):
        return None
    return index
