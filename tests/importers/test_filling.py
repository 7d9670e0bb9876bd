"""Whatever stops an import, what was read by then is in the cube."""

from dataclasses import replace

import numpy as np
import pytest

from cscore_data.errors import StoreError
from cscore_data.importers.filling import fill, open_destination, verify_imported
from cscore_data.importers.registry import open_runs
from cscore_data.importers.runs import KnownExamples, RunBlock
from run_exports import assert_equal_variables, complete_study

CUBE = complete_study(ratios=(0.5,), runs=6, test_examples=0, record="correct")
SOURCE = {name: CUBE[name].values[0] for name in ("correct", "held_out")}


def runs_one_by_one(order, stop=None):
    """The runs as a stream has them, in this order; Ctrl-C comes after `stop` of them."""
    runs = open_runs("arrays", SOURCE, KnownExamples(CUBE["label"].values))

    def read(pieces):
        pending = {run for piece in pieces for run in piece.pending}
        for number, run in enumerate(order):
            if number == stop:
                raise KeyboardInterrupt
            if run in pending:
                rows = {name: values[[run]] for name, values in SOURCE.items()}
                yield RunBlock(0, (run,), (f"run {run}",), rows)

    return replace(runs, read=read, in_pieces=False)


def destination(runs, path):
    return open_destination(runs, path, history="test", runs_per_chunk=4)


def test_an_interrupted_stream_goes_on_with_the_runs_that_are_missing(tmp_path):
    runs = runs_one_by_one([5, 2, 0, 4, 1, 3], stop=3)
    cube = destination(runs, tmp_path / "cube.zarr")
    with pytest.raises(KeyboardInterrupt):
        fill(runs, cube)
    assert np.flatnonzero(cube.dataset["done"].values[0]).tolist() == [0, 2, 5]
    seen = []
    runs = runs_one_by_one([5, 2, 0, 4, 1, 3])
    imported = fill(runs, destination(runs, tmp_path / "cube.zarr"), on_progress=seen.append)
    assert (imported.runs, imported.refused, sum(seen)) == (3, (), 3)
    verify_imported(imported.cube)
    assert_equal_variables(imported.cube.dataset, CUBE, ("correct", "held_out"))


def test_a_cube_that_does_not_read_back_is_told(tmp_path):
    runs = runs_one_by_one(range(6))
    cube = fill(runs, destination(runs, tmp_path / "cube.zarr")).cube
    (tmp_path / "cube.zarr" / "held_out" / "c" / "0" / "1" / "0").unlink()
    with pytest.raises(StoreError, match=r"ratio 0\.5 runs 4-5: .* --repair clears what is wrong"):
        verify_imported(cube)
