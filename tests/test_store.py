import json
import os
import warnings

import numpy as np
import pytest
import xarray as xr
import zarr

from cscore_data import schema, store
from cscore_data.errors import IncompleteCubeError, InvalidInputError, StoreError
from cscore_data.writer import CubeWriter


@pytest.fixture
def path(tmp_path):
    store.create_cube(tmp_path / "cube.zarr", template())
    return tmp_path / "cube.zarr"


def template(runs=5, runs_per_chunk=2, **attrs):
    return schema.cube_template((0.1, 0.3), runs, np.arange(12) % 3, runs_per_chunk=runs_per_chunk, attrs=attrs)


def rows(piece, seed=0):
    random = np.random.default_rng([seed, piece.ratio, piece.start])
    return random.random((2, len(piece.pending), 12)) < 0.5


def fill(path, pieces=None):
    writer = CubeWriter(path)
    for piece in store.pending_pieces(store.open_cube(path)) if pieces is None else pieces:
        writer.write(piece, *rows(piece), np.ones(len(piece.pending), bool))


def test_plain_xarray_opens_it_without_a_warning(path):
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


def test_what_is_written_is_read(path):
    fill(path)
    cube = store.open_cube(path).load()
    assert cube["done"].all()
    assert not store.pending_pieces(cube.chunk({"run": 2}))
    piece = store.Piece(1, 2, 4, (2, 3))
    for name, expected in zip(("correct", "held_out"), rows(piece), strict=True):
        np.testing.assert_array_equal(cube[name][1, 2:4], expected)


def test_pieces_are_whole_chunks_each_run_once(path):
    pieces = store.pending_pieces(store.open_cube(path))
    assert [(piece.ratio, piece.pending) for piece in pieces] == [
        (0, (0, 1)),
        (1, (0, 1)),
        (0, (2, 3)),
        (1, (2, 3)),
        (0, (4,)),
        (1, (4,)),
    ]
    fill(path, pieces[1:2])
    assert store.pending_pieces(store.open_cube(path)) == [pieces[0], *pieces[2:]]


def test_the_ledger_is_written_last(path, monkeypatch):
    written = []
    set_item = zarr.Array.__setitem__
    monkeypatch.setattr(zarr.Array, "__setitem__", lambda a, *rest: (written.append(a.basename), set_item(a, *rest))[1])
    fill(path, store.pending_pieces(store.open_cube(path))[:1])
    assert written == ["correct", "held_out", "digest", "done"]


def test_a_crash_between_two_arrays_leaves_the_run_pending(path, monkeypatch):
    set_item = zarr.Array.__setitem__

    def crash(array, *rest):
        if array.basename == "held_out":
            raise KeyboardInterrupt
        set_item(array, *rest)

    monkeypatch.setattr(zarr.Array, "__setitem__", crash)
    pieces = store.pending_pieces(store.open_cube(path))
    with pytest.raises(KeyboardInterrupt):
        fill(path, pieces[:1])
    assert store.pending_pieces(store.open_cube(path)) == pieces
    assert not store.open_cube(path)["held_out"].any()


def test_runs_that_do_not_count_stay_pending_and_empty(path):
    piece = store.pending_pieces(store.open_cube(path))[0]
    CubeWriter(path).write(piece, *np.ones((2, 2, 12), bool), np.array([True, False]))
    cube = store.open_cube(path)
    assert store.pending_pieces(cube)[0] == store.Piece(0, 0, 2, (1,))
    assert cube["correct"][0, 0].all()
    assert not cube["correct"][0, 1].any()
    assert not cube["held_out"][0, 1].any()


def test_more_runs_keep_what_is_there(path):
    fill(path)
    before = store.open_cube(path).load()
    store.reopen_cube(path, runs=8, history="more")
    after = xr.open_zarr(path)
    assert after.sizes["run"] == 8
    assert after["run"].values.tolist() == list(range(8))
    assert after.attrs["history"].endswith("more")
    for name in schema.CUBE_VARIABLES:
        np.testing.assert_array_equal(after[name][:, :5], before[name])
    assert [piece.pending for piece in store.pending_pieces(store.open_cube(path))] == [(5,), (5,), (6, 7), (6, 7)]
    fill(path)
    final = store.open_cube(path)
    assert final["done"].all()
    np.testing.assert_array_equal(final["correct"][:, :5], before["correct"])  # the chunk of run 4 was written again


def test_extending_interrupted_at_any_write_leaves_a_cube(path, monkeypatch):
    fill(path)
    before = store.open_cube(path).load()
    resize = zarr.Array.resize
    for _ in range(len(schema.CUBE_VARIABLES)):  # each attempt comes one array further
        left = iter(range(1))

        def crash(array, shape, left=left):
            next(left)
            resize(array, shape)

        monkeypatch.setattr(zarr.Array, "resize", crash)
        with pytest.raises(StopIteration):
            store.reopen_cube(path, runs=20, history="crash")
        xr.testing.assert_identical(store.open_cube(path).load(), before)
    monkeypatch.setattr(zarr.Array, "resize", resize)
    store.reopen_cube(path, runs=5, history="as before")
    xr.testing.assert_equal(store.open_cube(path).load(), before)


def test_creating_is_all_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / "cube.zarr"

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            store.create_cube(path, template())
    assert not path.exists()
    store.create_cube(path, template())
    assert [entry.name for entry in tmp_path.iterdir()] == ["cube.zarr"]


def test_nothing_but_a_cube_is_ever_overwritten(tmp_path, path):
    fill(path)
    with pytest.raises(StoreError, match="exists already"):
        store.create_cube(path, template())
    store.create_cube(path, template(), overwrite=True)
    assert not store.open_cube(path)["done"].any()
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter").write_text("one")
    for overwrite in (False, True):
        with pytest.raises(StoreError, match="thesis"):
            store.create_cube(precious, template(), overwrite=overwrite)
    assert (precious / "chapter").read_text() == "one"


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_empty_folder_may_become_a_cube(tmp_path, overwrite):
    (tmp_path / "new").mkdir()
    store.create_cube(tmp_path / "new", template(), overwrite=overwrite)
    store.open_cube(tmp_path / "new")


def test_opening_what_is_no_cube(tmp_path, path):
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
            store.open_cube(tmp_path / name)


def test_incomplete_cubes_are_told_by_the_ledger(path):
    pieces = store.pending_pieces(store.open_cube(path))
    fill(path, pieces[:2])
    with pytest.raises(IncompleteCubeError, match="4 of 6 pieces and 6 of 10 runs"):
        store.require_complete(store.open_cube(path))
    fill(path)
    store.require_complete(store.open_cube(path))


def test_single_runs_from_anywhere(path):
    writer = CubeWriter(path)
    correct, held_out = rows(store.Piece(1, 0, 1, (0,)))[:, 0]
    writer.write_run(0.3, 4, correct=correct, held_out=held_out)
    writer.write_run(0.3, 1, correct=~correct, held_out=~held_out)
    cube = store.open_cube(path)
    assert np.argwhere(cube["done"].values).tolist() == [[1, 1], [1, 4]]
    np.testing.assert_array_equal(cube["correct"].sel(ratio=0.3, run=4), correct)
    np.testing.assert_array_equal(cube["held_out"].sel(ratio=0.3, run=1), ~held_out)
    good = {"correct": correct, "held_out": held_out}
    for ratio, run, arrays, message in (
        (0.25, 0, good, "ratio: found 0.25"),
        (0.3, 5, good, "run: found 5"),
        (0.3, 0, good | {"correct": correct[:5]}, "correct: found bool"),
        (0.3, 0, good | {"held_out": held_out.astype(int)}, "held_out: found int64"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            writer.write_run(ratio, run, **arrays)


def test_the_codec_packs_random_booleans_well(tmp_path):
    template = schema.cube_template((0.5,), 20, np.arange(20_000) % 2, runs_per_chunk=20)
    store.create_cube(tmp_path / "cube.zarr", template)
    random = np.random.default_rng(0).random((20, 20_000)) < 0.5
    piece = store.Piece(0, 0, 20, tuple(range(20)))
    CubeWriter(tmp_path / "cube.zarr").write(piece, random, random, np.ones(20, bool))
    (file,) = [file for file in (tmp_path / "cube.zarr" / "correct" / "c").rglob("*") if file.is_file()]
    assert file.stat().st_size * 8 < 1.1 * random.size  # one bit a cell is the entropy


@pytest.mark.parametrize(("runs", "parts"), [(5, 1), (5, 2), (5, 4), (40, 2), (40, 7), (40, 40)])
def test_parts_hold_each_piece_once_and_share_every_ratio(tmp_path, runs, parts):
    store.create_cube(tmp_path / "cube.zarr", template(runs=runs))
    cube = store.open_cube(tmp_path / "cube.zarr")
    shares = [store.pending_pieces(cube, (number, parts)) for number in range(1, parts + 1)]
    everything = sorted(store.pending_pieces(cube), key=repr)
    assert sorted((piece for share in shares for piece in share), key=repr) == everything
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    for ratio in (0, 1) if runs >= 20 * parts else ():
        counts = [sum(piece.ratio == ratio for piece in share) for share in shares]
        assert max(counts) - min(counts) <= 1
