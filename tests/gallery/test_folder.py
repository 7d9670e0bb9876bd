import json

import pytest

from cscore_data.errors import InvalidInputError, StoreError, StoreExistsError
from cscore_data.gallery.folder import MANIFEST, check_folder, foreign_files, new_folder


def write(path, content):
    with new_folder(path) as folder:
        (folder / "data").mkdir()
        (folder / "data" / "page.js").write_text(content)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_gallery_takes_its_place_whole_and_replaces_another(tmp_path):
    for content in ("first", "second"):
        write(tmp_path / "deep" / "gallery", content)
        assert (tmp_path / "deep" / "gallery" / "data" / "page.js").read_text() == content
    assert names(tmp_path / "deep") == ["gallery"]
    assert foreign_files(tmp_path / "deep" / "gallery") == []


def test_an_empty_folder_is_free(tmp_path):
    (tmp_path / "gallery").mkdir()
    write(tmp_path / "gallery", "new")
    assert names(tmp_path / "gallery") == ["data", MANIFEST]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_whatever_goes_wrong_leaves_what_was_there(tmp_path, error):
    write(tmp_path / "gallery", "first")

    def fail():
        with new_folder(tmp_path / "gallery") as folder:
            (folder / "half").write_text("half")
            raise error

    with pytest.raises((StoreError, KeyboardInterrupt)):
        fail()
    assert names(tmp_path) == ["gallery"]
    assert (tmp_path / "gallery" / "data" / "page.js").read_text() == "first"


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(StoreError, match="No space left"), new_folder(tmp_path / "gallery"):
        raise OSError(28, "No space left on device")


def test_what_a_killed_process_left_is_no_obstacle(tmp_path):
    (tmp_path / ".gallery.partial").mkdir()
    (tmp_path / ".gallery.partial" / "half").write_text("half")
    write(tmp_path / "gallery", "new")
    assert names(tmp_path) == ["gallery"]
    assert names(tmp_path / "gallery") == ["data", MANIFEST]


def test_folders_with_similar_names_stay(tmp_path):
    (tmp_path / ".gallery.old").mkdir()
    (tmp_path / ".gallery.old" / "thesis.tex").write_text("mine")
    for content in ("first", "second"):
        write(tmp_path / "gallery", content)
    assert names(tmp_path) == [".gallery.old", "gallery"]
    assert names(tmp_path / ".gallery.old") == ["thesis.tex"]


def test_other_things_are_never_replaced(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.tex").write_text("mine")
    write(tmp_path / "gallery", "old")
    (tmp_path / "gallery" / "marks.csv").write_text("mine")
    write(tmp_path / "linked", "old")
    (tmp_path / "linked" / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "forged").mkdir()
    (tmp_path / "forged" / MANIFEST).write_text(json.dumps({"files": ["thesis.tex"]}))
    (tmp_path / "forged" / "thesis.tex").write_text("mine")
    for name, found in {
        "file": "is a file",
        "folder": "the first: thesis.tex",
        "gallery": "the first: marks.csv",
        "linked": "the first: link",
        "forged": "holds other things than a gallery",
    }.items():
        with pytest.raises(StoreExistsError, match=found):
            check_folder(tmp_path / name)
        with pytest.raises(StoreExistsError, match=found):
            write(tmp_path / name, "new")
    assert (tmp_path / "gallery" / "marks.csv").read_text() == "mine"
    assert (tmp_path / "folder" / "thesis.tex").read_text() == "mine"


def test_urls_and_files_in_the_way_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="expected a folder on a disk"):
        check_folder("s3://bucket/gallery")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="cannot be written"):
        check_folder(tmp_path / "file" / "gallery")
