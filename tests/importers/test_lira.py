"""Shadow models of LiRA."""

import numpy as np
import pytest

from cscore_data.data.order import to_tfds
from cscore_data.errors import InvalidInputError, MismatchError
from cscore_data.importers.registry import import_runs
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
