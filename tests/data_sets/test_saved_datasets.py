"""Folders as ``save_to_disk`` of the library datasets writes them."""

import json

import numpy as np
import pytest

from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples, short_name
from cscore_data.errors import InvalidInputError
from encoded_images import COLOUR, LABEL, encode

NAMES = ["cat", "dog", "eel"]


def save(folder, columns, *, shards=1, names=NAMES, **state):
    """Write a folder of one split, without the library."""
    import pyarrow

    folder.mkdir(parents=True)
    features = {"label": {"names": names, "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pyarrow.table(columns).replace_schema_metadata(metadata)
    files = [f"data-{number:05d}-of-{shards:05d}.arrow" for number in range(shards)]
    size = len(table) // shards
    for number, file in enumerate(files):
        part = table.slice(number * size, size)
        with pyarrow.ipc.new_stream(str(folder / file), part.schema) as stream:
            stream.write_table(part)
    entries = [{"filename": file} for file in files]
    (folder / "state.json").write_text(json.dumps({"_data_files": entries, **state}))
    (folder / "dataset_info.json").write_text("{}")
    return str(folder)


IMAGES = {
    "image": [{"bytes": encode(pixels), "path": None} for pixels in COLOUR],
    "label": LABEL,
}


@pytest.mark.parametrize("shards", [1, 3])
def test_images(tmp_path, shards):
    path = save(tmp_path / "animals", IMAGES, shards=shards)
    examples = load_examples(path)
    np.testing.assert_array_equal(examples.image, COLOUR)
    np.testing.assert_array_equal(examples.label, LABEL)
    assert examples.class_names == tuple(NAMES)
    assert short_name(path) == short_name(f"{path}/") == "animals"


def test_texts_with_rows_that_have_no_label(tmp_path):
    text = ["red car", "red bus", "blue car", "blue bus"]
    path = save(tmp_path / "q", {"text": text, "label": [0, 1, -1, 1]}, names=["a", "b"])
    examples = load_examples(path, LoadOptions(text="text", drop_unlabelled=True))
    assert examples.text.tolist() == ["red car", "red bus", "blue bus"]
    assert examples.index.tolist() == [0, 1, 3]


def test_of_several_splits_train_is_read(tmp_path):
    save(tmp_path / "all" / "train", IMAGES)
    splits = tmp_path / "all" / "dataset_dict.json"
    splits.write_text('{"splits": ["test", "train"]}')
    examples = load_examples(str(tmp_path / "all"))
    assert len(examples) == 12
    assert examples.notes[0].endswith("has the splits test, train; train is read")
    assert len(load_examples(str(tmp_path / "all" / "train"))) == 12
    splits.write_text('{"splits": ["test"]}')
    with pytest.raises(InvalidInputError, match=r"found the splits \['test'\], expected one named"):
        load_examples(str(tmp_path / "all"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("state.json", "{", "state.json: cannot be read"),
        ("state.json", "[]", "found list, expected an object"),
        ("state.json", "{}", "found no names of files in this folder"),
        ("state.json", '{"_data_files": [{"filename": "../secret.arrow"}]}', "found no names of"),
        ("state.json", '{"_data_files": [{"filename": "none.arrow"}]}', "no such file"),
        ("data-00000-of-00001.arrow", "", "not a readable arrow file"),
        ("data-00000-of-00001.arrow", "not arrow at all", "not a readable arrow file"),
    ],
)
def test_damaged_folders_are_refused(tmp_path, name, content, message):
    path = save(tmp_path / "a", IMAGES)
    (tmp_path / "a" / name).write_text(content)
    with pytest.raises(InvalidInputError, match=message):
        load_examples(path)


def test_rows_selected_by_an_old_version_are_refused(tmp_path):
    path = save(tmp_path / "a", IMAGES, _indices_files=[{"filename": "indices.arrow"}])
    with pytest.raises(InvalidInputError, match="save it again with flatten_indices"):
        load_examples(path)


def test_what_the_library_writes(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"a": datasets.Value("float32"), "label": datasets.ClassLabel(2)})
    columns = {"a": [0.5, 1.0, 2.0, 4.0], "label": [0, 1, 1, 0]}
    dataset = datasets.Dataset.from_dict(columns, features=features)
    dataset.save_to_disk(tmp_path / "a")
    assert load_examples(str(tmp_path / "a")).image.ravel().tolist() == columns["a"]
