import shutil

import numpy as np
import pytest

from cscore_data.cli import verify_cube
from cscore_data.design.plan import Plan
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube
from cscore_data.storage.writer import CubeWriter

PLAN = Plan(120, (0.3, 0.7))


@pytest.fixture
def cube(blobs, tmp_path):
    """A complete cube of 5 runs in 2 x 3 pieces, for which no model was trained."""
    attrs = {
        "plan": PLAN.to_json(),
        "plan_digest": PLAN.digest(),
        "example_digest": blobs.digest(),
    }
    template = cube_template(PLAN.ratios, 5, blobs.label, runs_per_chunk=2, attrs=attrs)
    cube = Cube.create(tmp_path / "cube.zarr", template)
    fill(cube)
    return cube


def fill(cube):
    """Write what the cube lacks; the same each time."""
    writer = CubeWriter(cube, fsync=False)
    for piece in cube.pieces():
        held_out = PLAN.held_out(piece.ratio, piece.pending)
        writer.write(piece, ~held_out, held_out, np.ones(len(held_out), bool))


def damage(path):
    """Damage four pieces, each in its own way; returns how their lines begin."""
    correct = path / "correct" / "c" / "0" / "1" / "0"
    correct.write_bytes(correct.read_bytes()[:-3] + b"bad")
    ledger = path / "done" / "c" / "1" / "0"
    ledger.write_bytes(b"bad" + ledger.read_bytes()[3:])
    (path / "correct" / "c" / "1" / "2" / "0").unlink()
    # A good chunk, but of another piece.
    held_out = path / "held_out" / "c" / "0"
    shutil.copy(held_out / "1" / "0", held_out / "0" / "0")
    return ["ratio 0.3 runs 0-1", "ratio 0.3 runs 2-3", "ratio 0.7 runs 0-1", "ratio 0.7 runs 4-4"]


def test_a_good_cube_is_good(cube, blobs_npz, capsys):
    assert verify_cube.main([cube.path, "--dataset", str(blobs_npz)]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "ratio  pieces  wrong   runs  missing",
        "0.3         3      0      5        0",
        "0.7         3      0      5        0",
        f"Cube: {cube.path}, nothing wrong in 6 pieces.",
    ]
    assert captured.err == ""  # no progress bar where there is no terminal


def test_a_cube_that_is_not_complete_is_good_as_far_as_it_goes(cube, capsys):
    cube.extend(8, history="more")
    assert verify_cube.main([cube.path]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["0.3", "4", "0", "8", "3"]


def test_wrong_pieces_are_named(cube, tmp_path, capsys):
    expected = damage(tmp_path / "cube.zarr")
    assert verify_cube.main([cube.path]) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.out.splitlines() if line.startswith("ratio 0")]
    assert sorted(line.partition(":")[0] for line in lines) == expected
    assert captured.out.splitlines()[1].split() == ["0.3", "3", "2", "5", "0"]
    assert "4 of 6 pieces are not what was written; --repair clears them" in captured.err
    assert captured.err.count("\n") == 1


def test_repair_clears_what_is_wrong_and_nothing_else(cube, tmp_path, capsys):
    whole = cube.dataset.compute()
    damage(tmp_path / "cube.zarr")
    assert verify_cube.main([cube.path, "--repair"]) == 0
    assert "Cleared: 4 pieces. Next: train-holdout" in capsys.readouterr().out
    cleared = Cube.open(cube.path)
    assert len(cleared.pieces()) == 4
    assert verify_cube.main([cube.path]) == 0
    fill(cleared)
    assert cleared.dataset.compute().identical(whole)


def test_a_cube_of_other_examples_is_found(cube, blobs, blobs_npz, capsys):
    changed = blobs.image.copy()
    changed[0, 0, 0] ^= 1
    np.savez(blobs_npz, image=changed, label=blobs.label)
    assert verify_cube.main([cube.path, "--dataset", str(blobs_npz)]) == 2
    captured = capsys.readouterr()
    assert "store: " in captured.out
    assert blobs.digest() in captured.err
    assert "give the data set that it was made from" in captured.err


def test_a_cube_that_names_no_examples_is_checked_by_its_labels(blobs, blobs_npz, tmp_path, capsys):
    path = tmp_path / "own.zarr"
    Cube.create(path, cube_template((0.5,), 1, blobs.label, runs_per_chunk=1))
    assert verify_cube.main([str(path), "--dataset", str(blobs_npz)]) == 0
    np.savez(blobs_npz, image=blobs.image, label=blobs.label[::-1])
    assert verify_cube.main([str(path), "--dataset", str(blobs_npz)]) == 2
    assert "label" in capsys.readouterr().err
