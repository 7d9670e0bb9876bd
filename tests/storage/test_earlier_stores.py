"""Stores that earlier code wrote (tests/data) still open, and give the same bytes.

The code is that of November 2026, before it was rearranged into folders. `before` is a complete
cube of models that were trained by other means. `before-partial` is one with file names, in which 5
of 12 runs are done; `before-extended` is the same cube with 15 runs at each ratio. `before-cscores`
and `before-extended-cscores` are their scores.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import reduce_cscores, verify_cube
from cscore_data.scores.files import open_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.cube import Cube, open_cube
from cscore_data.storage.verify import verify_metadata, verify_pieces
from external_models import write_pending
from stored_cubes import chunk_contents

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def unpack(tmp_path):
    """Unpack the store of this name; returns its path."""

    def unpack(name):
        shutil.unpack_archive(DATA / f"{name}.zip", tmp_path)
        return tmp_path / name

    return unpack


@pytest.mark.parametrize("name", ["before.zarr", "before-partial.zarr", "before-extended.zarr"])
def test_cubes_open_and_nothing_is_wrong_with_them(unpack, name):
    path = unpack(name)
    cube = Cube.open(path)
    assert verify_metadata(cube) == []
    assert not any(verdict.faults for verdict in verify_pieces(cube))
    assert verify_cube.main([str(path)]) == 0


def test_a_partial_cube_is_extended_to_the_same_bytes(unpack):
    path = unpack("before-partial.zarr")
    assert [len(piece.pending) for piece in Cube.open(path).pieces()] == [3, 2, 2]
    Cube.open(path).extend(15, history="extended")
    write_pending(path)
    expected = unpack("before-extended.zarr")
    assert chunk_contents(path) == chunk_contents(expected)
    assert (path / "zarr.json").read_bytes() == (expected / "zarr.json").read_bytes()


@pytest.mark.parametrize("name", ["before", "before-extended"])
def test_cubes_reduce_to_the_same_scores(unpack, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = unpack(f"{name}.zarr")
    expected = unpack(f"{name}-cscores.zarr")
    before = open_scores(expected).load()
    # There are more statistics by now.
    scores = reduce_cube(open_cube(path))[list(before.data_vars)].load()
    xr.testing.assert_identical(scores, before)
    assert reduce_cscores.main([str(path), "--out", "again.zarr"]) == 0
    assert chunk_contents(tmp_path / "again.zarr").items() >= chunk_contents(expected).items()


def test_file_names_are_kept(unpack):
    names = open_cube(unpack("before-partial.zarr"))["filename"].values
    assert names[[0, 299]].tolist() == ["point-000.png", "point-299.png"]
    np.testing.assert_array_equal(np.unique(names), names)
