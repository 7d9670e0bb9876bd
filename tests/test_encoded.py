import io
import json
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from cscore_data import encoded, readers
from cscore_data.encoded import decode_images, read_parquet, read_tfds
from cscore_data.errors import CscoreDataError, InvalidInputError
from cscore_data.examples import load_examples
from cscore_data.order import tfds_permutation

RANDOM = np.random.default_rng(3)
COLOUR = RANDOM.integers(0, 256, (12, 6, 5, 3), dtype=np.uint8)
GREY = COLOUR[..., 0].copy()
LABEL = np.arange(12) % 3


def encode(pixels, form="png", **options):
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, form, **options)
    return file.getvalue()


# ---- images


def test_png_grey_and_colour_are_exact():
    for images in (GREY, COLOUR):
        np.testing.assert_array_equal(decode_images("here", [encode(pixels) for pixels in images]), images)


def test_lossless_modes_and_formats():
    black_white = Image.fromarray(GREY[0]).convert("1")
    palette = Image.fromarray(COLOUR[0]).quantize(8)
    np.testing.assert_array_equal(decode_images("here", [encode(black_white)])[0], black_white.convert("L"))
    np.testing.assert_array_equal(decode_images("here", [encode(palette)])[0], palette.convert("RGB"))
    np.testing.assert_array_equal(decode_images("here", [encode(COLOUR[0], "bmp")])[0], COLOUR[0])


def test_jpeg_is_what_pillow_makes_of_it():
    data = encode(COLOUR[0], "jpeg")
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(decode_images("here", [data])[0], image)


def huge_png(width, height):
    """A PNG of a few bytes whose header says that it is large."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 6\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no image", "image 1 cannot be decoded"),
        (b"", "image 1 cannot be decoded"),
        (encode(COLOUR[0])[:60], "image 1 cannot be decoded"),
        (encode(COLOUR[0])[:-30], "image 1 cannot be decoded"),
        (encode(COLOUR[0], "jpeg")[:-100], "image 1 cannot be decoded"),
        (EPS, "image 1 cannot be decoded"),
        (encode(COLOUR[0, :5]), r"image 1 has shape \(5, 5, 3\), expected \(6, 5, 3\) as image 0; bring all images to"),
        (encode(GREY[0]), r"image 1 has shape \(6, 5\), expected \(6, 5, 3\)"),
        (encode(Image.fromarray(COLOUR[0]).convert("RGBA")), "mode RGBA, expected 8-bit grey or RGB"),
        (encode(Image.fromarray(GREY[0].astype(np.uint16))), "mode I;16, expected 8-bit grey or RGB"),
        (encode(Image.fromarray(COLOUR[0]).convert("CMYK"), "jpeg"), "mode CMYK, expected"),
        (encode(Image.fromarray(COLOUR[0]).quantize(8), transparency=0), "without transparency"),
        (huge_png(9000, 9000), "9000 x 9000 pixels, mode L, expected .* at most 16777216 pixels"),
        (huge_png(10_000, 10_000), "image 1 cannot be decoded"),
        (huge_png(100_000, 100_000), "image 1 cannot be decoded"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:40],
)
def test_images_that_are_refused(data, message):
    with pytest.raises(InvalidInputError, match=message):
        decode_images("here", [encode(COLOUR[1]), data])


def test_images_beyond_memory_are_refused(monkeypatch):
    monkeypatch.setattr(readers.os, "sysconf", lambda name: 10)  # as page size and as number of pages
    with pytest.raises(InvalidInputError, match="here: unpacks to 180 bytes, this machine has 100"):
        decode_images("here", [encode(COLOUR[0]), encode(COLOUR[1])])


# ---- parquet


def structs(images=COLOUR, **changed):
    """A column as the Hugging Face hub has it; ``row_3=...`` replaces what is in that row."""
    rows = [{"bytes": encode(pixels), "path": f"train_{row:05d}.png"} for row, pixels in enumerate(images)]
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
        write_table(table.replace_schema_metadata(metadata), tmp_path / "a.parquet", row_group_size=row_group_size)
        return str(tmp_path / "a.parquet")

    return write


def hub_metadata(features):
    return {"huggingface": json.dumps({"info": {"features": features}})}


@pytest.mark.parametrize("images", [GREY, COLOUR], ids=["grey", "colour"])
def test_parquet_round_trip(parquet, images):
    path = parquet(image=structs(images), label=LABEL)
    found = read_parquet(path)
    np.testing.assert_array_equal(found.image, images)
    np.testing.assert_array_equal(found.label, LABEL)
    assert found.filename.tolist() == [f"train_{row:05d}.png" for row in range(12)]
    assert found.class_names == ()
    assert load_examples(path).order == "original"


def test_parquet_columns_are_found_by_name_then_by_type(parquet):
    shifted = (LABEL + 1) % 3
    cifar100 = parquet(img=structs(), fine_label=LABEL, coarse_label=shifted)
    np.testing.assert_array_equal(read_parquet(cifar100).label, LABEL)
    two_images = parquet(depth=structs(COLOUR[::-1]), image=structs(), label=LABEL)
    np.testing.assert_array_equal(read_parquet(two_images).image, COLOUR)
    odd_names = parquet(photo=structs(), name=["a"] * 12, kind=LABEL.astype(np.int8), weight=np.ones(12))
    np.testing.assert_array_equal(read_parquet(odd_names).label, LABEL)


def test_parquet_columns_can_be_given(parquet):
    path = parquet(image=structs(), other=structs(COLOUR[::-1]), label=LABEL, coarse=LABEL[::-1])
    examples = load_examples(f"{path}:other:coarse")
    np.testing.assert_array_equal(examples.image, COLOUR[::-1])
    np.testing.assert_array_equal(examples.label, LABEL[::-1])
    assert examples.name == f"{path}:other:coarse"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"label": LABEL}, r"found columns label \(int64\); expected one of structs with the images in bytes"),
        ({"image": structs()}, r"found columns image \(struct.*; expected one of whole numbers"),
        ({"image": structs(), "label": LABEL * 1.0}, r"label \(double\); expected one of whole numbers"),
        ({"image": structs(), "label": list("abc") * 4}, r"label \(string\); expected one of whole numbers"),
        ({"a": structs(), "b": structs(), "label": LABEL}, "say which with PATH.parquet:IMAGE:LABEL"),
        ({"image": structs(), "a": LABEL, "b": LABEL}, "say which with PATH.parquet:IMAGE:LABEL"),
        ({"image": [encode(pixels) for pixels in COLOUR], "label": LABEL}, "expected one of structs"),
        ({"image": structs(row_7=None), "label": LABEL}, r"image.bytes is missing in 1 of 12 rows \(the first: 7\)"),
        ({"image": structs(row_8={"path": "x.png"}), "label": LABEL}, r"image.bytes is missing in 1 .*first: 8\)"),
        ({"image": structs(), "label": [0, 1, None] * 4}, r"label is missing in 4 of 12 rows \(the first: 2\)"),
        ({"image": structs(row_9={"bytes": b"?"}), "label": LABEL}, "image 9 cannot be decoded"),
        ({"image": structs(row_3={"bytes": encode(GREY[3])}), "label": LABEL}, r"image 3 has shape \(6, 5\)"),
    ],
)
def test_parquet_corruptions(parquet, columns, message):
    with pytest.raises(InvalidInputError, match=message):
        read_parquet(parquet(**columns))


def test_parquet_without_rows_is_refused(parquet):
    import pyarrow

    kind = pyarrow.struct({"bytes": pyarrow.binary()})
    with pytest.raises(InvalidInputError, match="found no images"):
        read_parquet(parquet(image=pyarrow.array([], kind), label=pyarrow.array([], pyarrow.int64())))


def test_a_given_column_that_is_not_there_or_of_another_type_is_refused(parquet):
    path = parquet(image=structs(), label=LABEL)
    with pytest.raises(InvalidInputError, match="expected one of structs with the images in bytes named picture"):
        load_examples(f"{path}:picture:label")
    with pytest.raises(InvalidInputError, match="expected one of whole numbers named image"):
        load_examples(f"{path}:image:image")


def test_class_names_come_from_the_hubs_metadata(parquet):
    names = hub_metadata({"image": {"_type": "Image"}, "label": {"names": ["a", "b", "c"], "_type": "ClassLabel"}})
    assert load_examples(parquet(image=structs(), label=LABEL, metadata=names)).class_names == ("a", "b", "c")


@pytest.mark.parametrize(
    "metadata",
    [{"huggingface": "{"}, {"huggingface": "[]"}, {"other": "x"}, hub_metadata({}), hub_metadata({"label": None})],
)
def test_odd_metadata_means_no_class_names(parquet, metadata):
    assert read_parquet(parquet(image=structs(), label=LABEL, metadata=metadata)).class_names == ()


def test_labels_outside_the_classes_are_refused(parquet):
    names = hub_metadata({"label": {"names": ["a", "b"]}})
    with pytest.raises(InvalidInputError, match=r"4 labels are not among its 2 classes \(the first: 2 of example 2\)"):
        load_examples(parquet(image=structs(), label=LABEL, metadata=names))
    with pytest.raises(InvalidInputError, match=r"\(the first: -1 of example 0\), expected 0..1"):
        load_examples(parquet(image=structs(), label=LABEL - 1, metadata=names))


@pytest.mark.parametrize(
    "changed",
    [{"row_2": {"bytes": encode(COLOUR[2])}}, {"row_2": {"bytes": encode(COLOUR[2]), "path": "train_00001.png"}}],
    ids=["missing", "twice"],
)
def test_file_names_are_kept_only_where_they_tell_examples_apart(parquet, changed):
    assert read_parquet(parquet(image=structs(**changed), label=LABEL)).filename is None


def test_a_struct_without_path_has_no_file_names(parquet):
    images = [{"bytes": encode(pixels)} for pixels in COLOUR]
    assert read_parquet(parquet(image=images, label=LABEL)).filename is None


def test_files_that_are_no_parquet_are_refused(tmp_path, parquet):
    with pytest.raises(InvalidInputError, match="no such file"):
        read_parquet(str(tmp_path / "none.parquet"))
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
            read_parquet(path)


def test_parquet_beyond_memory_is_refused_unread(parquet, monkeypatch):
    path = parquet(image=structs(), label=LABEL)
    monkeypatch.setattr(readers.os, "sysconf", lambda name: 20)
    with pytest.raises(InvalidInputError, match="this machine has 400 bytes of memory"):
        read_parquet(path)


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


# ---- TensorFlow Datasets


@pytest.fixture
def tfds(monkeypatch, tmp_path):
    """tensorflow-datasets with `tmp_path` as its data folder."""
    import tensorflow_datasets as module

    builder = module.builder
    monkeypatch.setattr(module, "builder", lambda name: builder(name, data_dir=str(tmp_path)))
    return module


def prepare(tfds, folder, name, rows, *, features, supervised=("image", "label"), split="train", config=None):
    """Write (key, row) pairs as TFDS does, in array_record, without tensorflow: images come encoded."""

    class Made(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("3.0.1")
        BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=config)] if config else []

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features), supervised_keys=supervised
            )

        def _split_generators(self, manager):
            return {split: ((key, {**row, "image": io.BytesIO(row["image"])}) for key, row in rows)}

        def _generate_examples(self):
            raise NotImplementedError

    Made.name = name
    Made(data_dir=str(folder), file_format="array_record").download_and_prepare()


def labelled(tfds, images=COLOUR, names=("a", "b", "c")):
    """Features, and rows keyed by their index, without ids."""
    features = {
        "image": tfds.features.Image(shape=(*images.shape[1:3], images.shape[3] if images.ndim == 4 else 1)),
        "label": tfds.features.ClassLabel(names=list(names)),
    }
    rows = [
        (key, {"image": encode(pixels), "label": int(label)})
        for key, (pixels, label) in enumerate(zip(images, LABEL, strict=True))
    ]
    return features, rows


def with_ids(tfds, ids, **others):
    features, rows = labelled(tfds, **others)
    features["id"] = tfds.features.Text()
    return features, [(key, {**row, "id": text}) for (key, row), text in zip(rows, ids, strict=True)]


IDS = [f"train_{number:05d}" for number in range(12)]


def test_ids_bring_a_tfds_set_into_original_order(tfds, tmp_path):
    features, rows = with_ids(tfds, IDS)
    prepare(tfds, tmp_path, "ours", rows, features=features)
    examples = load_examples("tfds:ours")
    np.testing.assert_array_equal(examples.image, COLOUR)
    np.testing.assert_array_equal(examples.label, LABEL)
    assert (examples.name, examples.order, examples.class_names) == ("tfds:ours", "original", ("a", "b", "c"))


def test_keys_bring_the_four_small_sets_into_original_order(tfds, tmp_path):
    images = RANDOM.integers(0, 256, (12, 28, 28), dtype=np.uint8)
    features, rows = labelled(tfds, images, names="0123456789")
    prepare(tfds, tmp_path, "mnist", rows, features=features)
    examples = load_examples("tfds:mnist")
    np.testing.assert_array_equal(examples.image, images)  # grey images without a channel, as in mnist itself
    np.testing.assert_array_equal(examples.label, LABEL)
    assert examples.order == "original"


@pytest.mark.parametrize("ids", [None, [*IDS[:-1], "train_00012"], IDS[:-1] + IDS[:1], [f"n{text}" for text in IDS]])
def test_without_a_known_original_order_that_of_tfds_stays(tfds, tmp_path, ids):
    features, rows = labelled(tfds) if ids is None else with_ids(tfds, ids)
    prepare(tfds, tmp_path, "ours", rows, features=features)
    examples = load_examples("tfds:ours")
    assert examples.order == "tfds"
    np.testing.assert_array_equal(examples.image, COLOUR[tfds_permutation(12)])


def test_tfds_without_tensorflow_in_its_own_data_folder(tfds, tmp_path):
    features, rows = with_ids(tfds, IDS)
    prepare(tfds, tmp_path, "ours", rows, features=features, config="small")
    code = (
        "import sys\nfrom cscore_data import load_examples\n"
        "examples = load_examples('tfds:ours/small:3.0.1')\n"
        "print(len(examples), examples.order, 'tensorflow' in sys.modules)"
    )
    environment = {**os.environ, "TFDS_DATA_DIR": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=environment, timeout=60
    )
    assert (result.stdout.split(), result.stderr) == (["12", "original", "False"], "")


def test_supervised_keys_say_which_features(tfds, tmp_path):
    features, rows = labelled(tfds)
    features["coarse"] = tfds.features.ClassLabel(num_classes=2)
    rows = [(key, {**row, "coarse": 1}) for key, row in rows]
    prepare(tfds, tmp_path, "ours", rows, features=features)
    assert read_tfds("ours").class_names == ("a", "b", "c")
    prepare(tfds, tmp_path, "others", rows, features=features, supervised=None)
    with pytest.raises(InvalidInputError, match="found features coarse, image, label, expected one image with one"):
        read_tfds("others")


def test_without_supervised_keys_the_only_features_do(tfds, tmp_path):
    features, rows = labelled(tfds)
    prepare(tfds, tmp_path, "ours", rows, features=features, supervised=None)
    np.testing.assert_array_equal(np.sort(read_tfds("ours").label), np.sort(LABEL))


def test_tfds_sets_that_are_refused(tfds, tmp_path):
    features, rows = labelled(tfds)
    prepare(tfds, tmp_path, "testing", rows, features=features, split="test")
    with pytest.raises(InvalidInputError, match="tfds:testing: found splits test, expected one named train"):
        read_tfds("testing")
    prepare(tfds, tmp_path, "damaged", rows, features=features)
    (file,) = tmp_path.glob("damaged/*/*array_record*")
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(InvalidInputError, match="tfds:damaged: tensorflow-datasets cannot read it"):
        read_tfds("damaged")
    prepare(tfds, tmp_path, "turned", rows, features=features, supervised=("label", "image"))
    with pytest.raises(InvalidInputError, match="found features image, label, expected one image with one class"):
        read_tfds("turned")


@pytest.mark.parametrize("name", ["no_such_set", "mnist:9.9.9", "mnist/nothing", "../up", "a b", ":", "digits"])
def test_unknown_tfds_sets_are_one_line(tfds, name):
    with pytest.raises(InvalidInputError) as caught:
        read_tfds(name)
    assert str(caught.value).startswith(f"tfds:{name}: tensorflow-datasets cannot read it (")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("tfds")
def test_an_unprepared_set_without_tensorflow_says_what_to_install(monkeypatch, capfd, tmp_path):
    monkeypatch.setattr(encoded, "find_spec", lambda name: None)
    with pytest.raises(CscoreDataError, match=r"not prepared as array_record in .*pip install tensorflow") as caught:
        load_examples("tfds:mnist")
    assert str(tmp_path) in str(caught.value)
    assert capfd.readouterr() == ("", "")
