import numpy as np
import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube
from cscore_data.storage.pieces import Piece, Shard, parse_shard, pending_pieces
from cscore_data.storage.writer import CubeWriter


def cube(runs=5):
    template = cube_template((0.1, 0.3), runs, np.arange(12) % 3, runs_per_chunk=2)
    template["done"].data = np.zeros(template["done"].shape, bool)
    return template


def test_pieces_are_whole_chunks_each_run_once(tmp_path):
    template = cube_template((0.1, 0.3), 5, np.arange(12) % 3, runs_per_chunk=2)
    stored = Cube.create(tmp_path / "cube.zarr", template)
    pieces = stored.pieces()
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
    CubeWriter(stored).write(pieces[1], outcome, outcome, np.ones(2, bool))
    assert stored.pieces() == [pieces[0], *pieces[2:]]


def test_a_piece_in_part_names_what_is_pending():
    template = cube()
    template["done"].values[1, 2] = True
    pieces = pending_pieces(template)
    assert pieces[3] == Piece(0.3, 1, 2, 4, (3,))
    assert pieces[3].name == "1-2"


@pytest.mark.parametrize(("runs", "parts"), [(5, 1), (5, 2), (5, 4), (40, 2), (40, 7), (40, 40)])
def test_shards_hold_each_piece_once_and_share_every_ratio(runs, parts):
    template = cube(runs)
    shares = [pending_pieces(template, Shard(part, parts)) for part in range(1, parts + 1)]
    dealt = [piece for share in shares for piece in share]
    assert sorted(dealt, key=repr) == sorted(pending_pieces(template), key=repr)
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1
    for index in (0, 1) if runs >= 20 * parts else ():
        counts = [sum(piece.index == index for piece in share) for share in shares]
        assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/4", "1.0/4"])
def test_shards_that_make_no_sense_are_refused(text):
    with pytest.raises(InvalidInputError, match="expected K/M"):
        parse_shard(text)
    assert parse_shard("3/12") == (3, 12)
