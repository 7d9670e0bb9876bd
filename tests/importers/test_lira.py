"""Shadow models of LiRA."""

import numpy as np
import pytest

from cscore_data.data.order import to_tfds
from cscore_data.errors import InvalidInputError, MismatchError
from cscore_data.importers.lira import open_lira
from cscore_data.importers.registry import import_runs
from cscore_data.importers.runs import KnownExamples
from run_exports import assert_equal_variables, complete_study, write_lira

CUBE = complete_study(ratios=(0.5,), runs=4, test_examples=0)
LABEL = CUBE["label"].values


def drawn_by_themselves(cube):
    """The cube with subsets of LiRA's own: sizes vary, each example is in half of them."""
    order = np.random.default_rng(5).random(cube["held_out"].values[0].shape).argsort(axis=0)
    cube = cube.copy(deep=True)
    cube["held_out"].values[0] = order >= cube.sizes["run"] / 2
    return cube


@pytest.mark.parametrize(
    ("kind", "names"), [("logits", ("margin", "prediction")), ("scores", ("margin",))]
)
def test_what_was_written_comes_back(kind, names, tmp_path):
    cube = drawn_by_themselves(CUBE)
    assert len(set(cube["held_out"].sum("example").values[0])) > 1
    imported = import_runs("lira", write_lira(cube, tmp_path, kind=kind))
    assert_equal_variables(imported, cube, ("correct", "held_out", *names))


def test_the_ratio_is_that_of_the_runs_own_records(tmp_path):
    write_lira(CUBE, tmp_path, pkeep=0.48)
    assert import_runs("lira", tmp_path)["ratio"].values.tolist() == [0.48]
    assert import_runs("lira", tmp_path, ratio=0.52)["ratio"].values.tolist() == [0.52]
    # Half of 24 examples in each run is too many by chance.
    with pytest.raises(InvalidInputError, match=r"\(run 0: 12\), expected 1\.2"):
        import_runs("lira", tmp_path, ratio=0.05)


def test_the_order_is_the_one_in_which_labels_agree(tmp_path):
    cube = CUBE.copy(deep=True)
    shuffled = CUBE.copy(deep=True)
    shuffled["label"].values[:] = to_tfds(LABEL)
    for name in ("correct", "held_out", "margin", "prediction"):
        for run in range(4):
            shuffled[name].values[0, run] = to_tfds(CUBE[name].values[0, run])
    write_lira(shuffled, tmp_path)
    variables = ("correct", "held_out", "margin", "prediction")
    for options in ({"label": LABEL}, {"order": "tfds"}, {"label": LABEL, "order": "tfds"}):
        assert_equal_variables(import_runs("lira", tmp_path, **options), cube, variables)
    with pytest.raises(MismatchError, match=r"other labels .* in the order original"):
        import_runs("lira", tmp_path, label=LABEL, order="original")
    with pytest.raises(MismatchError, match="in the order original as well as tfds"):
        import_runs("lira", tmp_path, label=LABEL[::-1] + 9)


def test_a_run_that_is_missing_keeps_its_place(tmp_path):
    write_lira(CUBE, tmp_path)
    (tmp_path / "experiment-1_4" / "keep.npy").unlink()
    cube = import_runs("lira", tmp_path)
    assert cube["done"].values.tolist() == [[True, False, True, True]]


@pytest.mark.parametrize(
    ("file", "array", "match"),
    [
        ("keep.npy", np.ones(23, bool), r"keep.npy: found bool \(23,\), expected bool \(24,\)"),
        ("keep.npy", np.ones(24), "keep.npy: found float64"),
        ("logits/0000000100.npy", np.ones((23, 1, 2, 4)), r"found float64 \(23, 1, 2, 4\), exp"),
        ("logits/0000000100.npy", np.ones((24, 1, 2, 3)), r"logits of 3 classes and labels 0\.\.3"),
        ("logits/0000000100.npy", np.full((24, 1, 2, 4), np.nan), "experiment-2_4: margin has 24"),
    ],
)
def test_a_run_that_is_not_sound_is_named(file, array, match, tmp_path):
    write_lira(CUBE, tmp_path)
    np.save(tmp_path / "experiment-2_4" / file, array)
    with pytest.raises(InvalidInputError, match=match) as caught:
        import_runs("lira", tmp_path)
    assert "experiment-2_4" in str(caught.value)


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no such folder"):
        import_runs("lira", tmp_path / "nowhere")
    with pytest.raises(InvalidInputError, match=r"found no \*/keep.npy"):
        import_runs("lira", tmp_path)
    write_lira(CUBE, tmp_path, kind="scores")
    (tmp_path / "y_train.npy").unlink()
    with pytest.raises(InvalidInputError, match="found no labels of the examples"):
        import_runs("lira", tmp_path)
    (tmp_path / "experiment-3_4" / "scores").rename(tmp_path / "experiment-3_4" / "logits")
    with pytest.raises(InvalidInputError, match="some runs have logits and others only scores"):
        import_runs("lira", tmp_path, label=LABEL)


def test_runs_without_results_are_left_out_until_they_have_some(tmp_path):
    write_lira(CUBE, tmp_path / "runs")
    logits = tmp_path / "runs" / "experiment-1_4" / "logits"
    logits.rename(tmp_path / "later")
    examples = KnownExamples()
    (note,) = [note for note in open_lira(tmp_path / "runs", examples).notes if "left out" in note]
    assert "1 of 4 runs have no logits and no scores yet" in note
    cube = import_runs("lira", tmp_path / "runs", out=tmp_path / "cube.zarr")
    assert cube["done"].values.tolist() == [[True, False, True, True]]
    (tmp_path / "later").rename(logits)
    cube = import_runs("lira", tmp_path / "runs", out=tmp_path / "cube.zarr")
    assert_equal_variables(cube, CUBE, ("correct", "held_out", "margin", "prediction"))


def test_runs_that_end_at_different_epochs_are_told_of(tmp_path):
    write_lira(CUBE, tmp_path)
    (tmp_path / "experiment-2_4" / "logits" / "0000000100.npy").unlink()
    notes = open_lira(tmp_path, KnownExamples()).notes
    assert any("from 0000000020.npy to 0000000100.npy" in note for note in notes)


@pytest.mark.parametrize("order", ["original", "tfds"])
def test_runs_named_by_their_seeds_keep_their_numbers_or_are_refused(tmp_path, order):
    write_lira(CUBE, tmp_path / "runs")
    seeds = [31, 5, 77, 20]
    for run, seed in enumerate(seeds):
        folder = tmp_path / "runs" / f"experiment-{run}_4"
        folder.rename(tmp_path / "runs" / f"experiment-{seed}")
    (tmp_path / "runs" / "experiment-20").rename(tmp_path / "later")
    out = tmp_path / "cube.zarr"
    import_runs("lira", tmp_path / "runs", out=out, order=order)
    import_runs("lira", tmp_path / "runs", out=out, order=order)
    # One that sorts between others moves the numbers of those behind it.
    (tmp_path / "later").rename(tmp_path / "runs" / "experiment-20")
    with pytest.raises(MismatchError, match="run 1 trained on other examples than in the source"):
        import_runs("lira", tmp_path / "runs", out=out, order=order)
    # One that sorts behind them is added.
    (tmp_path / "runs" / "experiment-20").rename(tmp_path / "runs" / "experiment-99")
    cube = import_runs("lira", tmp_path / "runs", out=out, order=order)
    assert cube["done"].values.tolist() == [[True] * 4]
