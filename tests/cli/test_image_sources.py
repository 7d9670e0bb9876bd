"""Images as people have them, through the command."""

import numpy as np
import pytest
from PIL import Image

from cscore_data.cli.jobs import dry_run
from cscore_data.cli.train_holdout import main
from cscore_data.storage.cube import open_cube

IMAGE = np.random.default_rng(1).integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
LABEL = np.arange(60) % 3
TINY = ["--runs", "2", "--ratios", "0.5", "--hidden", "4", "--epochs", "1"]


def folder(path):
    for row, pixels in enumerate(IMAGE):
        image = Image.fromarray(pixels).resize((8 + row % 4, 8))
        file = path / "photos" / "abc"[row % 3] / f"{row}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file)
    return path / "photos"


def damaged_folder(path):
    photos = folder(path)
    (photos / "a" / "90.jpg").write_bytes(b"no image")
    return photos


def flat_folder(path):
    lines = ["file_name,kind"]
    for row, pixels in enumerate(IMAGE):
        Image.fromarray(pixels).save(path / f"{row}.png")
        lines.append(f"{row}.png,{'abc'[row % 3]}")
    (path / "labels.csv").write_text("\n".join(lines))
    return path


def npz(image):
    def write(path):
        np.savez(path / "a.npz", x=image, y=LABEL)
        return path / "a.npz"

    return write


@pytest.mark.parametrize(
    ("make", "flags", "notes"),
    [
        (folder, ["--size", "8"], []),
        (damaged_folder, ["--size", "8", "--skip-damaged"], ["1 damaged image of 61 left out"]),
        (flat_folder, ["--label", "kind"], ["labels of 60 images are read from labels.csv"]),
        (npz(np.moveaxis(IMAGE, -1, 1)), [], ["read as channels first: 3 channels of 8 x 8"]),
        (npz(IMAGE // 128), [], ["pixels are whole numbers 0..1, scaled to 0..255"]),
        (npz(IMAGE[np.r_[:58, 0, 0]]), ["--group-duplicates"], ["3 exact duplicates in 1 group"]),
    ],
    ids=["folder", "damaged", "flat", "channels-first", "binary", "duplicates"],
)
def test_images_as_people_have_them(tmp_path, capsys, monkeypatch, make, flags, notes):
    source = str(make(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dry_run, "estimate_seconds", lambda *_: 90.0)
    assert main(["--dataset", source, *TINY, *flags, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "models" in out
    found = [line for line in out.splitlines() if line.startswith("note: ")]
    assert len(found) == len(notes)
    for note, line in zip(notes, found, strict=True):
        assert note in line


@pytest.mark.parametrize(
    ("make", "flags", "message"),
    [
        (folder, [], "images differ in size: a/0.jpg has 8 x 8 pixels, a/15.jpg has 11 x 8; "),
        (damaged_folder, ["--size", "8"], "a/90.jpg cannot be decoded"),
        (lambda path: path, [], "found no images; expected CLASS/NAME.jpg"),
        (lambda path: folder(path) / "a", [], "found 20 images and no folders of classes"),
        (npz(IMAGE), ["--size", "8"], "--size means nothing for this data set"),
    ],
    ids=["sizes", "damaged", "empty", "one class", "size of arrays"],
)
def test_images_that_cannot_be_used_are_refused_in_one_line(
    tmp_path, capsys, monkeypatch, make, flags, message
):
    source = str(make(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(["--dataset", source, *TINY, *flags, "--out", "a.zarr"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "a.zarr").exists()


@pytest.mark.slow
def test_copies_are_held_out_together_in_the_cube(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["--dataset", str(npz(IMAGE[np.r_[:58, 0, 7]])(tmp_path)), *TINY]
    assert main([*command, "--group-duplicates", "--out", "a.zarr"]) == 0
    held_out = open_cube("a.zarr")["held_out"].values
    assert (held_out[..., [58, 59]] == held_out[..., [0, 7]]).all()

    # More runs go on as the cube began.
    command[command.index("--runs") + 1] = "4"
    assert main([*command, "--out", "a.zarr"]) == 0
    held_out = open_cube("a.zarr")["held_out"].values
    assert (held_out[..., [58, 59]] == held_out[..., [0, 7]]).all()
    capsys.readouterr()

    assert main([*command, "--out", "b.zarr"]) == 0
    assert main([*command, "--out", "b.zarr", "--group-duplicates"]) == 2
    assert "plan.groups: found 0, expected 2" in capsys.readouterr().err
