import json

import numpy as np
import pytest

from cscore_data.data.options import LoadOptions
from cscore_data.data.parquet import read_parquet_columns, read_parquet_examples
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError
from encoded_images import COLOUR, GREY, LABEL, encode


def structs(images=COLOUR, **changed):
    """A column as the Hugging Face hub has it; ``row_3=...`` replaces what is in that row."""
    rows = [
        {"bytes": encode(pixels), "path": f"train_{row:05d}.png"}
        for row, pixels in enumerate(images)
    ]
    for row, value in changed.items():
        rows[int(row.removeprefix("row_"))] = value
    return rows


@pytest.fixture
def parquet(tmp_path):
    """Write columns to a parquet file: ``parquet(image=…, label=…)``; gives its path."""
    import pyarrow
    from pyarrow.parquet import write_table

    def write(*, metadata=None, row_group_size=5, **columns):
        table = pyarrow.table(columns)
        write_table(
            table.replace_schema_metadata(metadata),
            tmp_path / "a.parquet",
            row_group_size=row_group_size,
        )
        return str(tmp_path / "a.parquet")

    return write


def hub_metadata(features):
    return {"huggingface": json.dumps({"info": {"features": features}})}


@pytest.mark.parametrize("images", [GREY, COLOUR], ids=["grey", "colour"])
def test_parquet_round_trip(parquet, images):
    path = parquet(image=structs(images), label=LABEL)
    found = read_parquet_examples(path)
    np.testing.assert_array_equal(found.image, images)
    np.testing.assert_array_equal(found.label, LABEL)
    assert found.filename.tolist() == [f"train_{row:05d}.png" for row in range(12)]
    assert found.class_names == ()
    assert load_examples(path).order == "original"


def test_parquet_columns_are_found_by_name_then_by_type(parquet):
    shifted = (LABEL + 1) % 3
    cifar100 = parquet(img=structs(), fine_label=LABEL, coarse_label=shifted)
    np.testing.assert_array_equal(read_parquet_examples(cifar100).label, LABEL)
    two_images = parquet(depth=structs(COLOUR[::-1]), image=structs(), label=LABEL)
    np.testing.assert_array_equal(read_parquet_examples(two_images).image, COLOUR)
    odd_names = parquet(
        photo=structs(), name=["a"] * 12, kind=LABEL.astype(np.int8), weight=np.ones(12)
    )
    np.testing.assert_array_equal(read_parquet_examples(odd_names).label, LABEL)


def test_parquet_columns_can_be_given(parquet):
    path = parquet(image=structs(), other=structs(COLOUR[::-1]), label=LABEL, coarse=LABEL[::-1])
    examples = load_examples(f"{path}:other:coarse")
    np.testing.assert_array_equal(examples.image, COLOUR[::-1])
    np.testing.assert_array_equal(examples.label, LABEL[::-1])
    assert examples.name == f"{path}:other:coarse"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"label": LABEL},
            "found no features in no columns, expected numbers that differ between rows",
        ),
        (
            {"image": structs()},
            r"found columns image \(struct.*; expected one column of whole numbers",
        ),
        (
            {"image": structs(), "name": list("abc") * 4},
            r"name \(string\); expected one column of whole numbers",
        ),
        (
            {"a": structs(), "b": structs(), "label": LABEL},
            "say which columns to use with PATH.parquet:IMAGE:LABEL",
        ),
        (
            {"image": structs(), "a": LABEL, "b": LABEL},
            "say which columns to use with PATH.parquet:IMAGE:LABEL",
        ),
        (
            {"image": [encode(pixels) for pixels in COLOUR], "label": LABEL},
            "found binary in image, expected numbers",
        ),
        (
            {"image": structs(row_7=None), "label": LABEL},
            r"image.bytes is missing in 1 of 12 rows \(the first: 7\)",
        ),
        (
            {"image": structs(row_8={"path": "x.png"}), "label": LABEL},
            r"image.bytes is missing in 1 .*first: 8\)",
        ),
        ({"image": structs(row_9={"bytes": b"?"}), "label": LABEL}, "image 9 cannot be decoded"),
        (
            {"image": structs(row_3={"bytes": encode(COLOUR[3, :5])}), "label": LABEL},
            r"image 3 ",
        ),
    ],
)
def test_parquet_corruptions(parquet, columns, message):
    with pytest.raises(InvalidInputError, match=message):
        read_parquet_examples(parquet(**columns))


def test_labels_of_images_may_be_of_any_type_and_missing(parquet):
    path = parquet(image=structs(), label=["b", "a", None] * 4)
    with pytest.raises(InvalidInputError, match=r"4 of 12 examples .*\(the first: example 2\)"):
        load_examples(path)
    examples = load_examples(path, LoadOptions(drop_unlabelled=True))
    assert examples.class_names == ("a", "b")
    assert examples.index.tolist() == [0, 1, 3, 4, 6, 7, 9, 10]
    assert examples.filename.tolist()[2] == "train_00003.png"
    whole = parquet(image=structs(), label=LABEL * 1.0)
    assert load_examples(whole).label.tolist() == LABEL.tolist()


def test_parquet_without_rows_is_refused(parquet):
    import pyarrow

    kind = pyarrow.struct({"bytes": pyarrow.binary()})
    with pytest.raises(InvalidInputError, match="found no images"):
        read_parquet_examples(
            parquet(image=pyarrow.array([], kind), label=pyarrow.array([], pyarrow.int64()))
        )


def test_a_given_column_that_is_not_there_or_of_another_type_is_refused(parquet):
    path = parquet(image=structs(), label=LABEL)
    with pytest.raises(
        InvalidInputError,
        match="expected one column of structs with the images in bytes named picture",
    ):
        load_examples(f"{path}:picture:label")
    with pytest.raises(InvalidInputError, match="expected one column of whole numbers named image"):
        load_examples(f"{path}:image:image")


def test_class_names_come_from_the_hubs_metadata(parquet):
    names = hub_metadata(
        {"image": {"_type": "Image"}, "label": {"names": ["a", "b", "c"], "_type": "ClassLabel"}}
    )
    assert load_examples(parquet(image=structs(), label=LABEL, metadata=names)).class_names == (
        "a",
        "b",
        "c",
    )


@pytest.mark.parametrize(
    "metadata",
    [
        {"huggingface": "{"},
        {"huggingface": "[]"},
        {"other": "x"},
        hub_metadata({}),
        hub_metadata({"label": None}),
    ],
)
def test_odd_metadata_means_no_class_names(parquet, metadata):
    assert (
        read_parquet_examples(parquet(image=structs(), label=LABEL, metadata=metadata)).class_names
        == ()
    )


def test_labels_outside_the_classes_are_refused(parquet):
    names = hub_metadata({"label": {"names": ["a", "b"]}})
    with pytest.raises(
        InvalidInputError,
        match=r"4 labels are not among its 2 classes \(the first: 2 of example 2\)",
    ):
        load_examples(parquet(image=structs(), label=LABEL, metadata=names))
    with pytest.raises(InvalidInputError, match=r"\(the first: -1 of example 0\), expected 0..1"):
        load_examples(parquet(image=structs(), label=LABEL - 1, metadata=names))


@pytest.mark.parametrize(
    "changed",
    [
        {"row_2": {"bytes": encode(COLOUR[2])}},
        {"row_2": {"bytes": encode(COLOUR[2]), "path": "train_00001.png"}},
    ],
    ids=["missing", "twice"],
)
def test_file_names_are_kept_only_where_they_tell_examples_apart(parquet, changed):
    assert read_parquet_examples(parquet(image=structs(**changed), label=LABEL)).filename is None


def test_a_struct_without_path_has_no_file_names(parquet):
    images = [{"bytes": encode(pixels)} for pixels in COLOUR]
    assert read_parquet_examples(parquet(image=images, label=LABEL)).filename is None


def test_files_that_are_no_parquet_are_refused(tmp_path, parquet):
    with pytest.raises(InvalidInputError, match="no such file"):
        read_parquet_examples(str(tmp_path / "none.parquet"))
    path = parquet(image=structs(), label=LABEL)
    content = (tmp_path / "a.parquet").read_bytes()
    for damaged in (
        b"",
        content[:-10],
        content[len(content) // 2 :],
        b"PAR1" * 3,
        content.replace(b"label", b"lab\xffl"),
    ):
        (tmp_path / "a.parquet").write_bytes(damaged)
        with pytest.raises(InvalidInputError, match="not a readable parquet file"):
            read_parquet_examples(path)


def test_parquet_beyond_memory_is_refused_unread(parquet, monkeypatch):
    path = parquet(image=structs(), label=LABEL)
    monkeypatch.setattr("cscore_data.data.file_checks.memory_size", lambda: 400)
    with pytest.raises(InvalidInputError, match="this machine has 400 bytes of memory"):
        read_parquet_examples(path)


@pytest.mark.slow
def test_real_cifar10_parquet(real_data):
    path = real_data / "cifar10-jpeg" / "train.parquet"
    scores = real_data / "published" / "cifar10-cscores-orig-order.npz"
    if not (path.exists() and scores.exists()):
        pytest.skip("no CIFAR-10 parquet or published scores there")
    examples = load_examples(str(path))
    assert examples.image.shape == (50_000, 32, 32, 3)
    assert examples.filename[[0, -1]].tolist() == ["train_00000.jpg", "train_49999.jpg"]
    with np.load(scores, allow_pickle=False) as published:
        np.testing.assert_array_equal(examples.label, published["labels"])


# ---- columns of any names


def test_only_wanted_columns_are_read_under_any_accepted_name(parquet):
    path = parquet(score=np.arange(3) / 4, filenames=["a", "b", "NA"], other=[None] * 3)
    found = read_parquet_columns(
        path, {"cscore": ("cscore", "score"), "filename": ("filename", "filenames")}, ["label"]
    )
    assert found["cscore"].tolist() == [0, 0.25, 0.5]
    assert found["filename"].tolist() == ["a", "b", "NA"]
    with pytest.raises(
        InvalidInputError, match="found columns score, filenames, other, expected one named label"
    ):
        read_parquet_columns(path, {"label": ("label",)})


def test_columns_that_cannot_be_read_are_refused(tmp_path, parquet, monkeypatch):
    wanted = {"label": ("label",)}
    with pytest.raises(InvalidInputError, match="no such file"):
        read_parquet_columns(tmp_path / "none.parquet", wanted)
    (tmp_path / "noise.parquet").write_bytes(bytes(range(256)))
    with pytest.raises(InvalidInputError, match=r"noise\.parquet: not a readable parquet file"):
        read_parquet_columns(tmp_path / "noise.parquet", wanted)
    path = parquet(label=LABEL)
    monkeypatch.setattr("cscore_data.data.file_checks.memory_size", lambda: 400)
    with pytest.raises(InvalidInputError, match="this machine has 400 bytes of memory"):
        read_parquet_columns(path, wanted)
