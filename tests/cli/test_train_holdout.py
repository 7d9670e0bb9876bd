import dataclasses
import json
import os
import re
import signal

import numpy as np
import pytest
import xarray as xr

from cscore_data.cli import train_holdout
from cscore_data.cli.jobs.study_report import advice, enough_runs, print_end
from cscore_data.cli.jobs.train_holdout import default_path
from cscore_data.cli.run import Invocation
from cscore_data.data.sources import describe_sources
from cscore_data.design.plan import Plan
from cscore_data.schema import cube_template
from cscore_data.storage.cube import Cube
from cscore_data.training.named_recipes import RECIPES
from cscore_data.training.recipe import Recipe
from processes import FAST, wait_for


def test_from_training_to_the_picture(program, call, blobs_npz, tmp_path):
    out, error = program("train-holdout", "--dataset", blobs_npz, *FAST)
    assert error == ""  # no progress bar where there is no terminal
    assert "120 examples, 3 classes; 2 ratios x 6 runs, 12 models to train" in out
    assert out.splitlines()[-1].endswith("Next: reduce-cscores blobs.zarr")
    out, _ = call(
        "reduce-cscores", "blobs.zarr", "--export", "scores.npz", "--figure", "direct.pdf"
    )
    assert "120 examples, 12 runs at 2 ratios" in out
    assert "Next: plot-cscores blobs-cscores.zarr" in out.splitlines()[-1]
    assert "cscores.svg" in call("plot-cscores", "blobs-cscores.zarr", "--out", "cscores.svg")[0]
    assert (tmp_path / "cscores.svg").stat().st_size > 10_000
    assert (tmp_path / "direct.pdf").read_bytes().startswith(b"%PDF")
    cube = xr.open_zarr(tmp_path / "blobs.zarr").load()
    scores = xr.open_zarr(tmp_path / "blobs-cscores.zarr").load()
    hits = (cube["correct"] & cube["held_out"]).sum("run") / cube["held_out"].sum("run")
    np.testing.assert_allclose(scores["cscore"], hits.mean("ratio", skipna=False))
    with np.load(tmp_path / "scores.npz") as file:
        np.testing.assert_array_equal(file["scores"], scores["cscore"])
        np.testing.assert_array_equal(file["labels"], cube["label"])


def test_flags_reach_the_cube(call, blobs_npz, tmp_path):
    study = "--out deep/er.zarr --seed 5 --subsets nested"
    recipe = (
        "--batch-size 16 --learning-rate 0.02 --momentum 0.5 --nesterov yes --label-smoothing 0.1"
    )
    flags = [*study.split(), *recipe.split()]
    call("train-holdout", "--dataset", blobs_npz, *FAST, *flags)
    cube = xr.open_zarr(tmp_path / "deep" / "er.zarr")
    assert json.loads(cube.attrs["recipe"]) == RECIPES["mnist-demo"].to_dict() | {
        "hidden": [8],
        "learning_rate": 0.02,
        "momentum": 0.5,
        "batch_size": 16,
        "epochs": 3,
        "nesterov": True,
        "label_smoothing": 0.1,
    }
    assert json.loads(cube.attrs["plan"]) == {
        "examples": 120,
        "ratios": [0.3, 0.7],
        "seed": 5,
        "subsets": "nested",
    }
    assert "--momentum 0.5" in cube.attrs["history"]
    np.testing.assert_array_equal(
        cube["held_out"][0], Plan(120, (0.3,), 5, "nested").held_out(0.3, range(6))
    )


@pytest.mark.slow
def test_a_convolutional_network_on_colour_images(command, tmp_path):
    random = np.random.default_rng(3)
    label = np.arange(90) % 3
    image = random.integers(0, 90, (90, 9, 9, 3))
    image[np.arange(90), :, :, label] += 100
    label[60:] = random.permutation(label[60:])
    np.savez(tmp_path / "colours.npz", image=image.astype(np.uint8), label=label)
    recipe = "--recipe cifar-fast --precision float32 --batch-size 16 --epochs 9"
    study = "--dataset colours.npz --ratios 0.5 --runs 2 --lanes 1"
    command("train-holdout", *study.split(), *recipe.split())
    cube = xr.open_zarr(tmp_path / "colours.zarr").load()
    accuracy = cube["correct"].where(cube["held_out"]).mean("run").squeeze()
    assert accuracy[:60].mean() > 0.8
    assert accuracy[60:].mean() < 0.6  # labels at random


@pytest.mark.slow
def test_a_ratio_near_chance_gets_a_remark(command, blobs, tmp_path):
    label = np.random.default_rng(0).permutation(blobs.label)
    np.savez(tmp_path / "noise.npz", image=blobs.image, label=label)
    out, _ = command("train-holdout", "--dataset", "noise.npz", *FAST)
    assert out.count("near chance (0.3") == 2
    two = blobs.label < 2
    np.savez(tmp_path / "two.npz", image=blobs.image[two], label=blobs.label[two])
    out, _ = command("train-holdout", "--dataset", "two.npz", *FAST, "--epochs", "30")
    assert "near chance" not in out


@pytest.mark.slow
def test_runs_spread_over_devices_are_the_same_runs(command, blobs_npz, tmp_path):
    for devices in (1, 3):
        study = ["--dataset", blobs_npz, *FAST, "--out", f"{devices}.zarr"]
        command("train-holdout", *study, JAX_NUM_CPU_DEVICES=str(devices))
    one = xr.open_zarr(tmp_path / "1.zarr").load()
    three = xr.open_zarr(tmp_path / "3.zarr").load()
    np.testing.assert_array_equal(one["held_out"], three["held_out"])
    # Products of another width may round differently: the class of a close call can change.
    assert int((one["correct"] != three["correct"]).sum()) <= 3


def test_dry_run_writes_nothing(call, blobs_npz, tmp_path):
    out, _ = call("train-holdout", "--dataset", blobs_npz, *FAST, "--dry-run")
    assert "12 models to train" in out
    assert "pieces: 6 of 2 runs each" in out
    assert "files: 36 to write, about 180 requests" in out
    assert "with --record correct, " in out
    assert "with --record margin (this study: margin)" in out
    assert "on this machine (cpu), from measured steps of training" in out
    assert [file.name for file in tmp_path.iterdir()] == ["blobs.npz"]


def test_progress_is_shown_when_asked(call, blobs_npz):
    _, error = call("train-holdout", "--dataset", blobs_npz, *FAST, "--progress")
    assert "12/12 models" in error


def flags_in_help(capsys):
    """Names of the flags and what ``--help`` says of them, in its order."""
    with pytest.raises(SystemExit, match="0"):
        train_holdout.main(["--help"])
    options = capsys.readouterr().out.split("options:")[1]
    _, *entries = re.split(r"^  --", options, flags=re.MULTILINE)
    return {entry.split()[0]: " ".join(entry.split()) for entry in entries}


def test_every_hyperparameter_is_a_flag(capsys):
    recipe = " ".join(field.name.replace("_", "-") for field in dataclasses.fields(Recipe))
    assert " ".join(flags_in_help(capsys)) == (
        "dataset label text size labels drop-unlabelled skip-damaged out ratios runs "
        "runs-per-chunk seed subsets group-duplicates record test until until-score "
        f"recipe {recipe} lanes shard engine scheduler workers worker-timeout no-fsync "
        "storage-option overwrite dry-run progress version"
    )


def test_help_gives_every_default(capsys):
    flags = flags_in_help(capsys)
    without = [name for name, text in flags.items() if "(default:" not in text]
    assert without == ["overwrite", "dry-run", "progress", "version"]  # switches are off by default


def test_help_names_every_data_set(capsys):
    assert f"data set: {describe_sources()} (default: digits)" in flags_in_help(capsys)["dataset"]


@pytest.mark.parametrize(
    ("sent", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        pytest.param(signal.SIGTERM, 143, "terminated", marks=pytest.mark.slow),
    ],
)
def test_a_signal_says_that_the_command_resumes(start, blobs_npz, tmp_path, sent, code, word):
    # 500 pieces: not even a fast machine is done before the signal is sent.
    study = ["--dataset", blobs_npz, *FAST, "--runs", "500", "--out", "stopped.zarr"]
    process = start("train-holdout", *study)
    wait_for(lambda: list((tmp_path / "stopped.zarr").rglob("done/c/*/*")))
    os.kill(process.pid, sent)
    _, message = process.communicate()
    assert process.returncode == code
    assert word in message
    assert "the same command resumes" in message
    assert "Traceback" not in message
    assert 0 < int(xr.open_zarr(tmp_path / "stopped.zarr")["done"].sum()) < 1000


RESUMES = "what was trained is in the cube, and the same command"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], f"{RESUMES} resumes"),
        (["--overwrite"], f"{RESUMES} without --overwrite resumes"),
        (["--dry-run"], "nothing was written"),
    ],
)
def test_what_is_said_after_an_interruption_is_true(monkeypatch, capsys, tmp_path, flags, message):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cscore_data.cli.jobs.train_holdout.load_examples", interrupt)
    (tmp_path / "digits.zarr").mkdir()
    assert train_holdout.main(flags) == 130
    assert capsys.readouterr().err == f"\ntrain-holdout: interrupted; {message}\n"
    (tmp_path / "digits.zarr").rmdir()
    assert train_holdout.main(flags) == 130
    assert "nothing was " in capsys.readouterr().err


@pytest.mark.slow
def test_held_out_accuracy_of_real_mnist(command, real_data, tmp_path):
    """The figure for ratio 0.1 is .9526 (8 runs, measured with other code)."""
    if not (real_data / "mnist").is_dir():
        pytest.skip("no MNIST files")
    command("train-holdout", "--dataset", "mnist", "--ratios", "0.1", "--runs", "2")
    cube = xr.open_zarr(tmp_path / "mnist.zarr")
    assert float(cube["correct"].where(cube["held_out"]).mean()) == pytest.approx(0.9526, abs=0.003)


@pytest.mark.parametrize(
    ("dataset", "path"),
    [
        ("mnist", "mnist.zarr"),
        ("data/my.set.npz", "my.set.zarr"),
        ("lr0.1.npz", "lr0.1.zarr"),
        ("a.b/lr0.2.parquet:img:label", "lr0.2.zarr"),
        ("a/b.parquet:img:label", "b.zarr"),
        ("tfds:cats/small:3.0.1", "cats-small-3.0.1.zarr"),
    ],
)
def test_default_names_of_cubes(dataset, path):
    assert default_path(dataset) == path


def test_enough_runs_are_the_fewest_that_hold_out_almost_every_example_at_every_ratio():
    plan = Plan(1000, (0.5, 0.9))
    enough = enough_runs(plan, 8)
    assert plan.share_never_held_out(enough) < 0.005 <= plan.share_never_held_out(enough - 1)


def test_no_number_of_runs_may_be_enough():
    plan = Plan(10**9, (0.9999999999,))  # all but one of a billion examples
    assert enough_runs(plan, 8) is None
    assert advice(plan, 8).startswith("not even 1,000,000 runs give one to almost all, so use")


def test_the_numbers_of_runs_that_are_advised_are_about_examples_without_a_score():
    ratios = tuple(tenth / 10 for tenth in range(1, 10))
    assert advice(Plan(1797, ratios, subsets="balanced"), 8) == "10 runs give one to every example"
    independent = advice(Plan(1797, ratios), 8)
    assert independent == "51 runs give one to more than 99.5% of them"
    # 10 of 1000 examples are held out in each run.
    assert (
        advice(Plan(1000, (0.99,), subsets="balanced"), 8) == "100 runs give one to every example"
    )


def test_the_last_line_says_how_many_runs_are_missing(tmp_path, capsys):
    template = cube_template((0.5,), 4, np.arange(12) % 3, runs_per_chunk=2)
    cube = Cube.create(tmp_path / "cube.zarr", template)
    print_end(cube, models_trained=2, seconds=1.0, invocation=Invocation("train-holdout", ()))
    line = capsys.readouterr().out
    assert (
        "(2 models trained, 2 per second). 4 runs of the cube still missing: those of other shards"
        in line
    )


def test_training_ends_when_the_scores_are_reliable(call, blobs_npz, tmp_path):
    study = ["--dataset", blobs_npz, *FAST, "--runs", "60", "--runs-per-chunk", "20"]
    out, _ = call("train-holdout", *study, "--until", "0.1", "--out", "cube.zarr")
    assert "2 ratios x at most 60 runs, at most 120 models to train" in out
    found = re.search(r"with (\d+) runs at each ratio, aim 0.1: reached; by extrap", out)
    cube = xr.open_zarr(tmp_path / "cube.zarr")
    assert cube.sizes["run"] == int(found[1]) < 60
    out, _ = call("train-holdout", *study, "--until", "0.9999", "--out", "cube.zarr")
    assert "with 60 runs at each ratio, aim 0.9999; by extrapolation about" in out


def test_help_says_what_switches_of_a_recipe_take(capsys):
    flags = flags_in_help(capsys)
    for name in ("nesterov", "flip", "drop-last"):
        assert "yes or no (default: the recipe's)" in flags[name]
