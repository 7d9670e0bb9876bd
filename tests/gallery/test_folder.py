import json
import os
from itertools import islice

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
    assert list(foreign_files(tmp_path / "deep" / "gallery")) == []


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


def test_two_that_write_at_once_do_not_mix_their_files(tmp_path):
    with new_folder(tmp_path / "gallery") as slow:
        (slow / "slow").write_text("slow")
        with new_folder(tmp_path / "gallery") as quick:
            (quick / "quick").write_text("quick")
        assert names(tmp_path / "gallery") == [MANIFEST, "quick"]
    assert names(tmp_path / "gallery") == [MANIFEST, "slow"]
    assert names(tmp_path) == ["gallery"]


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_gallery_that_cannot_take_its_place_leaves_one_there(tmp_path, monkeypatch, is_taken):
    write(tmp_path / "gallery", "first")
    rename = os.rename

    def fail(source, target):
        if source.name.endswith(".partial"):
            monkeypatch.undo()
            if is_taken:
                write(tmp_path / "gallery", "of another process")
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(StoreError, match=r"gallery: cannot be written \(No space left"):
        write(tmp_path / "gallery", "second")
    assert names(tmp_path) == ["gallery"]
    expected = "of another process" if is_taken else "first"
    assert (tmp_path / "gallery" / "data" / "page.js").read_text() == expected


def test_folders_with_similar_names_stay(tmp_path):
    for kind in ("old", "partial"):
        (tmp_path / f".gallery.{kind}").mkdir()
        (tmp_path / f".gallery.{kind}" / "thesis.tex").write_text("mine")
    for content in ("first", "second"):
        write(tmp_path / "gallery", content)
    assert names(tmp_path) == [".gallery.old", ".gallery.partial", "gallery"]
    assert names(tmp_path / ".gallery.old") == ["thesis.tex"]
    assert names(tmp_path / ".gallery.partial") == ["thesis.tex"]


def test_a_folder_of_other_things_is_not_searched_to_its_end(tmp_path, monkeypatch):
    (tmp_path / "photo.jpg").write_text("mine")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "film.mp4").write_text("mine")
    visited = []

    def walk(folder):
        for found in real_walk(folder):
            visited.append(found[0])
            yield found

    real_walk = os.walk
    monkeypatch.setattr(os, "walk", walk)
    assert list(islice(foreign_files(tmp_path), 1)) == ["photo.jpg"]
    assert visited == [str(tmp_path)]


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
