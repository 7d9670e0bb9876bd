"""Small empty cubes, the files of cubes, and comparisons of cubes."""

import numpy as np
import xarray as xr

from cscore_data.schema import CUBE_VARIABLES, cube_template


def template(runs=5, runs_per_chunk=2, **attrs):
    """The template of a cube of 2 ratios x `runs` x 12 examples in three classes."""
    label = np.arange(12) % 3
    return cube_template((0.1, 0.3), runs, label, runs_per_chunk=runs_per_chunk, attrs=attrs)


def chunk_files(path):
    """The chunk files of a cube's variables, sorted; not those that are being written."""
    found = []
    for name in CUBE_VARIABLES:
        files = (path / name / "c").rglob("*")
        # Until they are complete, their names are longer.
        found += [file for file in files if file.name.isdigit() and file.is_file()]
    return sorted(found)


def contents(path):
    """The bytes of every file of a store, by its name in the store."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def chunk_contents(path):
    """The bytes of every chunk file of a store, by its name in the store."""
    return {name: content for name, content in contents(path).items() if "/c/" in name}


def assert_same_cube(path, other):
    """The cube at `path` is complete, and its variables are those of the cube at `other`."""
    cube, expected = xr.open_zarr(path), xr.open_zarr(other)
    assert cube["done"].all()
    assert set(cube.variables) == set(expected.variables)
    for name in expected.variables:
        np.testing.assert_array_equal(cube[name], expected[name], err_msg=name)
