import numpy as np
import pytest
import zarr

from cscore_data.errors import InvalidInputError, StoreError
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.pieces import Piece
from cscore_data.storage.verify import verify_pieces
from cscore_data.storage.writer import CubeWriter
from stored_cubes import template

PIECE = Piece(0.1, 0, 0, 2, (0, 1))


@pytest.fixture
def path(tmp_path):
    create_cube(tmp_path / "cube.zarr", template())
    return tmp_path / "cube.zarr"


def rows(seed=0, runs=2):
    """What to write: `correct` and `held_out`."""
    return np.random.default_rng(seed).random((2, runs, 12)) < 0.5


def write(path, piece=PIECE, seed=0):
    CubeWriter(path).write(piece, *rows(seed), np.array([True, True]))


def test_what_is_written_is_read_back(path):
    write(path, Piece(0.3, 1, 2, 4, (2, 3)))
    cube = open_cube(path).load()
    for name, expected in zip(("correct", "held_out"), rows(), strict=True):
        np.testing.assert_array_equal(cube[name][1, 2:4], expected)
    assert np.argwhere(cube["done"].values).tolist() == [[1, 2], [1, 3]]


def test_the_ledger_is_written_last(path, monkeypatch):
    written = []
    set_item = zarr.Array.__setitem__

    def note(array, *arguments):
        written.append(array.basename)
        set_item(array, *arguments)

    monkeypatch.setattr(zarr.Array, "__setitem__", note)
    write(path)
    assert written == ["correct", "held_out", "digest", "done"]


def test_a_crash_between_two_arrays_leaves_the_run_pending(path, monkeypatch):
    set_item = zarr.Array.__setitem__

    def crash(array, *arguments):
        if array.basename == "held_out":
            raise KeyboardInterrupt
        set_item(array, *arguments)

    monkeypatch.setattr(zarr.Array, "__setitem__", crash)
    pieces = Cube.open(path).pieces()
    with pytest.raises(KeyboardInterrupt):
        write(path)
    assert Cube.open(path).pieces() == pieces
    assert not open_cube(path)["held_out"].any()


def test_invalid_runs_stay_pending_and_empty(path):
    CubeWriter(path).write(PIECE, *np.ones((2, 2, 12), bool), np.array([True, False]))
    cube = Cube.open(path)
    assert cube.pieces()[0] == Piece(0.1, 0, 0, 2, (1,))
    assert cube.dataset["correct"][0, 0].all()
    assert not cube.dataset["correct"][0, 1].any()
    assert not cube.dataset["held_out"][0, 1].any()


def test_a_writer_says_where_it_writes_and_how_much(path):
    sizes = "ratio: 2, run: 5, example: 12"
    assert repr(CubeWriter(path)) == f"<CubeWriter of {path} ({sizes})>"


def test_single_runs_in_any_order(path):
    writer = CubeWriter(path)
    correct, held_out = rows()[:, 0]
    writer.write_run(0.3, 4, correct=correct, held_out=held_out)
    writer.write_run(0.3, 1, correct=~correct, held_out=~held_out)
    cube = open_cube(path)
    assert np.argwhere(cube["done"].values).tolist() == [[1, 1], [1, 4]]
    np.testing.assert_array_equal(cube["correct"].sel(ratio=0.3, run=4), correct)
    np.testing.assert_array_equal(cube["held_out"].sel(ratio=0.3, run=1), ~held_out)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ratio": 0.25}, "ratio: found 0.25"),
        ({"run": 5}, "run: found 5"),
        ({"correct": np.ones(5, bool)}, "correct: found bool"),
        ({"held_out": np.ones(12, int)}, "held_out: found int64"),
        ({"held_out": np.ones((1, 12), bool)}, r"held_out: found bool \(1, 12\)"),
        ({"correct": None}, "correct: found object"),
        ({"correct": [True, False]}, r"correct: found bool \(2,\)"),
        ({"run": 0.5}, r"run: found 0\.5, expected one of the cube's, 0\.\.4"),
        ({"ratio": None}, "ratio: found None"),
    ],
)
def test_single_runs_that_do_not_fit_are_refused(path, wrong, message):
    correct, held_out = rows()[:, 0]
    run = {"ratio": 0.3, "run": 0, "correct": correct, "held_out": held_out}
    with pytest.raises(InvalidInputError, match=message):
        CubeWriter(path).write_run(**run | wrong)
    assert not open_cube(path)["done"].any()


def test_lists_and_whole_numbers_of_any_type_are_taken(path):
    correct, held_out = rows()[:, 0]
    writer = CubeWriter(path)
    writer.write_run(
        np.float64(0.3), np.int64(4), correct=correct.tolist(), held_out=held_out.tolist()
    )
    writer.write_run(0.3, 1.0, correct=correct, held_out=held_out)
    assert np.argwhere(open_cube(path)["done"].values).tolist() == [[1, 1], [1, 4]]


def test_the_codec_packs_random_booleans_well(tmp_path):
    path = tmp_path / "cube.zarr"
    create_cube(path, cube_template((0.5,), 20, np.arange(20_000) % 2, runs_per_chunk=20))
    random = np.random.default_rng(0).random((20, 20_000)) < 0.5
    piece = Piece(0.5, 0, 0, 20, tuple(range(20)))
    CubeWriter(path).write(piece, random, random, np.ones(20, bool))
    (file,) = [file for file in (path / "correct" / "c").rglob("*") if file.is_file()]
    assert file.stat().st_size * 8 < 1.1 * random.size  # the entropy is one bit per cell


@pytest.mark.parametrize("name", ["held_out", "digest", "done"])
def test_two_that_write_a_piece_at_once_leave_all_of_one(path, monkeypatch, name):
    """The second writes the whole piece just after the first has written the array `name`."""
    set_item = zarr.Array.__setitem__
    second = CubeWriter(path)
    intrusions = iter(range(1))

    def write_and_let_intrude(array, *arguments):
        set_item(array, *arguments)
        if array.basename == name and next(intrusions, None) is not None:
            second.write(PIECE, *rows(seed=2), np.array([True, True]))

    with monkeypatch.context() as patch:
        patch.setattr(zarr.Array, "__setitem__", write_and_let_intrude)
        write(path, seed=1)
    cube = Cube.open(path)
    assert not any(verdict.faults for verdict in verify_pieces(cube))
    stored = np.stack([cube.dataset[name][0, :2].values for name in ("correct", "held_out")])
    assert any(np.array_equal(stored, rows(seed)) for seed in (1, 2))


def test_a_disk_that_does_not_return_what_was_written_is_an_error(path, monkeypatch):
    set_item = zarr.Array.__setitem__

    def lose(array, *arguments):
        if array.basename != "correct":
            set_item(array, *arguments)

    monkeypatch.setattr(zarr.Array, "__setitem__", lose)
    with pytest.raises(StoreError, match="runs 0-1 were not read back as they were written"):
        write(path)


def test_nothing_is_written_into_a_cube_that_was_replaced(path):
    writer = CubeWriter(path)
    create_cube(path, template(title="another"), overwrite=True)
    with pytest.raises(StoreError, match="was replaced by another cube"):
        writer.write(PIECE, *rows(), np.array([True, True]))
    assert not open_cube(path)["done"].any()


def test_a_cube_that_has_grown_in_the_meantime_keeps_the_runs_of_both_writers(path):
    """The last piece of the smaller cube shares its chunk with the first new runs."""
    writer = CubeWriter(path)
    last = Piece(0.1, 0, 4, 5, (4,))
    Cube.open(path).extend(8, history="more")
    CubeWriter(path).write(Piece(0.1, 0, 4, 6, (5,)), *rows(1, runs=1), np.array([True]))
    writer.write(last, *rows(2, runs=1), np.array([True]))
    cube = open_cube(path)
    assert np.flatnonzero(cube["done"].values[0]).tolist() == [4, 5]
    np.testing.assert_array_equal(cube["correct"][0, 5], rows(1, runs=1)[0, 0])
    np.testing.assert_array_equal(cube["correct"][0, 4], rows(2, runs=1)[0, 0])
