"""From ``train-holdout --test`` to the figure of influences."""

import numpy as np
import pytest
import xarray as xr

from cscore_data import influential_pairs, load_examples, open_cube
from cscore_data.cli import plot_cscores, reduce_cscores, train_holdout
from cscore_data.cli.jobs.influence_report import parse_influence
from cscore_data.data.split import load_test_split
from cscore_data.errors import InvalidInputError, StoreExistsError
from cscore_data.scores.influence_files import check_place, save_pairs
from cscore_data.storage.zarr_store import write_store
from cscore_data.testing import make_cube
from processes import FAST
from stored_cubes import assert_same_cube


@pytest.fixture
def split_npz(blobs, tmp_path):
    """The blobs, of which the last 30 are the test split."""
    image, label = blobs.image, blobs.label
    arrays = {"x_train": image[:90], "y_train": label[:90]}
    arrays |= {"x_test": image[90:], "y_test": label[90:]}
    np.savez(tmp_path / "blobs.npz", **arrays)
    return tmp_path / "blobs.npz"


def refused(main, capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_training_and_its_continuation(call, split_npz, tmp_path):
    few = (*FAST, "--out", "c.zarr")
    out, _ = call("train-holdout", "--dataset", split_npz, *few, "--runs", "2", "--test")
    assert "90 examples, 3 classes; 30 test examples; 2 ratios x 2 runs" in out
    assert "test accuracy" in out
    cube = xr.open_zarr(tmp_path / "c.zarr").load()
    accuracy = cube["test_correct"].mean(["run", "test_example"])
    for value in accuracy.values:
        assert f"{value:.4f}" in out
    right = cube["test_prediction"] == cube["test_label"]
    np.testing.assert_array_equal(cube["test_correct"], right)
    assert not (cube["test_margin"] > 0).where(~right, False).any()

    # Without the flag, it goes on as it began.
    out, _ = call("train-holdout", "--dataset", split_npz, *few, "--runs", "4")
    assert "test accuracy" in out
    assert xr.open_zarr(tmp_path / "c.zarr")["done"].all()
    call("verify-cube", "c.zarr")


def write_cube(path, examples, test):
    """A cube of 8 runs on a data set and its test split, for which no model was trained."""
    cube = make_cube(
        ratios=(0.3, 0.7), runs=8, examples=len(examples), classes=3, test_examples=len(test)
    )
    attrs = {"dataset": examples.name, "example_digest": examples.digest()}
    cube = cube.assign_attrs(**attrs, test_digest=test.digest())
    cube = cube.assign_coords(
        label=("example", examples.label), test_label=("test_example", test.label)
    )
    write_store(path, cube)


def test_reduction_and_figure(call, split_npz, tmp_path, capsys):
    examples = load_examples(str(split_npz))
    write_cube(tmp_path / "c.zarr", examples, load_test_split(examples))
    few = ("reduce-cscores", "c.zarr", "--statistics", "cscore")
    out, _ = call(*few, "--influence", "top=2", "ratio=0.3")
    assert "influence of 90 examples on 30 test examples at ratio 0.3, from 8 runs" in out
    assert "among the 2 strongest of each kind" in out
    assert "Scores: c-cscores.zarr, c-influence.zarr. Next:" in out
    written = xr.open_zarr(tmp_path / "c-influence.zarr").load()
    expected = influential_pairs(open_cube(tmp_path / "c.zarr"), 0.3, top=2)
    xr.testing.assert_equal(written, expected)
    call("plot-cscores", "c-influence.zarr", "--kind", "influence", "--out", "test.svg")
    assert (tmp_path / "test.svg").stat().st_size > 10_000

    out, _ = call(*few, "--influence", "on=train")
    assert "on 90 train examples at ratio 0.7" in out
    line = refused(reduce_cscores.main, capsys, "c.zarr", "--influence", "ratio=0.4")
    assert "ratio: found 0.4, expected one of the cube's, 0.3, 0.7" in line
    line = refused(reduce_cscores.main, capsys, "c.zarr", "--influence", "top=0")
    assert "influence: found top=0, expected at least 1" in line


def test_names_of_classes_are_shown_and_never_more_examples_than_there_are(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    cube = make_cube(runs=30, classes=2, examples=12, test_examples=5)
    texts = np.array(["cat", "d\nog"], np.dtypes.StringDType())
    names = {"class": [0, 1], "class_name": ("class", texts)}
    write_store("c.zarr", cube.assign_coords(names))
    assert reduce_cscores.main(["c.zarr", "--influence", "top=13"]) == 0
    out = capsys.readouterr().out
    assert "note: found top=13; these are all 12 examples\n" in out
    for title in ("helped by", "the ten lowest: example"):
        header, row = out[out.index(title) :].splitlines()[:2]
        assert "cat" in row or "d\\nog" in row, header
    assert influential_pairs(cube, 0.5, top=99)["helps"].shape == (5, 12)


def test_influences_in_another_study_are_replaced_on_demand_only(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cube = make_cube(runs=8, test_examples=5)
    write_store("c.zarr", cube)
    pairs = influential_pairs(cube, 0.5, top=1)
    save_pairs(pairs.assign_attrs(dataset="other"), "c-influence.zarr")
    line = refused(reduce_cscores.main, capsys, "c.zarr", "--influence", "top=1")
    assert "c-influence.zarr: exists already, with influences in another study" in line
    check_place("c-influence.zarr")
    check_place("c-influence.zarr", {"dataset": "other", "plan": "any"})
    with pytest.raises(StoreExistsError, match=r"\(other dataset\); choose another --out, or"):
        check_place("c-influence.zarr", {"dataset": "synthetic"})


def test_a_figure_of_another_test_split_is_refused(call, split_npz, tmp_path, capsys):
    examples = load_examples(str(split_npz))
    test = load_test_split(examples)
    pairs = influential_pairs(make_cube(runs=8, examples=90, test_examples=29), 0.5, top=1)
    pairs = pairs.assign_coords(label=("example", examples.label))
    save_pairs(pairs.assign_attrs(dataset=examples.name), tmp_path / "other.zarr")
    line = refused(plot_cscores.main, capsys, tmp_path / "other.zarr", "--kind", "influence")
    assert f"influences are on 29 test examples, and the test split of {examples.name} has" in line
    assert len(test) == 30


def test_models_are_the_same_with_and_without_a_test_split(call, split_npz, tmp_path):
    few = (*FAST, "--runs", "2")
    call("train-holdout", "--dataset", split_npz, *few, "--out", "plain.zarr")
    call("train-holdout", "--dataset", split_npz, *few, "--out", "test.zarr", "--test")
    plain = xr.open_zarr(tmp_path / "plain.zarr")
    tested = xr.open_zarr(tmp_path / "test.zarr")
    for name in ("correct", "held_out", "margin", "prediction"):
        np.testing.assert_array_equal(plain[name], tested[name])


def test_test_examples_that_are_training_examples_have_their_outcomes(call, blobs, tmp_path):
    arrays = {"x_train": blobs.image, "y_train": blobs.label}
    arrays |= {"x_test": blobs.image[7:30], "y_test": blobs.label[7:30]}
    np.savez(tmp_path / "twice.npz", **arrays)
    few = (*FAST, "--runs", "2", "--record", "correct")
    call("train-holdout", "--dataset", "twice.npz", *few, "--test")
    cube = xr.open_zarr(tmp_path / "twice.zarr")
    np.testing.assert_array_equal(cube["test_correct"], cube["correct"][..., 7:30])
    assert "test_margin" not in cube


def test_shards_complete_one_cube(call, split_npz, tmp_path):
    for part in ("1/2", "2/2"):
        flags = (*FAST, "--runs", "4", "--runs-per-chunk", "2", "--test", "--shard", part)
        call("train-holdout", "--dataset", split_npz, *flags, "--out", "parts.zarr")
    flags = (*FAST, "--runs", "4", "--runs-per-chunk", "2", "--test")
    call("train-holdout", "--dataset", split_npz, *flags, "--out", "whole.zarr")
    assert_same_cube(tmp_path / "parts.zarr", tmp_path / "whole.zarr")


@pytest.mark.slow
def test_workers_of_a_cluster_load_the_test_split(command, split_npz, tmp_path):
    flags = (*FAST, "--runs", "4", "--runs-per-chunk", "2", "--test")
    dask = ("--engine", "dask", "--workers", "1", "--out", "dask.zarr")
    command("train-holdout", "--dataset", split_npz, *flags, *dask)
    command("train-holdout", "--dataset", split_npz, *flags, "--out", "here.zarr")
    assert_same_cube(tmp_path / "dask.zarr", tmp_path / "here.zarr")


def test_what_a_test_split_would_take(call, split_npz):
    flags = ("train-holdout", "--dataset", split_npz, *FAST, "--out", "none.zarr", "--dry-run")
    plain, _ = call(*flags)
    tested, _ = call(*flags, "--test")
    sizes = [text.split("about ")[1].split(" MB")[0] for text in (plain, tested)]
    assert float(sizes[1]) == pytest.approx(float(sizes[0]) * 120 / 90, rel=0.01)
    assert "files: 36 to write" in plain
    assert "files: 54 to write" in tested


def test_a_study_cannot_be_tested_later(call, split_npz, capsys):
    call("train-holdout", "--dataset", split_npz, *FAST, "--runs", "2", "--out", "c.zarr")
    flags = ("--dataset", split_npz, *FAST, "--runs", "2", "--out", "c.zarr", "--test")
    line = refused(train_holdout.main, capsys, *flags)
    assert "c.zarr holds a study without a test split" in line
    line = refused(train_holdout.main, capsys, "--test", "--out", "digits.zarr")
    assert "digits: found no test split" in line
    line = refused(reduce_cscores.main, capsys, "c.zarr", "--influence", "on=test")
    assert "found no test_correct in the cube" in line
    line = refused(plot_cscores.main, capsys, "c.zarr", "--kind", "influence")
    assert "does not hold influences" in line


@pytest.mark.parametrize("word", ["top", "top=many", "on=valid", "of=margin", "ratio=x", "outcome"])
def test_words_that_mean_nothing_are_refused(word):
    with pytest.raises(InvalidInputError, match=f"influence: found '{word}', expected top=NUMBER"):
        parse_influence([word])


def test_a_word_that_is_given_twice_is_refused():
    with pytest.raises(InvalidInputError, match=r"influence: found 'on=train', .* each once"):
        parse_influence(["on=test", "on=train"])
