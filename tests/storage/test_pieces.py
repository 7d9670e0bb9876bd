import numpy as np
import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece, Shard, parse_shard, pending_pieces
from cscore_data.storage.writer import CubeWriter
from stored_cubes import template


def empty_cube(runs=5):
    """A cube in memory in which no run is done."""
    cube = template(runs)
    cube["done"].data = np.zeros(cube["done"].shape, bool)
    return cube


def test_pieces_are_whole_chunks_and_hold_each_run_once(tmp_path):
    cube = Cube.create(tmp_path / "cube.zarr", template())
    pieces = cube.pieces()
    assert [(piece.index, piece.pending) for piece in pieces] == [
        (0, (0, 1)),
        (1, (0, 1)),
        (0, (2, 3)),
        (1, (2, 3)),
        (0, (4,)),
        (1, (4,)),
    ]
    assert [piece.ratio for piece in pieces] == [0.1, 0.3] * 3
    outcome = np.ones((2, 12), bool)
    CubeWriter(cube).write(pieces[1], outcome, outcome, np.ones(2, bool))
    assert cube.pieces() == [pieces[0], *pieces[2:]]


def test_a_piece_that_is_partly_done_names_its_pending_runs():
    cube = empty_cube()
    cube["done"].values[1, 2] = True
    pieces = pending_pieces(cube)
    assert pieces[3] == Piece(0.3, 1, 2, 4, (3,))
    assert pieces[3].name == "1-2"


def shards(cube, count):
    """The pending pieces of each of `count` shards."""
    return [pending_pieces(cube, Shard(number, count)) for number in range(1, count + 1)]


SHARDED = [(5, 1), (5, 2), (5, 4), (40, 2), (40, 7), (40, 40)]


@pytest.mark.parametrize(("runs", "count"), SHARDED)
def test_shards_hold_each_piece_once_and_have_about_the_same_size(runs, count):
    cube = empty_cube(runs)
    pieces = []
    sizes = []
    for shard in shards(cube, count):
        pieces += shard
        sizes.append(len(shard))
    assert sorted(pieces, key=repr) == sorted(pending_pieces(cube), key=repr)
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("index", [0, 1])
def test_every_shard_has_its_share_of_each_ratio(index):
    counts = []
    for shard in shards(empty_cube(runs=40), 2):
        counts.append(sum(piece.index == index for piece in shard))
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/4", "1.0/4"])
def test_shards_that_make_no_sense_are_refused(text):
    with pytest.raises(InvalidInputError, match="expected K/M"):
        parse_shard(text)


def test_a_shard_is_its_number_and_the_number_of_shards():
    assert parse_shard("3/12") == (3, 12)
