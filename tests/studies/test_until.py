"""Adding runs until the scores are reliable enough; what is reliable is up to the caller."""

import pytest

from cscore_data.storage.cube import open_cube
from cscore_data.studies.loop import train_pending
from cscore_data.studies.until import train_until
from small_studies import make_study


def until(study, aim, reliability):
    return train_until(study, aim=aim, reliability=reliability, train=train_pending, command="test")


def by_runs(dataset):
    """0.5 with two runs, 0.67 with four, 0.75 with six."""
    runs = dataset.sizes["run"]
    return runs / (runs + 2)


@pytest.mark.parametrize(("aim", "runs"), [(0.5, 2), (0.6, 4), (0.7, 6), (0.99, 7)])
def test_runs_are_added_in_blocks_until_the_aim_or_the_end(blobs, tmp_path, aim, runs):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=7)
    reached = until(study, aim, by_runs)
    assert reached.models == 2 * runs
    assert reached.reliability == by_runs(open_cube(study.path))
    cube = open_cube(study.path)
    assert cube.sizes["run"] == runs
    assert cube["done"].all()
    assert len(cube.attrs["history"].splitlines()) == 1


def test_a_higher_aim_continues_what_is_there(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=8)
    assert until(study, 0.6, by_runs).models == 8
    assert until(study, 0.6, by_runs).models == 0
    assert until(study, 0.7, by_runs).models == 4
    assert open_cube(study.path).sizes["run"] == 6


def test_what_cannot_be_told_yet_is_not_reached(blobs, tmp_path):
    study = make_study(blobs, tmp_path / "cube.zarr", runs=4)
    reached = until(study, 0.1, lambda dataset: float("nan"))
    assert open_cube(study.path).sizes["run"] == 4
    assert reached.models == 8
