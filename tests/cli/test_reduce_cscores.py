import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import reduce_cscores
from cscore_data.schema import cube_template
from cscore_data.storage.cube import create_cube
from cscore_data.storage.writer import CubeWriter
from cscore_data.testing import make_cube


@pytest.fixture
def cube(tmp_path, monkeypatch):
    """A cube on disk, complete but for the runs that a test clears in the ledger."""
    monkeypatch.chdir(tmp_path)
    made = make_cube(runs=30)
    create_cube(
        "cube.zarr",
        cube_template(made["ratio"].values, 30, made["label"].values, runs_per_chunk=10),
    )
    return made


def fill(made, skip=()):
    writer = CubeWriter("cube.zarr")
    for index, ratio in enumerate(made["ratio"].values):
        for run in range(30):
            if (index, run) not in skip:
                rows = {name: made[name].values[index, run] for name in ("correct", "held_out")}
                writer.write_run(ratio, run, **rows)


def test_scores_summary_and_where_they_come_from(cube, capsys):
    fill(cube)
    assert reduce_cscores.main(["cube.zarr"]) == 0
    out = capsys.readouterr().out
    scores = xr.open_zarr("cube-cscores.zarr").load()
    hits = (cube["correct"] & cube["held_out"]).sum("run") / cube["held_out"].sum("run")
    np.testing.assert_allclose(scores["profile"], hits)
    np.testing.assert_allclose(scores["cscore"], hits.mean("ratio"))
    assert (
        f"mean {float(hits.mean()):.4f}, {float((hits.mean('ratio') < 0.5).mean()):.2%} below 0.5"
        in out
    )
    lowest = int(hits.mean("ratio").values.argmin())
    assert out.split("standard error\n")[1].split()[0] == str(lowest)
    assert "reduce-cscores cube.zarr" in scores.attrs["history"]


def test_scores_may_be_reduced_again(cube):
    fill(cube)
    assert [reduce_cscores.main(["cube.zarr"]) for _ in range(2)] == [0, 0]


def test_incomplete_cube_on_request(cube, capsys):
    fill(cube, skip={(0, 3), *((2, run) for run in range(30))})
    assert reduce_cscores.main(["cube.zarr"]) == 2
    assert "4 of 9 pieces and 31 of 90 runs" in capsys.readouterr().err
    assert reduce_cscores.main(["cube.zarr", "--allow-incomplete"]) == 0
    assert "left out, no run is done: ratio 0.8" in capsys.readouterr().out
    scores = xr.open_zarr("cube-cscores.zarr")
    assert scores["ratio"].values.tolist() == [0.2, 0.5]
    there = np.arange(30) != 3
    expected = [cube[name].values[0, there] for name in ("correct", "held_out")]
    np.testing.assert_allclose(
        scores["profile"][0], (expected[0] & expected[1]).sum(0) / expected[1].sum(0)
    )


def test_no_example_held_out_at_every_ratio(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    create_cube("cube.zarr", cube_template((0.1, 0.9), 1, np.arange(4) % 2, runs_per_chunk=1))
    for ratio, held_out in ((0.1, [True, True, False, False]), (0.9, [False, False, True, True])):
        CubeWriter("cube.zarr").write_run(
            ratio, 0, correct=np.ones(4, bool), held_out=np.array(held_out)
        )
    assert reduce_cscores.main(["cube.zarr"]) == 0
    out = capsys.readouterr().out
    assert "no C-score: 4 examples, never held out at some ratio" in out
    assert "nan" not in out
    assert np.isnan(xr.open_zarr("cube-cscores.zarr")["cscore"]).all()


def test_jax_is_not_needed(cube):
    """With jax not importable at all, a cube is opened, reduced and exported."""
    fill(cube)
    code = (
        "import sys; sys.modules['jax'] = None; sys.modules['tensorflow'] = None;"
        "from cscore_data.cli.reduce_cscores import main;"
        "sys.exit(main(['cube.zarr', '--export', 'x.csv']))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
