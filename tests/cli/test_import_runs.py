import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import import_runs, plot_cscores, reduce_cscores, verify_cube
from cscore_data.scores.reduce import reduce_cube
from http_server import resuming, serve
from run_exports import (
    assert_equal_variables,
    complete_study,
    heldout_files,
    tar_gz,
    write_datamodels,
    write_files,
    write_lira,
)

CUBE = complete_study()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("labels.npz", train=CUBE["label"].values, test=CUBE["test_label"].values)
    return tmp_path


@pytest.fixture
def run(capfd):
    """Run the command here: exit code, standard output, standard error."""

    def run(*arguments):
        code = import_runs.main([*map(str, arguments), "--no-fsync"])
        return code, *capfd.readouterr()

    return run


LABELS = ("--labels", "labels.npz:train", "--test-labels", "labels.npz:test")


def test_an_imported_cube_is_reduced_and_verified(folder, run, capfd):
    write_datamodels(CUBE, folder / "runs")
    code, out, err = run("datamodels", "runs", "--out", "cube.zarr", *LABELS)
    assert (code, err) == (0, "")
    assert "datamodels: 2 ratios x 3 runs, 24 examples; 6 runs to import" in out
    assert "note: margins are not log p/(1-p)" in out
    assert "runs  held-out accuracy  training accuracy  test accuracy" in out
    assert out.splitlines()[-1] == (
        "Cube: cube.zarr (6 runs imported, every run verified). Next: reduce-cscores cube.zarr"
    )
    assert reduce_cscores.main(["cube.zarr"]) == 0
    expected = reduce_cube(CUBE)
    scores = xr.open_zarr("cube-cscores.zarr")
    for name in ("cscore", "profile", "margin", "memorization"):
        np.testing.assert_allclose(scores[name], expected[name], rtol=1e-6)
    assert verify_cube.main(["cube.zarr"]) == 0
    assert "nothing wrong in 2 pieces" in capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["histograms", "profiles", "data-map", "memorization"])
def test_scores_of_an_imported_cube_are_drawn(kind, folder, run):
    write_datamodels(CUBE, folder / "runs")
    assert run("datamodels", "runs", "--out", "cube.zarr", *LABELS)[0] == 0
    assert reduce_cscores.main(["cube.zarr"]) == 0
    assert plot_cscores.main(["cube-cscores.zarr", "--kind", kind, "--out", "page.png"]) == 0
    assert (folder / "page.png").stat().st_size > 10_000


@pytest.mark.slow
def test_the_reliability_of_an_imported_cube_is_drawn(folder, run):
    write_lira(complete_study(ratios=(0.5,), runs=12), folder / "runs")
    assert run("lira", "runs", "--out", "cube.zarr")[0] == 0
    arguments = ["cube.zarr", "--kind", "reliability", "--out", "page.png"]
    assert plot_cscores.main(arguments) == 0


def test_the_same_command_imports_nothing_twice_and_adds_what_has_come(folder, run):
    write_lira(complete_study(ratios=(0.5,)), folder / "runs")
    assert run("lira", "runs", "--runs", 2)[0] == 0
    code, out, _ = run("lira", "runs")
    assert code == 0
    assert "3 runs, 24 examples; 1 run to import" in out
    code, out, _ = run("lira", "runs")
    assert code == 0
    assert "Cube: imported.zarr (0 runs imported, every run verified)" in out
    history = xr.open_zarr("imported.zarr").attrs["history"].splitlines()
    assert [line.split()[1:4] for line in history] == 2 * [["import-runs", "lira", "runs"]]


def test_an_archive_behind_a_url(run):
    archive = tar_gz(heldout_files(CUBE))
    with serve() as server:
        server.replies = {"cifar-small.tar.gz": [resuming(archive, cuts=[50_000])]}
        chosen = ("--ratio", 0.25, 0.5, "--runs", 3)
        url = server.url("cifar-small.tar.gz")
        code, _, err = run("heldout-influence", url, *chosen, *LABELS)
    assert (code, err) == (0, "")
    cube = xr.open_zarr("imported.zarr")
    assert_equal_variables(cube, CUBE, ("correct", "held_out", "test_correct"))
    assert cube.attrs["imported"] == '{"format": "heldout-influence", "name": "cifar-small"}'


def test_ratios_with_different_numbers_of_runs(folder, run):
    files = heldout_files(CUBE)
    del files["cifar-small/0.25/2/aux_arrays.npz"]
    write_files(folder / "runs", files)
    code, out, _ = run("heldout-influence", "runs", *LABELS)
    assert code == 0
    assert "note: 1 run missing: ratios have different numbers of runs, or some" in out
    assert reduce_cscores.main(["imported.zarr", "--allow-incomplete"]) == 0


def test_the_labels_names_and_digest_of_a_data_set(folder, run, blobs, blobs_npz):
    held_out = np.tile([True, False], (2, 60))
    np.savez("runs.npz", held_out=held_out, correct=~held_out)
    code, _, err = run("arrays", "runs.npz", "--dataset", blobs_npz)
    assert (code, err) == (0, "")
    assert verify_cube.main(["imported.zarr", "--dataset", str(blobs_npz)]) == 0
    cube = xr.open_zarr("imported.zarr")
    assert cube.attrs["example_digest"] == blobs.digest()


def one_line(result, *words):
    code, _, err = result
    assert code == 2
    assert err.startswith("import-runs: error: ")
    assert err.count("\n") == 1
    assert all(word in err for word in words), err


def test_what_cannot_be_imported_is_one_line(folder, run):
    write_lira(complete_study(ratios=(0.5,)), folder / "runs")
    one_line(run("lira", "nowhere"), "nowhere: no such folder")
    one_line(run("lira", "runs", "--correct", "x"), "options of lira: found 'correct', expected")
    one_line(run("lira", "runs", "--test"), "test: found without --dataset")
    one_line(run("datamodels", "runs"), "runs: found no labels of the examples", "--labels")
    (folder / "mine").mkdir()
    one_line(run("arrays", "mine"), "error: mine: found no array correct, prediction, logits or")
    np.save("mine/correct.npy", np.ones((2, 3), bool))
    np.save("mine/label.npy", np.zeros(3, int))
    one_line(run("arrays", "mine"), "error: mine: expected one of the arrays held_out and")
    np.save("mine/held_out.npy", np.array([[1, 1, 0], [0, 0, 0]], bool))
    one_line(run("arrays", "mine"), "error: mine: runs trained on 1 to 3 of 3 examples (run")
    one_line(run("lira", "runs", "--runs", 0), "runs: found 0, expected at least 1")
    assert not (folder / "imported.zarr").exists()
    np.save("runs/experiment-1_3/logits/0000000100.npy", np.zeros((24, 4)))
    np.save("runs/experiment-2_3/logits/0000000100.npy", np.zeros((2, 4)))
    one_line(run("lira", "runs"), "experiment-2_3", "imported.zarr has the 2 runs that are sound")
    np.save("runs/y_train.npy", np.zeros(24, int))
    one_line(run("lira", "runs"), "imported.zarr: exists already, with other runs (other label")


def test_mistyped(capsys):
    with pytest.raises(SystemExit) as stop:
        import_runs.main(["pickles", "runs"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
