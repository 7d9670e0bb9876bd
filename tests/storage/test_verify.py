import json
import random
import shutil

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import train_holdout, verify_cube
from cscore_data.design.plan import Plan
from cscore_data.errors import CscoreDataError
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.verify import verify_metadata, verify_pieces
from cscore_data.storage.writer import CubeWriter
from processes import FAST
from small_studies import make_study, run_study
from stored_cubes import assert_same_cube, chunk_contents, chunk_files


@pytest.fixture
def cube(blobs, tmp_path):
    """A complete cube of a study: 6 pieces."""
    run_study(make_study(blobs, tmp_path / "cube.zarr"))
    return tmp_path / "cube.zarr"


def planned_cube(path, *, runs, examples=300):
    """A complete cube for which no model was trained: 2 x runs/2 pieces."""
    plan = Plan(examples, (0.3, 0.7))
    attrs = {"plan": plan.to_json(), "plan_digest": plan.digest()}
    label = np.arange(examples) % 3
    create_cube(path, cube_template(plan.ratios, runs, label, runs_per_chunk=2, attrs=attrs))
    writer = CubeWriter(path, fsync=False)
    generator = np.random.default_rng(0)
    for piece in writer.cube.pieces():
        held_out = plan.held_out(piece.ratio, piece.pending)
        correct = generator.random(held_out.shape) < 0.7
        writer.write(piece, correct, held_out, np.ones(len(held_out), bool))


def flip(file, seed):
    """Change one byte of a file."""
    content = bytearray(file.read_bytes())
    generator = random.Random(seed)
    content[generator.randrange(len(content))] ^= generator.randrange(1, 256)
    file.write_bytes(content)


def faulty(path):
    """The pieces in which something is wrong."""
    return [verdict.piece for verdict in verify_pieces(Cube.open(path)) if verdict.faults]


def place(path, file):
    """Ratio and first run of the piece that a chunk file belongs to."""
    ratio, chunk = file.relative_to(path).parts[2:4]
    return int(ratio), 2 * int(chunk)


def check_flips(path, files):
    """Change a byte in each file in turn: only the piece that it belongs to must be faulty."""
    for seed, file in enumerate(files):
        before = file.read_bytes()
        flip(file, seed)
        assert [(piece.index, piece.start) for piece in faulty(path)] == [place(path, file)], file
        file.write_bytes(before)


def test_nothing_is_wrong_with_a_good_cube(cube, blobs, blobs_npz, capsys):
    assert verify_metadata(Cube.open(cube), examples=blobs) == []
    assert faulty(cube) == []
    assert verify_cube.main([str(cube), "--dataset", str(blobs_npz)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1].split() == ["0.3", "3", "0", "5", "0"]
    assert out[-1].endswith("nothing wrong in 6 pieces.")


def test_a_wrong_byte_in_any_chunk_file_is_found_and_its_piece_is_named(tmp_path):
    planned_cube(tmp_path / "cube.zarr", runs=6)
    files = chunk_files(tmp_path / "cube.zarr")
    assert len(files) == 2 * 3 * 4
    check_flips(tmp_path / "cube.zarr", files)


@pytest.mark.slow
def test_a_wrong_byte_in_each_of_200_chunk_files_is_found(tmp_path):
    planned_cube(tmp_path / "cube.zarr", runs=50, examples=2000)
    files = chunk_files(tmp_path / "cube.zarr")
    assert len(files) == 200
    check_flips(tmp_path / "cube.zarr", files)
    assert faulty(tmp_path / "cube.zarr") == []


@pytest.mark.parametrize("flips", [52, pytest.param(500, marks=pytest.mark.slow)])
def test_a_wrong_byte_in_metadata_or_coordinates_is_found_or_an_error(tmp_path, flips):
    path = tmp_path / "cube.zarr"
    planned_cube(path, runs=2)
    files = [file for file in path.rglob("*") if file.is_file() and file not in chunk_files(path)]
    assert len(files) == 1 + 8 + 4
    for seed in range(flips):
        file = files[seed % len(files)]
        before = file.read_bytes()
        flip(file, seed)
        try:
            found = verify_metadata(Cube.open(path)) or faulty(path)
        except CscoreDataError as error:
            found = str(error)
        is_metadata = file.name == "zarr.json"
        assert found or (is_metadata and is_same_json(before, file.read_bytes())), (file, seed)
        file.write_bytes(before)
    assert verify_metadata(Cube.open(path)) == []


def is_same_json(content, other):
    """Whether two files have the same content as JSON: white space does not matter."""
    try:
        return json.loads(content) == json.loads(other)
    except ValueError:
        return False


def faulty_lines(output):
    """The pieces that verify-cube names in its output, sorted."""
    lines = [line for line in output.splitlines() if line.startswith("ratio 0")]
    return sorted(line.partition(":")[0] for line in lines)


def test_repair_and_another_run_restore_the_cube(cube, blobs, tmp_path, capsys):
    whole = open_cube(cube).load()
    flip(cube / "correct/c/0/1/0", 1)
    flip(cube / "done/c/1/0", 2)
    (cube / "correct/c/1/2/0").unlink()
    # A good chunk, but of another piece.
    shutil.copy(cube / "held_out/c/0/1/0", cube / "held_out/c/0/0/0")
    expected = [
        "ratio 0.3 runs 0-1",
        "ratio 0.3 runs 2-3",
        "ratio 0.7 runs 0-1",
        "ratio 0.7 runs 4-4",
    ]
    assert verify_cube.main([str(cube)]) == 2
    captured = capsys.readouterr()
    assert faulty_lines(captured.out) == expected
    assert "4 of 6 pieces are not what was written" in captured.err
    assert len(captured.err.splitlines()) == 1
    assert verify_cube.main([str(cube), "--repair"]) == 0
    assert "Cleared: 4 pieces" in capsys.readouterr().out
    assert len(Cube.open(cube).pieces()) == 4
    assert faulty(cube) == []
    xr.testing.assert_equal(run_study(make_study(blobs, cube)), whole)
    assert verify_cube.main([str(cube)]) == 0


def damage_and_restore(path, files, train, capsys):
    """Change a byte in each of these files, let verify-cube name their pieces, and restore all.

    `train` are the arguments of train-holdout, which must restore every byte after a repair.
    """
    before = chunk_contents(path)
    for seed, file in enumerate(files):
        flip(file, seed)
    capsys.readouterr()
    assert verify_cube.main([str(path)]) == 2
    places = {place(path, file) for file in files}
    expected = [f"ratio {(0.3, 0.7)[ratio]} runs {run}-{run + 1}" for ratio, run in places]
    assert faulty_lines(capsys.readouterr().out) == sorted(expected)
    assert verify_cube.main([str(path), "--repair"]) == 0
    assert f"Cleared: {len(places)} pieces" in capsys.readouterr().out
    assert train_holdout.main([*train, "--out", str(path)]) == 0
    assert f"{2 * len(places)} models to train" in capsys.readouterr().out
    assert chunk_contents(path) == before


@pytest.mark.slow
@pytest.mark.parametrize(("runs", "at_once"), [(250, 200), (50, 1)], ids=["at once", "in turn"])
def test_200_damaged_chunk_files_are_restored_by_repair_and_another_run(
    runs, at_once, blobs_npz, tmp_path, capsys
):
    whole = tmp_path / "whole.zarr"
    path = tmp_path / "cube.zarr"
    train = ["--dataset", str(blobs_npz), *FAST, "--runs", str(runs)]
    assert train_holdout.main([*train, "--out", str(whole)]) == 0
    shutil.copytree(whole, path)
    files = random.Random(0).sample(chunk_files(path), 200)
    for first in range(0, 200, at_once):
        damage_and_restore(path, files[first : first + at_once], train, capsys)
    assert_same_cube(path, whole)
    assert verify_cube.main([str(path), "--dataset", str(blobs_npz)]) == 0


def test_runs_that_the_ledger_calls_done_but_are_missing_are_found(tmp_path):
    path = tmp_path / "cube.zarr"
    planned_cube(path, runs=4)
    for chunk in ("correct/c/0/1/0", "held_out/c/0/1/0", "digest/c/0/1"):
        (path / chunk).unlink()
    assert [(piece.index, piece.start) for piece in faulty(path)] == [(0, 2)]


def test_a_cube_of_other_examples_is_found(cube, blobs, blobs_npz, capsys):
    changed = blobs.image.copy()
    changed[0, 0, 0] ^= 1
    np.savez(blobs_npz, image=changed, label=blobs.label)
    assert verify_cube.main([str(cube), "--dataset", str(blobs_npz)]) == 2
    error = capsys.readouterr().err
    assert f"the images or their order differ between the cube and {blobs_npz}" in error
    assert blobs.digest() in error
    assert "give the data set that it was made from" in error


def test_a_cube_that_names_no_examples_is_checked_by_its_labels(tmp_path, blobs, blobs_npz, capsys):
    path = tmp_path / "own.zarr"
    create_cube(path, cube_template((0.5,), 1, blobs.label, runs_per_chunk=1))
    assert verify_cube.main([str(path), "--dataset", str(blobs_npz)]) == 0
    np.savez(blobs_npz, image=blobs.image, label=blobs.label[::-1])
    assert verify_cube.main([str(path), "--dataset", str(blobs_npz)]) == 2
    assert "80 of 120 labels differ between the cube and" in capsys.readouterr().err


def test_nothing_is_wrong_with_a_cube_in_which_runs_are_still_pending(cube, blobs, capsys):
    study = make_study(blobs, cube, runs=8)
    Cube.open(cube).extend(study.runs, history="more")
    assert verify_cube.main([str(cube)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["0.3", "4", "0", "8", "3"]
