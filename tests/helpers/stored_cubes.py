"""Small empty cubes, the files of cubes, and comparisons of cubes."""

import json

import numpy as np
import xarray as xr

from cscore_data.design.plan import Plan
from cscore_data.schema import CUBE_VARIABLES, cube_template
from cscore_data.storage.cube import create_cube
from cscore_data.storage.writer import CubeWriter


def template(runs=5, runs_per_chunk=2, **attrs):
    """The template of a cube of 2 ratios x `runs` x 12 examples in three classes."""
    label = np.arange(12) % 3
    return cube_template((0.1, 0.3), runs, label, runs_per_chunk=runs_per_chunk, attrs=attrs)


def complete_cube(path, runs=4, examples=30, record="margin", runs_per_chunk=2):
    """A complete cube at a path or URL, with file names, for which no model was trained."""
    plan = Plan(examples, (0.3, 0.7))
    template = cube_template(
        plan.ratios,
        runs,
        np.arange(examples) % 3,
        runs_per_chunk=runs_per_chunk,
        record=record,
        filename=np.array([f"{example:03}.png" for example in range(examples)]),
        class_names=["ant", "bee", "cat"],
        attrs={"plan": plan.to_json(), "plan_digest": plan.digest(), "dataset": "insects"},
    )
    create_cube(path, template)
    fill_cube(path)


def fill_cube(path):
    """Write what is pending in a cube with a plan."""
    writer = CubeWriter(path, fsync=False)
    plan = Plan(**json.loads(writer.cube.dataset.attrs["plan"]))
    for piece in writer.cube.pieces():
        random = np.random.default_rng([piece.index, *piece.pending])
        held_out = plan.held_out(piece.ratio, piece.pending)
        correct = random.random(held_out.shape) < 0.7
        margins = ()
        if writer.cube.records_margins:
            margins = (random.normal(0, 5, held_out.shape), random.integers(0, 3, held_out.shape))
        writer.write(piece, correct, held_out, np.ones(len(held_out), bool), *margins)


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
