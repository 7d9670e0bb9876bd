import numpy as np
import PIL.Image
import pytest

from cscore_data import LoadOptions, load_examples
from cscore_data.data.split import load_test_split
from cscore_data.errors import InvalidInputError


def save(path, **arrays):
    """An npz file with 20 training images in two classes, and what is given."""
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (20, 4, 4)).astype(np.uint8)
    np.savez(path, **{"x_train": image, "y_train": np.arange(20) % 2, **arrays})
    return load_examples(str(path))


def images(count, top=256, dtype=np.uint8):
    return np.random.default_rng(1).integers(0, top, (count, 4, 4)).astype(dtype)


@pytest.mark.parametrize(
    "names", [("x_test", "y_test"), ("image_test", "label_test"), ("test_images", "test_labels")]
)
def test_the_arrays_of_an_npz_file_by_any_usual_name(tmp_path, names):
    arrays = {names[0]: images(3), names[1]: [[1], [0], [1]]}
    examples = save(tmp_path / "a.npz", **arrays)
    test = load_test_split(examples)
    np.testing.assert_array_equal(test.image, images(3))
    assert test.label.tolist() == [1, 0, 1]
    assert test.index.tolist() == [0, 1, 2]
    assert test.notes == (f"test examples are read from {names[0]}, their labels from {names[1]}",)


def test_the_scale_of_pixels_is_that_of_the_training_images(tmp_path):
    """Although the test images alone would look like floats on the scale 0..16."""
    training = images(20, dtype=np.float32)
    examples = save(
        tmp_path / "a.npz",
        x_train=training,
        x_test=images(3, top=12, dtype=np.float32),
        y_test=[0] * 3,
    )
    test = load_test_split(examples)
    np.testing.assert_allclose(test.image, images(3, top=12) / 255, rtol=1e-6)
    np.testing.assert_allclose(examples.image, training / 255, rtol=1e-6)


def test_whole_numbers_beyond_those_of_training_do_not_wrap_around(tmp_path):
    training = images(20, top=2)
    brighter = images(3, top=2) * np.uint8(3)
    examples = save(tmp_path / "a.npz", x_train=training, x_test=brighter, y_test=[0] * 3)
    assert np.unique(load_test_split(examples).image).tolist() == [0, 255]


def test_labels_have_the_numbers_of_the_training_classes(tmp_path):
    names = np.array(["bee", "cat"])[np.arange(20) % 2]
    examples = save(tmp_path / "a.npz", y_train=names, x_test=images(2), y_test=["cat", "cat"])
    assert load_test_split(examples).label.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "expected one named image_test or x_test .* for the test split; leave --test out"),
        ({"x_test": images(3), "y_test": [0, 1]}, "found 3 images and 2 labels"),
        ({"x_test": images(2), "y_test": [0, 7]}, "1 of 2 examples have a label that no training"),
        ({"x_test": images(2), "y_test": ["a", "b"]}, "2 of 2 examples have a label that no"),
        ({"x_test": np.zeros((2, 5, 5), np.uint8), "y_test": [0, 1]}, r"found uint8 \(5, 5\)"),
        ({"x_test": np.ones((2, 4, 4)), "y_test": [0, 1]}, r"float32 \(4, 4\) .* expected uint8"),
        ({"x_test": images(2), "y_test": [0, np.nan]}, "1 of 2 examples have no label"),
    ],
)
def test_a_test_split_that_does_not_fit_is_refused(tmp_path, arrays, message):
    examples = save(tmp_path / "a.npz", **arrays)
    with pytest.raises(InvalidInputError, match=message):
        load_test_split(examples)


def test_features_are_read_and_texts_are_not(tmp_path):
    rows = np.random.default_rng(0).normal(size=(6, 3))
    np.savez(tmp_path / "a.npz", x=rows[:4], y=[0, 1, 0, 1], x_test=rows[4:], y_test=[1, 0])
    test = load_test_split(load_examples(str(tmp_path / "a.npz")))
    np.testing.assert_array_equal(test.image, rows[4:].astype(np.float32))
    words = np.array(["red fox", "blue sea", "red dog", "blue sky"])
    np.savez(tmp_path / "b.npz", words=words, label=[0, 1, 0, 1])
    examples = load_examples(str(tmp_path / "b.npz"), LoadOptions(text="words"))
    with pytest.raises(InvalidInputError, match="found texts or columns of a table"):
        load_test_split(examples)


def test_labels_of_another_kind_are_no_labels_of_test_examples(tmp_path):
    arrays = {"x_train": images(4), "y_train": [0, 1, 0, 1], "coarse": [0, 0, 1, 1]}
    arrays |= {"x_test": images(4), "y_test": [1, 1, 0, 0]}
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    options = LoadOptions(label="coarse")
    # Neither those of the training examples, though there are as many, nor those in y_test.
    with pytest.raises(InvalidInputError, match="expected one named coarse_test or test_coarse"):
        load_test_split(load_examples(str(path), options))
    np.savez(path, **arrays, coarse_test=[1, 0, 0, 1])
    assert load_test_split(load_examples(str(path), options)).label.tolist() == [1, 0, 0, 1]


def make_folder(folder, *, parts=("train", "test"), size=5):
    random = np.random.default_rng(0)
    for part in parts:
        for name in ("bee/1.png", "bee/2.png", "cat/1.png"):
            path = folder / part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            PIL.Image.fromarray(random.integers(0, 256, (size, size), np.uint8)).save(path)
    return folder


def test_a_folder_test_next_to_train(tmp_path):
    make_folder(tmp_path)
    (tmp_path / "test" / "bee" / "1.png").unlink()
    (tmp_path / "test" / "bee" / "2.png").unlink()
    PIL.Image.new("L", (5, 5)).save(tmp_path / "test" / "cat" / "2.png")
    (tmp_path / "test" / "bee").rmdir()
    (tmp_path / "test" / "labels.csv").write_text("filename,label\ncat/1.png,cat\ncat/2.png,bee\n")
    test = load_test_split(load_examples(str(tmp_path)))
    assert test.label.tolist() == [1, 0]
    assert test.filename.tolist() == ["cat/1.png", "cat/2.png"]
    assert "test examples are read from test" in test.notes


def test_damaged_test_images_are_left_out_on_demand(tmp_path):
    make_folder(tmp_path)
    (tmp_path / "test" / "bee" / "1.png").write_bytes(b"damaged")
    examples = load_examples(str(tmp_path), LoadOptions(skip_damaged=True))
    assert load_test_split(examples).index.tolist() == [1, 2]


def test_other_folders_have_none(tmp_path):
    make_folder(tmp_path, parts=["train", "val"])
    with pytest.raises(InvalidInputError, match="found folders train, val, expected train and"):
        load_test_split(load_examples(str(tmp_path)))


def test_sets_without_one_say_who_has_one():
    with pytest.raises(InvalidInputError, match="digits: found no test split, expected one of mn"):
        load_test_split(load_examples("digits"))


def test_real_test_images_of_mnist(real_data):
    test = load_test_split(load_examples("mnist"))
    assert len(test) == 10_000
    assert test.label[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
