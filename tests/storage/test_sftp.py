"""Cubes on an SFTP server, which has files and folders instead of objects."""

import pytest
import xarray as xr

pytest.importorskip("paramiko")

from cscore_data.errors import StoreError
from cscore_data.scores.files import open_scores, save_scores
from cscore_data.scores.reduce import reduce_cube
from cscore_data.storage.cube import Cube, create_cube, open_cube
from cscore_data.storage.verify import verify_metadata, verify_pieces
from cscore_data.storage.workers import Worker
from sftp_server import sftp_server
from stored_cubes import complete_cube, fill_cube, template


@pytest.fixture
def url(tmp_path):
    """A place for a cube in a folder that does not exist yet."""
    with sftp_server(tmp_path) as address:
        yield f"sftp://me:secret@{address}/new/folder/cube.zarr"


@pytest.mark.slow
def test_a_cube_on_an_sftp_server_from_its_creation_to_its_scores(url, tmp_path):
    complete_cube(url, runs=2)
    Cube.open(url).extend(4, history="more")
    fill_cube(url)
    cube = Cube.open(url)
    assert verify_metadata(cube) == []
    assert not any(verdict.faults for verdict in verify_pieces(cube))
    cube.clear([verdict.piece for verdict in verify_pieces(cube)][:1])
    assert len(cube.pieces()) == 1
    fill_cube(url)

    local = tmp_path / "new/folder/cube.zarr"
    xr.testing.assert_equal(open_cube(url).load(), open_cube(local).load())
    assert list(local.parent.iterdir()) == [local]
    assert not list(local.rglob("*.partial"))

    scores = reduce_cube(open_cube(url)).load()
    for _ in range(2):
        save_scores(scores, url.replace("cube", "scores"))
    xr.testing.assert_equal(open_scores(url.replace("cube", "scores")).load(), scores)


def test_processes_share_a_cube_on_an_sftp_server(url):
    create_cube(url, template())
    cube = Cube.open(url)
    with Worker(cube.folder) as first, Worker(cube.folder) as second:
        assert first.take("0-0")
        assert not second.take("0-0")
        with pytest.raises(StoreError, match="is filling it"):
            create_cube(url, template(), overwrite=True)


@pytest.mark.slow
def test_a_chunk_that_is_lost_on_an_sftp_server_is_noticed(url, tmp_path):
    complete_cube(url, runs=2)
    (tmp_path / "new/folder/cube.zarr/correct/c/0/0/0").unlink()
    with pytest.raises(StoreError, match=r"correct of ratio 0\.3 runs 0-1"):
        open_cube(url).load()
    with pytest.raises(StoreError, match=r"correct/c/0/0/0 is not there"):
        Cube.open(url).require_whole()
