import io
import os
import subprocess
import sys

import numpy as np
import pytest

from cscore_data.data import tfds as reader
from cscore_data.data.order import tfds_permutation
from cscore_data.data.sources import load_examples
from cscore_data.data.tfds import read_tfds
from cscore_data.errors import CscoreDataError, InvalidInputError
from encoded_images import COLOUR, LABEL, encode
from processes import PATIENCE


@pytest.fixture
def tfds(monkeypatch, tmp_path):
    """tensorflow-datasets with `tmp_path` as its data folder."""
    import tensorflow_datasets as module

    builder = module.builder
    monkeypatch.setattr(module, "builder", lambda name: builder(name, data_dir=str(tmp_path)))
    return module


def prepare(
    tfds, folder, name, rows, *, features, supervised=("image", "label"), split="train", config=None
):
    """Write (key, row) pairs as TFDS does, in array_record; images come encoded."""

    class Made(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("3.0.1")
        BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=config)] if config else []

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self,
                features=tfds.features.FeaturesDict(features),
                supervised_keys=supervised,
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
        "image": tfds.features.Image(
            shape=(*images.shape[1:3], images.shape[3] if images.ndim == 4 else 1)
        ),
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
    return features, [
        (key, {**row, "id": text}) for (key, row), text in zip(rows, ids, strict=True)
    ]


IDS = [f"train_{number:05d}" for number in range(12)]


def test_ids_bring_a_tfds_set_into_original_order(tfds, tmp_path):
    features, rows = with_ids(tfds, IDS)
    prepare(tfds, tmp_path, "ours", rows, features=features)
    examples = load_examples("tfds:ours")
    np.testing.assert_array_equal(examples.image, COLOUR)
    np.testing.assert_array_equal(examples.label, LABEL)
    assert (examples.name, examples.order, examples.class_names) == (
        "tfds:ours",
        "original",
        ("a", "b", "c"),
    )


def test_keys_bring_the_four_small_sets_into_original_order(tfds, tmp_path):
    images = np.random.default_rng(3).integers(0, 256, (12, 28, 28), dtype=np.uint8)
    features, rows = labelled(tfds, images, names="0123456789")
    prepare(tfds, tmp_path, "mnist", rows, features=features)
    examples = load_examples("tfds:mnist")
    np.testing.assert_array_equal(
        examples.image, images
    )  # grey images without a channel, as in mnist itself
    np.testing.assert_array_equal(examples.label, LABEL)
    assert examples.order == "original"


@pytest.mark.parametrize(
    "ids", [None, [*IDS[:-1], "train_00012"], IDS[:-1] + IDS[:1], [f"n{text}" for text in IDS]]
)
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
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=PATIENCE,
    )
    assert (result.stdout.split(), result.stderr) == (["12", "original", "False"], "")


def test_supervised_keys_say_which_features(tfds, tmp_path):
    features, rows = labelled(tfds)
    features["coarse"] = tfds.features.ClassLabel(num_classes=2)
    rows = [(key, {**row, "coarse": 1}) for key, row in rows]
    prepare(tfds, tmp_path, "ours", rows, features=features)
    assert read_tfds("ours").class_names == ("a", "b", "c")
    prepare(tfds, tmp_path, "others", rows, features=features, supervised=None)
    with pytest.raises(
        InvalidInputError, match="found features coarse, image, label, expected one image with one"
    ):
        read_tfds("others")


def test_without_supervised_keys_the_only_features_do(tfds, tmp_path):
    features, rows = labelled(tfds)
    prepare(tfds, tmp_path, "ours", rows, features=features, supervised=None)
    np.testing.assert_array_equal(np.sort(read_tfds("ours").label), np.sort(LABEL))


def test_tfds_sets_that_are_refused(tfds, tmp_path):
    features, rows = labelled(tfds)
    prepare(tfds, tmp_path, "testing", rows, features=features, split="test")
    with pytest.raises(
        InvalidInputError, match="tfds:testing: found splits test, expected one named train"
    ):
        read_tfds("testing")
    prepare(tfds, tmp_path, "damaged", rows, features=features)
    (file,) = tmp_path.glob("damaged/*/*array_record*")
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(InvalidInputError, match="tfds:damaged: tensorflow-datasets cannot read it"):
        read_tfds("damaged")
    prepare(tfds, tmp_path, "turned", rows, features=features, supervised=("label", "image"))
    with pytest.raises(
        InvalidInputError, match="found features image, label, expected one image with one class"
    ):
        read_tfds("turned")


@pytest.mark.parametrize(
    "name", ["no_such_set", "mnist:9.9.9", "mnist/nothing", "../up", "a b", ":", "digits"]
)
def test_unknown_tfds_sets_are_one_line(tfds, name):
    with pytest.raises(InvalidInputError) as caught:
        read_tfds(name)
    assert str(caught.value).startswith(f"tfds:{name}: tensorflow-datasets cannot read it (")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("tfds")
def test_an_unprepared_set_without_tensorflow_says_what_to_install(monkeypatch, capfd, tmp_path):
    monkeypatch.setattr(reader, "find_spec", lambda name: None)
    with pytest.raises(
        CscoreDataError, match=r"not prepared as array_record in .*pip install tensorflow"
    ) as caught:
        load_examples("tfds:mnist")
    assert str(tmp_path) in str(caught.value)
    assert capfd.readouterr() == ("", "")
