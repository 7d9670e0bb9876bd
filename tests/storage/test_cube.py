import json
import os
import warnings

import numpy as np
import pytest
import xarray as xr
import zarr

from cscore_data import schema
from cscore_data.errors import IncompleteCubeError, StoreError
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.verify import verify_metadata
from cscore_data.storage.workers import Worker
from cscore_data.storage.writer import CubeWriter
from stored_cubes import template


@pytest.fixture
def path(tmp_path):
    create_cube(tmp_path / "cube.zarr", template())
    return tmp_path / "cube.zarr"


def rows(piece):
    """What to write for a piece: `correct` and `held_out`."""
    random = np.random.default_rng([0, piece.index, piece.start])
    return random.random((2, len(piece.pending), 12)) < 0.5


def fill(path, pieces=None):
    """Write these pieces, by default all that are pending."""
    writer = CubeWriter(path)
    if pieces is None:
        pieces = writer.cube.pieces()
    for piece in pieces:
        writer.write(piece, *rows(piece), np.ones(len(piece.pending), bool))


def test_plain_xarray_opens_a_cube_without_a_warning(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cube = xr.open_zarr(path)
        assert cube.sel(ratio=0.3).sizes == {"run": 5, "example": 12}
    assert dict(cube.sizes) == {"ratio": 2, "run": 5, "example": 12}
    assert cube["correct"].dtype == cube["held_out"].dtype == cube["done"].dtype == bool
    assert not cube["correct"].any()
    assert cube["label"].values.tolist() == [0, 1, 2] * 4
    assert cube.attrs["schema_version"] == schema.SCHEMA_VERSION
    assert cube.chunks["run"] == (2, 2, 1)


def test_no_variable_has_a_fill_value_for_xarray(path):
    for file in path.glob("*/zarr.json"):
        assert "_FillValue" not in json.loads(file.read_text())["attributes"]


def test_more_runs_keep_what_is_there(path):
    fill(path)
    before = open_cube(path).load()
    cube = Cube.open(path)
    cube.extend(8, history="more")
    after = xr.open_zarr(path)
    assert after.sizes["run"] == cube.dataset.sizes["run"] == 8
    assert after["run"].values.tolist() == list(range(8))
    assert after.attrs["history"].endswith("more")
    for name in before.data_vars:
        np.testing.assert_array_equal(after[name][:, :5], before[name])
    assert [piece.pending for piece in cube.pieces()] == [(5,), (5,), (6, 7), (6, 7)]
    fill(path)
    final = open_cube(path)
    assert final["done"].all()
    # The chunk of run 4 was written again.
    np.testing.assert_array_equal(final["correct"][:, :5], before["correct"])


def test_fewer_runs_than_there_are_change_nothing(path):
    Cube.open(path).extend(3, history="fewer")
    assert open_cube(path).sizes["run"] == 5


def test_extending_interrupted_at_any_write_leaves_a_cube(path, monkeypatch):
    fill(path)
    before = open_cube(path).load()
    resize = zarr.Array.resize
    for _ in range(len(before.data_vars)):  # each attempt gets one array further
        left = iter(range(1))

        def crash(array, shape, left=left):
            next(left)
            resize(array, shape)

        monkeypatch.setattr(zarr.Array, "resize", crash)
        with pytest.raises(StopIteration):
            Cube.open(path).extend(20, history="crash")
        xr.testing.assert_identical(open_cube(path).load(), before)
    monkeypatch.setattr(zarr.Array, "resize", resize)
    Cube.open(path).extend(5, history="as before")
    xr.testing.assert_equal(open_cube(path).load(), before)


def test_creating_is_all_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / "cube.zarr"

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            create_cube(path, template())
    assert not path.exists()
    create_cube(path, template())
    assert [entry.name for entry in tmp_path.iterdir()] == ["cube.zarr"]


def test_only_cubes_are_ever_overwritten(tmp_path, path):
    fill(path)
    with pytest.raises(StoreError, match="exists already"):
        create_cube(path, template())
    create_cube(path, template(), overwrite=True)
    assert not open_cube(path)["done"].any()
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter").write_text("one")
    for overwrite in (False, True):
        with pytest.raises(StoreError, match="thesis"):
            create_cube(precious, template(), overwrite=overwrite)
    assert (precious / "chapter").read_text() == "one"


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(StoreError, match="file: exists already; choose another path"):
        create_cube(tmp_path / "file", template())


def test_a_symbolic_link_stays_and_the_cube_is_written_where_it_points(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    link = tmp_path / "cube.zarr"
    link.symlink_to(scratch)
    create_cube(link, template())
    create_cube(link, template(), overwrite=True)
    assert link.is_symlink()
    assert (scratch / "zarr.json").exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["cube.zarr", "scratch"]


@pytest.mark.parametrize("target", ["scratch/cube", "scratch/deep/er"])
def test_a_link_to_what_is_not_there_yet(tmp_path, target):
    """The link comes first, or the folder that it leads to is gone: then nothing is put there."""
    (tmp_path / "scratch").mkdir()
    link = tmp_path / "cube.zarr"
    link.symlink_to(tmp_path / target)
    if target == "scratch/cube":
        create_cube(link, template())
        assert (tmp_path / target / "zarr.json").exists()
    else:
        with pytest.raises(StoreError, match=r"a symbolic link to .*, which is gone"):
            create_cube(link, template())
    assert link.is_symlink()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["cube.zarr", "scratch"]


@pytest.mark.parametrize("inside", ["scores", "correct/c", "deep/er/cube.zarr"])
def test_a_cube_in_a_cube_is_refused(path, inside):
    with pytest.raises(StoreError, match=r"cube\.zarr is a cube, and another one cannot be in it"):
        create_cube(path / inside, template())
    create_cube("memory://around/cube.zarr", template(), overwrite=True)
    with pytest.raises(StoreError, match="is a cube, and another one"):
        create_cube(f"memory://around/cube.zarr/{inside}", template())


def test_a_cube_in_a_group_of_other_things(tmp_path):
    zarr.create_group(tmp_path / "studies.zarr", attributes={"title": "all of mine"})
    create_cube(tmp_path / "studies.zarr" / "first", template())
    open_cube(tmp_path / "studies.zarr" / "first")


def test_urls_that_are_paths(tmp_path):
    create_cube(f"local://{tmp_path}/new/folder/cube.zarr", template())
    assert not open_cube(f"file://{tmp_path}/new/folder/cube.zarr")["done"].any()
    assert [entry.name for entry in (tmp_path / "new/folder").iterdir()] == ["cube.zarr"]


@pytest.mark.parametrize("stop", [0, 2, 4])
def test_a_process_that_was_stopped_while_it_made_room_takes_no_runs_away(path, monkeypatch, stop):
    """It was taken for dead, and another one has made more room since."""
    fill(path)
    resize = zarr.Array.resize
    calls = iter(range(100))

    def stop_for_long(array, shape):
        if next(calls) == stop:
            monkeypatch.setattr(zarr.Array, "resize", resize)
            monkeypatch.setattr(Worker, "others", lambda worker: [])
            Cube.open(path).extend(12, history="another")
            fill(path)
        resize(array, shape)

    monkeypatch.setattr(zarr.Array, "resize", stop_for_long)
    Cube.open(path).extend(8, history="stopped")
    cube = open_cube(path)
    assert cube.sizes["run"] == 12
    assert cube["done"].all()
    assert verify_metadata(Cube.open(path)) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_empty_folder_may_become_a_cube(tmp_path, overwrite):
    (tmp_path / "new").mkdir()
    create_cube(tmp_path / "new", template(), overwrite=overwrite)
    open_cube(tmp_path / "new")


def test_opening_something_that_is_not_a_cube(tmp_path, path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("text")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "gro')
    xr.Dataset({"x": 1}).to_zarr(tmp_path / "other.zarr", consolidated=False)
    for name, message in {
        "missing": "no such store",
        "empty": "not a readable Zarr store",
        "file": "not a readable Zarr store",
        "half": "not a readable Zarr store",
        "other.zarr": "not a cube",
    }.items():
        with pytest.raises(StoreError, match=message):
            open_cube(tmp_path / name)


def test_an_incomplete_cube_says_how_much_is_missing(path):
    cube = Cube.open(path)
    fill(path, cube.pieces()[:2])
    with pytest.raises(IncompleteCubeError, match="4 of 6 pieces and 6 of 10 runs"):
        cube.require_complete()
    fill(path)
    cube.require_complete()


def test_pending_runs_of_a_piece_are_read_again(path):
    cube = Cube.open(path)
    piece = cube.pieces()[0]
    writer = CubeWriter(path)
    right, unseen = rows(piece)[:, 0]
    writer.write_run(piece.ratio, 1, correct=right, held_out=unseen)
    assert cube.still_pending(piece).pending == (0,)
    writer.write_run(piece.ratio, 0, correct=right, held_out=unseen)
    assert cube.still_pending(piece) is None


def test_cleared_pieces_are_pending_again_and_others_are_not(path):
    fill(path)
    cube = Cube.open(path)
    assert cube.pieces() == []
    fresh = Cube.create(path.with_name("other.zarr"), template()).pieces()
    cube.clear(fresh[1:2])
    assert cube.pieces() == fresh[1:2]
    assert not cube.dataset["correct"][1, :2].any()
