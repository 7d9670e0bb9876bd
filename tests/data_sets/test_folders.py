"""Folders of images, as people have them."""

import os

import numpy as np
import pytest
from PIL import Image

from cscore_data.data.image_files import list_images
from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples, short_name
from cscore_data.errors import InvalidInputError
from encoded_images import COLOUR, GREY, encode

CLASSES = ("cat", "dog", "hen")


@pytest.fixture
def photos(tmp_path):
    """Twelve images in folders of three classes."""
    folder = tmp_path / "photos"
    for row, pixels in enumerate(COLOUR):
        write(folder, f"{CLASSES[row % 3]}/{row:02d}.png", encode(pixels))
    return folder


@pytest.fixture
def flat(tmp_path):
    """Twelve images in one folder, with a csv file."""
    folder = tmp_path / "flat"
    lines = ["filename,label"]
    for row, pixels in enumerate(COLOUR):
        write(folder, f"{row:02d}.png", encode(pixels))
        lines.append(f"{11 - row:02d}.png,{CLASSES[(11 - row) % 3]}")
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder


def write(folder, name, content=b""):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def load(folder, **options):
    return load_examples(str(folder), LoadOptions(**options))


def refusal(folder, **options):
    with pytest.raises(InvalidInputError) as caught:
        load(folder, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


# ---- CLASS/NAME.jpg


def test_folders_are_classes(photos):
    examples = load(photos)
    assert examples.class_names == CLASSES
    assert examples.label.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert examples.filename[:5].tolist() == [
        "cat/00.png",
        "cat/03.png",
        "cat/06.png",
        "cat/09.png",
        "dog/01.png",
    ]
    np.testing.assert_array_equal(examples.image[4], COLOUR[1])
    assert examples.notes == ()
    assert examples.index is None
    assert short_name(f"{photos}/") == "photos"


def test_images_have_the_order_of_torchvision(photos):
    for name in ("cat/z.png", "cat/a/1.png", "cat/a-b/1.png", "cat/B.PNG"):
        write(photos, name, encode(COLOUR[0]))
    expected = []
    for class_name in CLASSES:
        for root, _, names in sorted(os.walk(photos / class_name)):
            expected += [
                os.path.relpath(os.path.join(root, name), photos) for name in sorted(names)
            ]
    assert list_images(photos).names == expected


def test_what_is_no_image_is_ignored_and_counted(photos):
    for name in ("readme.txt", "cat/.DS_Store", "dog/._1.jpg", ".cache/1.png", "dog/notes.pdf"):
        write(photos, name)
    write(photos, "1.png", encode(COLOUR[0]))
    (photos / "empty").mkdir()
    assert load(photos).notes == (
        "1 image outside of the folders of classes ignored",
        "1 folder without images ignored: empty",
        "2 files that are no images and 3 hidden ones ignored",
    )


def test_the_training_part_is_read_where_there_are_parts(photos, tmp_path):
    whole = tmp_path / "whole"
    whole.mkdir()
    photos.rename(whole / "train")
    write(whole, "val/cat/1.png", encode(COLOUR[0]))
    write(whole, "test/1.png", encode(COLOUR[0]))
    examples = load(whole)
    assert examples.filename[0] == "cat/00.png"
    assert examples.notes == ("the images in train are read, test and val left out",)


def test_parts_next_to_other_folders_are_classes(photos):
    write(photos, "train/1.png", encode(COLOUR[0] // 2))
    write(photos, "train/2.png", encode(COLOUR[1] // 2))
    assert load(photos).class_names == ("cat", "dog", "hen", "train")


def test_links_are_followed_but_not_in_circles(photos, tmp_path):
    (photos / "hen").rename(tmp_path / "elsewhere")
    (photos / "hen").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(photos)
    names = load(photos).filename.tolist()
    assert len(names) == 12
    assert "hen/02.png" in names


# ---- sizes, damage, kinds of pixels


def test_images_of_different_sizes_need_a_size(photos):
    write(photos, "dog/01.png", encode(COLOUR[1, :5]))
    assert "cat/00.png has 5 x 6 pixels, dog/01.png has 5 x 5; bring all" in refusal(photos)
    assert load(photos, size=4).image.shape == (12, 4, 4, 3)


def test_a_damaged_image_is_named_and_can_be_left_out(photos):
    write(photos, "dog/04.png", encode(COLOUR[4], "jpeg")[:-100])
    assert "dog/04.png cannot be decoded (" in refusal(photos)
    examples = load(photos, skip_damaged=True)
    assert "dog/04.png" not in examples.filename
    assert examples.index.tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert examples.notes == ("1 damaged image of 12 left out: dog/04.png",)


def test_grey_and_colour_may_be_mixed(photos):
    write(photos, "cat/00.png", encode(GREY[0]))
    examples = load(photos)
    assert (examples.image[0] == GREY[0][:, :, np.newaxis]).all()
    assert examples.notes[0].startswith("1 of 12 images are grey")


def test_images_that_are_refused_are_named(photos):
    write(photos, "cat/00.png", encode(Image.fromarray(GREY[0].astype(np.uint16))))
    assert "cat/00.png has 5 x 6 pixels, mode I;16, expected 8-bit" in refusal(photos)


# ---- with a csv file


def test_a_csv_file_labels_the_images_next_to_it(flat):
    write(flat, "other.png", encode(COLOUR[0]))
    examples = load(flat)
    assert examples.filename[:2].tolist() == ["11.png", "10.png"]
    np.testing.assert_array_equal(examples.image, COLOUR[::-1])
    assert [examples.class_names[label] for label in examples.label[:3]] == ["hen", "dog", "cat"]
    assert examples.notes == (
        "labels of 12 images are read from labels.csv",
        "1 image that labels.csv does not list ignored",
    )


def test_a_csv_file_may_leave_folders_and_suffixes_out(flat):
    (flat / "images").mkdir()
    for file in flat.glob("*.png"):
        file.rename(flat / "images" / file.name)
    assert load(flat).filename[0] == "images/11.png"
    text = (flat / "labels.csv").read_text()
    text = text.replace(".png", "").replace("filename,label", "id,breed")
    (flat / "labels.csv").write_text(text)
    examples = load(flat, label="breed")
    assert examples.filename[0] == "images/11.png"
    assert examples.class_names == CLASSES


def test_a_csv_file_counts_before_folders_if_a_column_is_given(photos):
    lines = ["filename,kind"]
    lines += [f"{row:02d}.png,{row % 2}" for row in range(12)]
    (photos / "kinds.csv").write_text("\n".join(lines))
    assert load(photos).class_names == CLASSES
    examples = load(photos, label="kind")
    assert examples.label.tolist() == [0, 1] * 6
    assert examples.filename[1] == "dog/01.png"


def test_csv_files_that_do_not_fit_are_refused(flat):
    text = (flat / "labels.csv").read_text()
    (flat / "labels.csv").write_text(text + "\n99.png,cat\n98.png,cat")
    assert "2 of 14 images are not there (the first: 99.png)" in refusal(flat)
    (flat / "labels.csv").write_text(text + "\n03.png,cat")
    assert "1 images are listed more than once (the first: 03.png)" in refusal(flat)
    (flat / "more.csv").write_text(text)
    assert "found labels in labels.csv, more.csv, expected one csv file" in refusal(flat)
    assert "found no csv file with columns filename and kind" in refusal(flat, label="kind")


# ---- what is refused


def test_folders_that_are_no_data_set_are_refused(photos, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty: found no images; expected CLASS/NAME.jpg" in refusal(tmp_path / "empty")
    assert "found 4 images and no folders of classes" in refusal(photos / "cat")
    write(tmp_path, "one/cat/1.png", encode(COLOUR[0]))
    assert "found 1 image of one class (cat)" in refusal(tmp_path / "one")
    assert "data set: found " in refusal(tmp_path / "nowhere")
    assert "--text means nothing for this data set" in refusal(photos, text="question")


def test_files_that_are_no_files_do_not_hang(photos):
    os.mkfifo(photos / "cat" / "pipe.png")
    assert load(photos).notes == ("1 file that is no image ignored",)


def test_names_that_are_not_utf8_are_refused(photos):
    os.rename(photos / "cat", os.fsencode(photos) + b"/caf\xe9")
    assert r"the name 'caf\udce9' is not UTF-8" in refusal(photos)
