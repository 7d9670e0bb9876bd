"""Images in parquet files as the Hugging Face hub has them: sizes, orientation, damage, shards."""

import json

import numpy as np
import pyarrow
import pytest
from PIL import Image
from pyarrow.parquet import write_table

from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError
from encoded_images import COLOUR, LABEL, encode

NAMES = {"label": {"names": ["cat", "dog", "hen"], "_type": "ClassLabel"}}


def write(path, files, label=LABEL):
    """Write encoded images and labels, with the names of classes; returns the path."""
    rows = [{"bytes": file, "path": f"{row:05d}.png"} for row, file in enumerate(files)]
    table = pyarrow.table({"image": rows, "label": label})
    metadata = {"huggingface": json.dumps({"info": {"features": NAMES}})}
    write_table(table.replace_schema_metadata(metadata), path)
    return str(path)


def test_images_of_different_sizes_need_a_size(tmp_path):
    files = [encode(pixels[:, : 3 + row % 3]) for row, pixels in enumerate(COLOUR)]
    path = write(tmp_path / "a.parquet", files)
    with pytest.raises(InvalidInputError, match="image 0 has 3 x 6 pixels, image 1 has 4 x 6; "):
        load_examples(path)
    examples = load_examples(path, LoadOptions(size=4))
    assert examples.image.shape == (12, 4, 4, 3)
    assert examples.class_names == ("cat", "dog", "hen")


def test_images_are_turned_as_exif_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [encode(pixels, exif=exif) for pixels in COLOUR]
    found = load_examples(write(tmp_path / "a.parquet", files)).image
    np.testing.assert_array_equal(found, np.rot90(COLOUR, -1, axes=(1, 2)))


def test_damaged_images_are_left_out_on_request(tmp_path):
    files = [encode(pixels) for pixels in COLOUR]
    files[5] = files[5][:60]
    path = write(tmp_path / "a.parquet", files)
    with pytest.raises(InvalidInputError, match=r"image 5 cannot be decoded.*--skip-damaged"):
        load_examples(path)
    examples = load_examples(path, LoadOptions(skip_damaged=True))
    assert examples.index.tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert "00005.png" not in examples.filename
    assert examples.notes == ("1 damaged image of 12 left out: image 5",)


def test_shards_of_images_are_read_together(tmp_path):
    files = [encode(pixels) for pixels in COLOUR]
    first = write(tmp_path / "train-00000-of-00002.parquet", files[:7], LABEL[:7])
    with pytest.raises(InvalidInputError, match="train-00001-of-00002"):
        load_examples(first)
    write(tmp_path / "train-00001-of-00002.parquet", files[7:], LABEL[7:])
    for source in (first, f"{tmp_path}/train-*.parquet"):
        examples = load_examples(source)
        np.testing.assert_array_equal(examples.image, COLOUR)
        np.testing.assert_array_equal(examples.label, LABEL)
        assert examples.class_names == ("cat", "dog", "hen")
        assert len(examples.notes) == 1
